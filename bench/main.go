// Bench measures the library, its peers and the limit side by side: the table
// and the figures of docs/performance.
//
//	go run ./bench                        all of it, printed
//	go run ./bench -out docs/performance  results.md and the figures, written
//	go run ./bench -only '^tcp' -rounds 3
//
// Each measurement is made by a process of its own, so that nothing that an
// earlier one left behind (a heap, goroutines, idle connections) slows a later
// one down.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	rounds int
	scale  int // rounds of the scaling figures
	time   time.Duration
	only   *regexp.Regexp
	out    string
	cpu    int
	large  int64
	// What is compared: time that passed, or CPU time.
	cost     func(*sample) float64
	costName string
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var set settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&set.rounds, "rounds", 6, "`times` that each measurement of the table is made; the median counts")
	flags.IntVar(&set.scale, "scale", 2, "the same for the scaling figures; 0 leaves them out")
	flags.DurationVar(&set.time, "time", 500*time.Millisecond, "how long one measurement takes")
	only := flags.String("only", "", "measure only rows whose name matches the `regexp`")
	flags.StringVar(&set.out, "out", "", "write results.md and the figures into this `directory`")
	flags.IntVar(&set.cpu, "cpu", lastCPU(), "the `number` of the CPU for rows that are measured on one")
	flags.Int64Var(&set.large, "large", 256<<20, "the largest result of the scaling figures, in `bytes`")
	byCPU := flags.Bool("by-cpu", false, "compare the CPU time of client and server, which others on the machine disturb less")
	list := flags.Bool("list", false, "list the names of the rows")
	// For the processes that this one starts.
	server := flags.Bool("server", false, "internal: be the server")
	worker := flags.String("worker", "", "internal: be the process of the measurement described by this `JSON`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	set.only = regexp.MustCompile("")
	if *only != "" {
		var err error
		if set.only, err = regexp.Compile(*only); err != nil {
			return err
		}
	}
	set.cost, set.costName = ns, "those that passed"
	if *byCPU {
		set.cost, set.costName = cpu, "CPU times of client and server"
	}
	switch {
	case *server:
		return serveUntilEOF(stdin, stdout)
	case *worker != "":
		return work([]byte(*worker), stdout)
	case *list:
		for _, r := range allRows(set.large) {
			fmt.Fprintf(stdout, "%-20s %s\n", r.name, r.title)
		}
		return nil
	}
	results, err := measureAll(ctx, &set, stderr)
	if err != nil {
		return err
	}
	return report(&set, results, stdout)
}

// work makes one measurement and prints its sample.
func work(text []byte, stdout io.Writer) error {
	var j job
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	s, err := j.do()
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(s)
}
