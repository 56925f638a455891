package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/cmd/jsonrpc/internal/repl"
)

// replOptions are those of "jsonrpc repl".
type replOptions struct {
	connection
	description
	ids
	printing
	noHistory bool
}

const replUsage = "repl [flags] TARGET"

func newReplCommand(s *session) *cobra.Command {
	var o replOptions
	cmd := newTargetCommand(s, &o.connection, replUsage, "call methods one after the other, at a prompt", replHelp, 0,
		func(ctx context.Context, at target, _ []string) error { return o.run(ctx, s, at) })
	o.ids.addFlags(cmd)
	o.dialect.addFlags(cmd)
	o.printing.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&o.noHistory, "no-history", false, "keep no line for another time")
	})
	o.description.addFlags(cmd)
	o.connection.addFlags(cmd)
	return cmd
}

// A replRun is one run of "jsonrpc repl".
type replRun struct {
	*replOptions
	session  *session
	at       target
	client   *jsonrpc.Client
	generate jsonrpc.IDGenerator
	timed    bool // tell how long each call took

	last  json.RawMessage                      // the newest result, nil before the first
	known atomic.Pointer[discover.Description] // nil while nothing is known of the server
}

// run reads statements to their end.
func (o *replOptions) run(ctx context.Context, s *session, at target) (err error) {
	if o.many = true; o.verbose == 0 {
		o.verbose = 1 // so that arrows can be turned on
		s.hideArrows.Store(true)
	}
	r := &replRun{replOptions: o, session: s, at: at}
	if r.generate, err = o.ids.generator(); err != nil {
		return err
	}
	lines, interactive, err := o.lines(ctx, s, r)
	if err != nil {
		return err
	}
	defer lines.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if r.client, err = o.connection.dial(ctx, s, at); err != nil {
		return o.connection.dialFailure(s, at, err)
	}
	defer func() {
		cancel() // first: this end is nothing to tell of
		_ = r.client.Close()
	}()
	r.learn(ctx, interactive)
	r.watch(ctx)
	return r.loop(ctx, lines, interactive)
}

// loop carries out statements. What fails at a prompt is said, and forgotten; in a
// script, the first failure is that of the whole.
func (r *replRun) loop(ctx context.Context, lines replLines, interactive bool) error {
	var first error
	for {
		statement, err := r.read(lines)
		switch {
		case errors.Is(err, repl.ErrInterrupted):
			continue
		case errors.Is(err, io.EOF):
			r.asked.settle(ctx) // what came before the end
			return first
		case err == nil:
			err = r.interruptible(ctx, lines, statement)
		}
		switch {
		case ctx.Err() != nil:
			return errStopped
		case errors.Is(err, errTooLong): // what follows would be taken for statements
			return err
		case errors.Is(err, errQuit):
			return first
		case errors.Is(err, errSilent):
			return err
		case err == nil:
			continue
		}
		r.session.say(replSentence(err))
		if first == nil && !interactive {
			first = &toldError{err}
		}
	}
}

// maxStatement bounds a statement of a script, and a line of it.
const maxStatement = 64 << 20

var errTooLong = &usageError{fmt.Sprintf("a statement can have %d bytes: put the value into a file and write NAME=@FILE or NAME:=@FILE", maxStatement)}

// errQuit ends the loop.
var errQuit = errors.New("quit")

// A toldError was said already.
type toldError struct{ err error }

func (e *toldError) Error() string   { return e.err.Error() }
func (e *toldError) Unwrap() []error { return []error{e.err, errTold} }

var errTold = errors.New("it was said already")

// read returns the next statement, of as many lines as it takes.
func (r *replRun) read(lines replLines) (*repl.Statement, error) {
	var (
		draft repl.Draft
		more  bool
	)
	for {
		line, err := lines.next(more)
		if errors.Is(err, io.EOF) && more {
			return nil, &usageError{"the last statement is not finished: a quote or a bracket is open"}
		}
		if err != nil {
			return nil, err
		}
		statement, err := draft.Add(line, r.last)
		if more = errors.Is(err, repl.ErrUnfinished); more {
			if draft.Len() > maxStatement {
				return nil, errTooLong
			}
			continue
		}
		if statement == nil || statement.Kind != repl.Nothing {
			lines.keep(draft.String())
		}
		if err != nil {
			return nil, &usageError{err.Error()}
		}
		return statement, nil
	}
}

// interruptible carries out a statement until it is done or Ctrl-C is pressed.
func (r *replRun) interruptible(ctx context.Context, lines replLines, statement *repl.Statement) error {
	if statement.Kind == repl.Nothing {
		return nil
	}
	ctx, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-lines.interrupts():
			interrupt(errInterrupted)
		case <-done:
		}
	}()
	err := r.execute(ctx, statement)
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		return errInterrupted
	}
	return err
}

// learn finds out what is known of the server without asking, or at a prompt by
// asking in the background: but no child process is started for that.
func (r *replRun) learn(ctx context.Context, interactive bool) {
	if kept := r.description.known(r.session, r.at); kept != nil {
		r.known.Store(kept)
		if time.Since(kept.At) < discover.Fresh {
			return
		}
	}
	hasChild := slices.ContainsFunc(r.at.addresses, func(address string) bool { return schemeOf(address) == "exec" })
	if !interactive || hasChild && r.schema == "" {
		return
	}
	go func() {
		_, _ = r.discover(ctx, r.session.muted(), false) // without it, nothing is completed
	}()
}

// discover returns the description of the server, over a connection of its own, so
// that none of what is asked gets between the calls.
func (r *replRun) discover(ctx context.Context, s *session, refresh bool) (*discover.Description, error) {
	c := &connection{
		place: r.place, credentials: r.credentials, trust: r.trust, reliability: r.reliability, framing: r.framing,
		dialect: r.dialect, proxy: r.proxy, timeout: r.timeout, maxReply: r.maxReply, strict: r.strict, given: r.connection.given,
	}
	asked := r.description
	asked.refresh = asked.refresh || refresh
	d, err := asked.find(ctx, s, c, r.at)
	if err == nil {
		r.known.Store(d)
	}
	return d, err
}

// watch tells when the connection was made again.
func (r *replRun) watch(ctx context.Context) {
	watch, err := jsonrpc.Subscribe(ctx, r.client, jsonrpc.Notifications(watched), nil)
	if err != nil {
		return // it is no stream
	}
	go func() {
		for event, err := range watch.Events(ctx) {
			switch {
			case ctx.Err() != nil:
			case err != nil:
				r.session.say("warning: the connection ended: " + err.Error())
			case event.Gap != nil:
				r.session.say("warning: " + gapText(event.Gap))
			}
		}
	}()
}

// muted is a session that prints nothing.
func (s *session) muted() *session {
	p := *s.process
	p.Stdout, p.Stderr = io.Discard, io.Discard
	return &session{process: &p, input: s.input, warned: map[string]bool{}}
}
