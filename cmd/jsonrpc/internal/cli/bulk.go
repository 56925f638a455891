package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/bulk"
)

// bulkOptions are those of "jsonrpc bulk".
type bulkOptions struct {
	connection
	input       string
	output      string
	resume      bool
	csv         bool
	byPosition  bool
	unordered   bool
	concurrency count
	batch       count
	maxFailures count
	quiet       bool
}

const bulkUsage = "bulk [flags] TARGET [METHOD]"

func newBulkCommand(s *session) *cobra.Command {
	o := bulkOptions{concurrency: 16, batch: 1, maxFailures: 100}
	cmd := newTargetCommand(s, &o.connection, bulkUsage, "make the calls of a file, millions if need be", bulkHelp, 1,
		func(ctx context.Context, at target, args []string) error { return o.run(ctx, s, at, args) })
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.input, kind: "FILE"}, "input", "read calls from this file (default: stdin)")
		f.BoolVar(&o.csv, "csv", false, "the input is CSV, whose columns are the params of METHOD")
		f.BoolVar(&o.byPosition, "by-position", false, "send the columns as an array, not as an object")
		f.Var(&o.concurrency, "concurrency", "have so many messages under way at once (default 16)")
		f.Var(&o.batch, "batch", "put so many calls into a message (default 1: no batches)")
		f.Var(&o.maxFailures, "max-failures", "end after so many calls in a row without a response (default 100)")
	})
	o.dialect.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.output, kind: "FILE"}, "output", "write outcomes to this file (default: stdout); only then can an\ninterrupted run be continued")
		f.BoolVar(&o.resume, "resume", false, "continue the interrupted run that has written to --output")
		f.BoolVar(&o.unordered, "unordered", false, "write outcomes as they come, each with the line of its call")
		f.BoolVarP(&o.quiet, "quiet", "q", false, "show no progress and no summary")
	})
	o.connection.addFlags(cmd)
	return cmd
}

// run makes all the calls.
func (o *bulkOptions) run(ctx context.Context, s *session, at target, args []string) error {
	if err := checkCounts(map[string]count{"concurrency": o.concurrency, "batch": o.batch}); err != nil {
		return err
	}
	input, err := o.open(s, args)
	if err != nil {
		return err
	}
	defer func() { _ = input.Close() }()
	job, err := o.waitForJob(ctx, input.reader, args)
	if err != nil {
		return err
	}
	job.Output = s.process.Stdout
	o.many = true
	if o.rate.calls > 0 {
		job.Turn, o.turns = newTurns(o.rate).wait, newTurns(o.rate)
	}
	client, err := o.dial(ctx, s, at)
	if err != nil {
		return o.dialFailure(s, at, err)
	}
	defer func() { _ = client.Close() }()
	job.Send = sender(client)

	// A first interrupt lets the calls under way come to their end, a second one
	// does not.
	hard, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	said := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		again, stop := signal.NotifyContext(hard, os.Interrupt, syscall.SIGTERM)
		defer stop()
		s.say("interrupted: waiting for the calls under way; again ends them, too")
		close(said)
		<-again.Done()
		kill()
	})
	progress := o.progress(s, job, input)
	err = job.Run(ctx, hard)
	if !stop() {
		<-said // before how it ended
	}
	progress.end()
	err = o.outcome(s, job, err)
	if ctx.Err() != nil && err != nil && !errors.Is(err, errStopped) && !errors.Is(err, errSilent) {
		return fmt.Errorf("%w: %w", errStopped, err) // an interrupt is not all that happened
	}
	return err
}

// waitForJob waits for the input to begin, which that of a pipe may never do.
func (o *bulkOptions) waitForJob(ctx context.Context, input io.Reader, args []string) (*bulk.Job, error) {
	type prepared struct {
		job *bulk.Job
		err error
	}
	done := make(chan prepared, 1)
	go func() {
		job, err := o.job(input, args)
		done <- prepared{job, err}
	}()
	select {
	case p := <-done:
		return p.job, p.err
	case <-ctx.Done():
		return nil, errInterrupted
	}
}

// job prepares the job, but for its way to the server and back.
func (o *bulkOptions) job(input io.Reader, args []string) (*bulk.Job, error) {
	reader := bufio.NewReaderSize(input, 64<<10)
	job := &bulk.Job{
		Concurrency: int(o.concurrency), BatchSize: int(o.batch), Ordered: !o.unordered,
		MaxFailures: int(o.maxFailures), Path: o.output, Resume: o.resume,
		Repeat: func(method string) bool {
			return slices.ContainsFunc(o.idempotent, func(pattern string) bool { return jsonrpc.MatchMethod(pattern, method) })
		},
	}
	if o.output != "" { // a run that cannot be continued need not wait for so much
		job.Input = bulk.Identify(reader)
	}
	if !o.csv {
		job.Source = bulk.Lines(reader)
		return job, nil
	}
	err := checkMethod(args[0])
	if err == nil {
		job.Source, err = bulk.CSV(reader, args[0], o.byPosition)
	}
	if err != nil {
		return nil, &localError{"the CSV: " + err.Error()}
	}
	return job, nil
}

