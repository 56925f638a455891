package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/doctor"
	"example.com/jsonrpc/transport"
)

// doctorOptions are those of "jsonrpc doctor".
type doctorOptions struct {
	connection
	wholeParams
	maxBatch count
	calls    count
	patience span
	asJSON   bool
}

const doctorUsage = "doctor [flags] TARGET [METHOD [PARAM…]]"

func newDoctorCommand(s *session) *cobra.Command {
	o := doctorOptions{maxBatch: 1000, calls: 50, patience: span(5 * time.Second)}
	cmd := newTargetCommand(s, &o.connection, doctorUsage, "try a server out: the specification, limits, latency", doctorHelp, -1,
		func(ctx context.Context, at target, args []string) error { return o.run(ctx, s, at, args) })
	o.wholeParams.addFlags(cmd)
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&o.maxBatch, "max-batch", "try batches of up to so many requests (default 1000)")
		f.Var(&o.calls, "calls", "measure the latency with so many calls (default 50)")
		f.Var(&o.patience, "patience", "wait so long for an answer that may never come")
	})
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&o.asJSON, "json", false, "print the report as JSON")
	})
	o.connection.addFlags(cmd)
	return cmd
}

// run examines the server and prints the report.
func (o *doctorOptions) run(ctx context.Context, s *session, at target, args []string) error {
	if len(at.addresses) > 1 {
		return &usageError{"several servers cannot be examined as one: give one TARGET"}
	}
	o.many = true
	exam := &doctor.Exam{
		Patience: time.Duration(o.patience), MaxBatch: int(o.maxBatch), Calls: int(o.calls),
		Dial: func(ctx context.Context) (doctor.Carrier, error) { return o.carrier(ctx, s, at) },
	}
	if len(args) > 0 {
		if err := checkMethod(args[0]); err != nil {
			return err
		}
		params, err := o.wholeParams.read(s, args[1:], o.given("params"))
		if err != nil {
			return err
		}
		exam.Method = args[0]
		exam.Params, _ = params.(json.RawMessage)
	} else if o.given("params") {
		return &usageError{"--params goes with a METHOD: write jsonrpc " + doctorUsage}
	}
	report, err := exam.Examine(ctx, func(int, int) {})
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return fmt.Errorf("the server has not answered within %v (--patience waits longer): %w", time.Duration(o.patience), err)
		}
		return o.dialFailure(s, at, err)
	}
	out := newOutput(s.process, false)
	if o.asJSON {
		text, err := json.Marshal(report)
		if err != nil {
			return err
		}
		return out.value(text)
	}
	if err := report.WriteText(reportWriter{out}, o.mark(s)); err != nil {
		return err
	}
	if n := report.Failed(); n > 0 {
		s.say(fmt.Sprintf("%d checks failed; calls can work all the same: this command understands most of it (see --strict)", n))
	}
	return nil
}

// mark colours the sign of a verdict.
func (o *doctorOptions) mark(s *session) func(doctor.Verdict, string) string {
	if !wantsColour(s.process) {
		return nil
	}
	codes := map[doctor.Verdict]string{doctor.Pass: "32", doctor.Fail: "31", doctor.Skipped: "2"}
	return func(v doctor.Verdict, sign string) string { return "\x1b[" + codes[v] + "m" + sign + "\x1b[0m" }
}

// reportWriter writes text to an output line by line, because what a server said is in
// it.
type reportWriter struct{ out *output }

// Write prints the lines of p.
func (w reportWriter) Write(p []byte) (int, error) {
	_, err := w.out.w.Write(p)
	if err != nil {
		return 0, &localError{fmt.Sprintf("cannot write to stdout: %v", err)}
	}
	return len(p), nil
}

// carrier connects to the server, for messages that no client would send.
func (o *doctorOptions) carrier(ctx context.Context, s *session, at target) (doctor.Carrier, error) {
	if !isStream(at.scheme()) {
		client, err := o.dial(ctx, s, at)
		if err != nil {
			return nil, err
		}
		return &clientCarrier{client.Transport(), client}, nil
	}
	// The client is given a stream on which nothing comes: what does is the
	// doctor's.
	var taken *takenStream
	client, err := o.dial(ctx, s, at, jsonrpc.WithoutReconnect(), jsonrpc.WithStreamWrap(func(stream transport.Stream) transport.Stream {
		taken = &takenStream{Stream: stream, closed: make(chan struct{})}
		return taken
	}))
	if err != nil {
		return nil, err
	}
	return &clientCarrier{doctor.OnStream(taken.Stream, time.Duration(o.patience)), client}, nil
}

// clientCarrier ends with its client.
type clientCarrier struct {
	transport.RoundTripper
	client *jsonrpc.Client
}

// Close closes the client.
func (c *clientCarrier) Close() error { return c.client.Close() }

// A takenStream is what a client has of a stream that somebody else reads.
type takenStream struct {
	transport.Stream
	once   sync.Once
	closed chan struct{}
}

var errTaken = errors.New("the stream is somebody else's")

// Read waits for the end.
func (t *takenStream) Read(ctx context.Context, _ []byte) ([]byte, error) {
	select {
	case <-t.closed:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Write refuses: the client has nothing to say.
func (t *takenStream) Write(context.Context, []byte) error {
	return &transport.Error{Op: "send", Err: errTaken}
}

// Close closes the stream for both.
func (t *takenStream) Close() error {
	t.once.Do(func() { close(t.closed) })
	return t.Stream.Close()
}
