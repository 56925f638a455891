package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"time"
)

// results are the samples of each row and contender, one per round; nil where a
// measurement failed.
type results struct {
	rows    []*row
	samples map[*row]map[string][]*sample
	cost    func(*sample) float64 // what is compared: ns or cpu
	failed  []error
	took    time.Duration
}

// measureAll makes all measurements: in each round the rows in another order,
// and in each row the contenders, one right after the other, so that what else
// the machine does meets all of them.
func measureAll(ctx context.Context, set *settings, log io.Writer) (*results, error) {
	free, err := startServer(ctx, -1)
	if err != nil {
		return nil, err
	}
	defer free.stop()
	pinned, err := startServer(ctx, set.cpu)
	if err != nil {
		return nil, err
	}
	defer pinned.stop()

	start := time.Now()
	res := &results{cost: set.cost, samples: map[*row]map[string][]*sample{}}
	for _, r := range allRows(set.large) {
		if set.only.MatchString(r.name) && (r.figure == nil || set.scale > 0) {
			res.rows = append(res.rows, r)
			res.samples[r] = map[string][]*sample{}
		}
	}
	if len(res.rows) == 0 {
		return nil, errors.New("no row matches -only: see -list")
	}
	for round := range max(set.rounds, set.scale) {
		rows := slices.DeleteFunc(slices.Clone(res.rows), func(r *row) bool {
			return r.figure == nil && round >= set.rounds || r.figure != nil && round >= set.scale
		})
		rand.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
		for i, r := range rows {
			fmt.Fprintf(log, "round %d, row %d of %d: %s\n", round+1, i+1, len(rows), r.title)
			for _, k := range rand.Perm(len(r.contenders)) {
				c := r.contenders[k]
				at, cpu := free.at, -1
				if r.oneCPU {
					at, cpu = pinned.at, set.cpu
				}
				s, err := inProcess(ctx, cpu, &job{Row: r.name, Contender: c.name, Large: set.large, Time: set.time, At: at})
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				if err != nil {
					fmt.Fprintln(log, err)
					res.failed = append(res.failed, err)
				}
				res.samples[r][c.name] = append(res.samples[r][c.name], s)
			}
		}
	}
	res.took = time.Since(start)
	return res, nil
}

// inProcess makes a measurement in a process of its own, on one CPU if cpu is
// not negative.
func inProcess(ctx context.Context, cpu int, j *job) (*sample, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute+3*j.Time)
	defer cancel()
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	cmd, err := self(ctx, "-worker", string(text))
	if err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err = start(cpu, cmd); err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w: %s", j.Row, j.Contender, err, bytes.TrimSpace(stderr.Bytes()))
	}
	s := new(sample)
	return s, json.Unmarshal(stdout.Bytes(), s)
}

// A serverProcess is the server in a process of its own.
type serverProcess struct {
	at   addresses
	stop func()
}

func startServer(ctx context.Context, cpu int) (*serverProcess, error) {
	cmd, err := self(ctx, "-server")
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := start(cpu, cmd); err != nil {
		return nil, err
	}
	p := &serverProcess{stop: func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	}}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.at)
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("the server has not started: %w", err)
	}
	return p, nil
}

// self is this program again.
func self(ctx context.Context, args ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, path, args...), nil
}

func start(cpu int, cmd *exec.Cmd) error {
	if cpu < 0 {
		return cmd.Start()
	}
	return startOn(cpu, cmd)
}