// A bulkInput is where calls come from.
type bulkInput struct {
	reader io.Reader
	closer io.Closer // nil for stdin
	size   int64     // 0 if it is not known
}

// Close closes a file.
func (i *bulkInput) Close() error {
	if i.closer == nil {
		return nil
	}
	return i.closer.Close()
}

// open opens the input, once it is clear what it is to hold.
func (o *bulkOptions) open(s *session, args []string) (*bulkInput, error) {
	switch {
	case o.csv && len(args) == 0:
		return nil, &usageError{"--csv wants the METHOD whose params the columns are: write jsonrpc " + bulkUsage}
	case !o.csv && len(args) > 0:
		return nil, &usageError{"METHOD goes with --csv: lines of JSON name theirs"}
	case !o.csv && o.byPosition:
		return nil, &usageError{"--by-position goes with --csv"}
	case o.resume && o.output == "":
		return nil, &usageError{"--resume goes on with a file: name it with --output"}
	}
	if o.input == "" || o.input == "-" {
		in := &bulkInput{reader: s.process.Stdin}
		if f, ok := s.process.Stdin.(*os.File); ok {
			in.size = fileSize(f)
		}
		return in, nil
	}
	f, err := os.Open(o.input)
	if err != nil {
		return nil, &localError{fmt.Sprintf("--input: %v", err)}
	}
	return &bulkInput{f, f, fileSize(f)}, nil
}

// fileSize returns the size of a regular file.
func fileSize(f *os.File) int64 {
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		return info.Size()
	}
	return 0
}

// sender makes calls, several as a batch.
func sender(client *jsonrpc.Client) func(context.Context, []bulk.Call) []bulk.Outcome {
	return func(ctx context.Context, calls []bulk.Call) []bulk.Outcome {
		outcomes := make([]bulk.Outcome, len(calls))
		if len(calls) == 1 {
			outcomes[0].Result, outcomes[0].Err = client.Request(ctx, calls[0].Method, paramsOf(calls[0]))
			return outcomes
		}
		var b jsonrpc.Batch
		results := make([]*jsonrpc.Result[json.RawMessage], len(calls))
		for i, c := range calls {
			results[i] = jsonrpc.Queue[json.RawMessage](&b, c.Method, paramsOf(c))
		}
		_, _ = client.Send(ctx, &b) // each result has its error
		for i, r := range results {
			outcomes[i].Result, outcomes[i].Err = r.Get()
		}
		return outcomes
	}
}

// paramsOf returns nil if there are none.
func paramsOf(c bulk.Call) any {
	if c.Params == nil {
		return nil
	}
	return c.Params
}

// outcome says how the job ended.
func (o *bulkOptions) outcome(s *session, job *bulk.Job, err error) error {
	if none := (*bulk.StartError)(nil); errors.As(err, &none) {
		return &localError{err.Error()}
	}
	stats := &job.Stats
	if !o.quiet {
		s.say(bulkSummary(stats))
	}
	again := ""
	if o.output != "" && err != nil {
		again = "; --resume continues it"
	}
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w%s", errStopped, again)
	case errors.Is(err, bulk.ErrTooManyFailures):
		return fmt.Errorf("%w (--max-failures)%s", err, again)
	case errors.Is(err, syscall.EPIPE):
		return errSilent
	case err != nil:
		return &localError{err.Error() + again}
	case stats.Failures.Load()+stats.Errors.Load() > 0:
		return &batchError{fmt.Sprintf("%d of %d calls failed", stats.Failures.Load()+stats.Errors.Load(), stats.Written.Load())}
	}
	return nil
}

// bulkSummary counts what was done.
func bulkSummary(s *bulk.Stats) string {
	parts := []string{fmt.Sprintf("%d calls", s.Written.Load())}
	for _, part := range []struct {
		n    int64
		what string
	}{
		{s.Errors.Load(), "errors of the server's"},
		{s.Failures.Load() - s.Unknown.Load(), "without a response"},
		{s.Unknown.Load(), "of the interrupted run whose outcome is not known"},
		{s.Skipped.Load(), "done before"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}
