package bulk

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
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
)

// input is so many calls of echo, with the params [0], [1] and so on.
func input(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"method":"echo","params":[%d]}`+"\n", i)
	}
	return b.String()
}

// echo answers calls with their params, and counts them.
type echo struct {
	mu    sync.Mutex
	calls map[string]int
	sizes []int
}

func (e *echo) send(_ context.Context, calls []Call) []Outcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.calls == nil {
		e.calls = map[string]int{}
	}
	e.sizes = append(e.sizes, len(calls))
	outcomes := make([]Outcome, len(calls))
	for i, c := range calls {
		e.calls[string(c.Params)]++
		outcomes[i].Result = c.Params
	}
	return outcomes
}

func newJob(text string, j *Job) *Job {
	in := bufio.NewReader(strings.NewReader(text))
	j.Input = Identify(in)
	j.Source = Lines(in)
	if j.Concurrency == 0 {
		j.Concurrency = 8
	}
	return j
}

func (j *Job) run(t *testing.T) error { t.Helper(); return j.Run(t.Context(), t.Context()) }

func TestOutcomesInOrder(t *testing.T) {
	for _, size := range []int{1, 7} {
		var e echo
		var out bytes.Buffer
		j := newJob(input(10_000), &Job{Send: e.send, Ordered: true, Output: &out, BatchSize: size})
		if err := j.run(t); err != nil {
			t.Fatal(err)
		}
		var want strings.Builder
		for i := range 10_000 {
			fmt.Fprintf(&want, `{"jsonrpc":"2.0","result":[%d],"id":%d}`+"\n", i, i+1)
		}
		if out.String() != want.String() {
			t.Errorf("batches of %d: the output is not the input's in order", size)
		}
		if j.Stats.Written.Load() != 10_000 {
			t.Errorf("%d written", j.Stats.Written.Load())
		}
		full := 0
		for _, n := range e.sizes {
			if n > size {
				t.Errorf("a batch of %d", n)
			} else if n == size {
				full++
			}
		}
		if mean := 10_000 / len(e.sizes); mean < (size+1)/3 {
			t.Errorf("batches of %d on average, %d of %d full", mean, full, len(e.sizes))
		}
	}
}

func TestRecords(t *testing.T) {
	outcomes := map[string]Outcome{
		"ok":    {Result: json.RawMessage("{\n  \"a\": 1\n}")},
		"no":    {Err: &jsonrpc.Error{Code: -32000, Message: "no", Data: json.RawMessage(`[1]`)}},
		"gone":  {Err: jsonrpc.ErrNoResponse},
		"empty": {},
	}
	send := func(_ context.Context, calls []Call) []Outcome { return []Outcome{outcomes[calls[0].Method]} }
	text := "\ufeff" + `{"method":"ok","id":"a"}` + "\n\n  \n" + `{"jsonrpc":"1.0","method":"no","params":null,"id":null,"more":1}` + "\n" +
		`{"method":"gone","id":1.50}` + "\nnonsense\n" + `{"method":1}` + "\n" + `{"id":1}` + "\n" + `{"method":"m","params":5}` + "\n" +
		`{"method":"m","id":{}}` + "\n" + `{"method":"empty"}`
	want := `{"jsonrpc":"2.0","result":{"a":1},"id":"a"}
{"jsonrpc":"2.0","error":{"code":-32000,"message":"no","data":[1]},"id":4}
{"failure":{"class":"broken","message":"no response","sent":true},"id":1.50}
{"failure":{"class":"input","message":"line 6: is no call: write {\"method\": \"NAME\", \"params\": …}","sent":false},"id":null}
{"failure":{"class":"input","message":"line 7: is no call: write {\"method\": \"NAME\", \"params\": …}","sent":false},"id":null}
{"failure":{"class":"input","message":"line 8: has no method","sent":false},"id":null}
{"failure":{"class":"input","message":"line 9: has params that are neither an array nor an object","sent":false},"id":null}
{"failure":{"class":"input","message":"line 10: has an id that is neither a text nor a number","sent":false},"id":null}
{"jsonrpc":"2.0","result":null,"id":11}
`
	want = strings.Replace(want, "no response", jsonrpc.ErrNoResponse.Error(), 1)
	var out bytes.Buffer
	j := newJob(text, &Job{Send: send, Ordered: true, Output: &out})
	if err := j.run(t); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	s := &j.Stats
	if s.Written.Load() != 9 || s.Errors.Load() != 1 || s.Failures.Load() != 6 {
		t.Errorf("%d written, %d errors, %d failures", s.Written.Load(), s.Errors.Load(), s.Failures.Load())
	}
}

// As many messages are under way as are wanted, however many that are.
func TestManyUnderWay(t *testing.T) {
	const n = window + 1000
	var under atomic.Int64
	all := make(chan struct{})
	send := func(ctx context.Context, calls []Call) []Outcome {
		if under.Add(1) == n {
			close(all)
		}
		select {
		case <-all:
		case <-ctx.Done():
		}
		return make([]Outcome, len(calls))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // only if it fails
	defer cancel()
	j := newJob(input(n), &Job{Send: send, Output: io.Discard, Concurrency: n})
	if err := j.Run(ctx, ctx); err != nil {
		t.Errorf("%d calls are under way of %d: %v", under.Load(), n, err)
	}
}

// A slow call holds up the writing of those after it, but not without bound.
func TestMemoryIsBounded(t *testing.T) {
	release := make(chan struct{})
	var made atomic.Int64
	send := func(_ context.Context, calls []Call) []Outcome {
		if string(calls[0].Params) == "[0]" {
			<-release
		} else {
			made.Add(1)
		}
		return make([]Outcome, len(calls))
	}
	j := newJob(input(50_000), &Job{Send: send, Ordered: true, Output: io.Discard})
	done := make(chan error)
	go func() { done <- j.Run(t.Context(), t.Context()) }()
	for made.Load() < window-1 {
		runtime.Gosched()
	}
	for range 1000 {
		runtime.Gosched()
	}
	if n := made.Load(); n >= window {
		t.Errorf("%d calls were made while the first was not answered", n)
	}
	close(release)
	if err := <-done; err != nil || made.Load() != 49_999 {
		t.Error(err, made.Load())
	}
}

// However large outcomes are, those that wait for a slow call take bounded memory.
func TestLargeOutcomesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, size, most = 2_000, 1 << 10, 64 << 10
		outcomes := map[string]Outcome{
			"a result": {Result: json.RawMessage(`"` + strings.Repeat("x", size-2) + `"`)},
			"an error": {Err: &jsonrpc.Error{Code: 1, Data: json.RawMessage(`"` + strings.Repeat("x", size-2) + `"`)}},
		}
		for name, outcome := range outcomes {
			release := make(chan struct{})
			var made atomic.Int64
			j := newJob(input(n), &Job{Ordered: true, Output: io.Discard, waitBytes: most, Send: func(_ context.Context, calls []Call) []Outcome {
				if string(calls[0].Params) == "[0]" {
					<-release
				}
				made.Add(1)
				return []Outcome{outcome}
			}})
			done := make(chan error)
			go func() { done <- j.Run(t.Context(), t.Context()) }()
			synctest.Wait()
			if got, bound := made.Load(), int64(most/size+j.Concurrency); got < most/size || got > bound {
				t.Errorf("%s: %d calls were made while the first was not answered, want %d at most", name, got, bound)
			}
			close(release)
			if err := <-done; err != nil || made.Load() != n {
				t.Error(name, err, made.Load())
			}
		}
	})
}

// Runs that are cut at any moment, some in order and some at once, leave each call
// with one outcome in the end, and none that was made twice.
func TestResume(t *testing.T) {
	const n = 1_500
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 1))
		ordered, repeat, size := seed%2 == 0, seed%3 == 0, 1+int(seed%4)*3
		t.Run(fmt.Sprintf("seed %d ordered %v repeat %v batches of %d", seed, ordered, repeat, size), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out.ndjson")
			var e echo
			var made atomic.Int64
			resume := false
			for runs := 0; ; runs++ {
				if runs > 50 {
					t.Fatal("it never ends")
				}
				ctx, cancel := context.WithCancel(t.Context())
				hard, kill := context.WithCancel(t.Context())
				cut, gentle := made.Load()+1+random.Int64N(900), random.IntN(3) == 0
				send := func(hard context.Context, calls []Call) []Outcome {
					if made.Add(int64(len(calls))) > cut {
						if cancel(); !gentle {
							kill()
							e.send(hard, calls) // the server has seen them
							outcomes := make([]Outcome, len(calls))
							for i := range outcomes {
								outcomes[i].Err = hard.Err()
							}
							return outcomes
						}
					}
					return e.send(hard, calls)
				}
				j := newJob(input(n), &Job{Send: send, Ordered: ordered, BatchSize: size, Repeat: func(string) bool { return repeat }, Path: path, Resume: resume})
				err := j.Run(ctx, hard)
				cancel()
				kill()
				if err == nil {
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				resume = true
				if !gentle && random.IntN(2) == 0 { // as if the process had died in mid-write
					if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
						_ = os.Truncate(path, int64(len(text)-random.IntN(min(len(text), 60))))
					}
				}
			}
			checkAll(t, path, n, ordered, repeat, &e)
			if _, err := os.Stat(path + CheckpointSuffix); !errors.Is(err, os.ErrNotExist) {
				t.Error("the checkpoint is left over", err)
			}
		})
	}
}

// checkAll checks that each call has one outcome, and was made once.
func checkAll(t *testing.T, path string, n int, ordered, repeat bool, e *echo) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen, unknown := map[int]bool{}, 0
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		var r struct {
			ID      int
			Result  []int
			Failure *Failure
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("line %d: %v: %s", i+1, err, line)
		}
		if seen[r.ID] || ordered && r.ID != i+1 {
			t.Fatalf("line %d has the id %d", i+1, r.ID)
		}
		seen[r.ID] = true
		switch {
		case r.Failure == nil && (len(r.Result) != 1 || r.Result[0] != r.ID-1):
			t.Errorf("line %d: %s", i+1, line)
		case r.Failure != nil && (repeat || r.Failure.Class != "unknown"):
			t.Errorf("line %d: %s", i+1, line)
		case r.Failure != nil:
			unknown++
		}
	}
	if len(seen) != n {
		t.Errorf("%d outcomes of %d calls", len(seen), n)
	}
	for params, times := range e.calls {
		if times > 1 && !repeat {
			t.Errorf("%s was made %d times", params, times)
		}
	}
	if !repeat && len(e.calls)+unknown < n {
		t.Errorf("%d made, %d unknown, of %d", len(e.calls), unknown, n)
	}
}

func TestTooManyFailures(t *testing.T) {
	var calls atomic.Int64
	send := func(_ context.Context, c []Call) []Outcome {
		if calls.Add(1) <= 500 {
			return make([]Outcome, len(c))
		}
		return []Outcome{{Err: jsonrpc.ErrNoResponse}}
	}
	j := newJob(input(50_000), &Job{Send: send, Ordered: true, Output: io.Discard, MaxFailures: 20})
	if err := j.run(t); !errors.Is(err, ErrTooManyFailures) || !errors.Is(err, jsonrpc.ErrNoResponse) {
		t.Error(err)
	}
	if n := calls.Load(); n < 520 || n > 520+window {
		t.Errorf("%d calls", n)
	}
}

// An input that has no end and brings nothing more does not hold up the end.
func TestInputThatStalls(t *testing.T) {
	ends := map[string]func(j *Job, stop func()){
		"interrupt": func(j *Job, stop func()) {
			j.Send = func(_ context.Context, calls []Call) []Outcome {
				stop()
				return make([]Outcome, len(calls))
			}
		},
		"output":   func(j *Job, _ func()) { j.Output = fullDisk{} },
		"failures": func(j *Job, _ func()) { j.MaxFailures = 1 },
	}
	for name, set := range ends {
		t.Run(name, func(t *testing.T) {
			in, user := io.Pipe()
			defer func() { _ = user.Close() }()
			go func() { _, _ = io.WriteString(user, input(3)) }()
			send := func(_ context.Context, calls []Call) []Outcome {
				outcomes := make([]Outcome, len(calls))
				for i := range outcomes {
					outcomes[i].Err = jsonrpc.ErrNoResponse
				}
				return outcomes
			}
			ctx, stop := context.WithCancel(t.Context())
			j := &Job{Source: Lines(in), Send: send, Output: io.Discard}
			set(j, stop)
			if err := j.Run(ctx, t.Context()); err == nil {
				t.Error("no error")
			}
		})
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestOutputThatFails(t *testing.T) {
	var e echo
	err := newJob(input(100_000), &Job{Send: e.send, Output: fullDisk{}}).run(t)
	if err == nil || err.Error() != "the output cannot be written: no space left" {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	var e echo
	try := func(text string, j *Job) error {
		j.Send, j.Path = e.send, path
		return newJob(text, j).run(t)
	}
	want := func(err error, part string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v, want %q", err, part)
		}
	}
	want(try(input(3), &Job{Resume: true}), path+" is not there")
	if err := try(input(3), &Job{}); err != nil {
		t.Fatal(err)
	}
	want(try(input(3), &Job{}), "--resume")
	want(try(input(3), &Job{Resume: true}), "came to its end")

	checkpoint := func(text string) {
		if err := os.WriteFile(path+CheckpointSuffix, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mine := Identify(bufio.NewReader(strings.NewReader(input(3))))
	checkpoint("hello\n")
	want(try(input(3), &Job{Resume: true}), "no checkpoint of this command")
	checkpoint("jsonrpc-bulk 1 unordered 0000\n")
	want(try(input(3), &Job{Resume: true}), "another input")
	checkpoint("jsonrpc-bulk 1 ordered " + mine + "\n")
	want(try(input(3), &Job{Resume: true}), "another order")
	checkpoint("jsonrpc-bulk 1 unordered " + mine + "\n7\n5\n")
	want(try(input(3), &Job{Resume: true}), "damaged")
	checkpoint("jsonrpc-bulk 1 unordered " + mine + "\n2\n")
	if err := os.WriteFile(path, []byte("{\"line\":1,\"x\":1}\nsomething else\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(try(input(3), &Job{Resume: true}), "was not written by this command")
}
