package bulk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// A Job is a run through an input.
type Job struct {
	// Source is the input, and Input what [Identify] says of it.
	Source Source
	Input  string

	// Send makes calls, as one batch if there are several, and returns an outcome
	// for each.
	Send func(context.Context, []Call) []Outcome
	// Turn waits until a message of so many calls may go, under a limit of the rate;
	// no call of it is begun before, nor if there is an error, that of the context.
	// Nil is no limit.
	Turn func(ctx context.Context, calls int) error
	// Concurrency is how many messages are under way at once, BatchSize how many
	// calls one has.
	Concurrency, BatchSize int
	// Ordered writes outcomes in the input's order. Then a slow call holds up the
	// writing of those after it, and in the end the calls.
	Ordered bool
	// Repeat says which calls are made again that an interrupted run may have made.
	// The outcome of the others is a failure of the class unknown. Nil is none.
	Repeat func(method string) bool
	// MaxFailures ends the job after so many calls in a row without a response. 0
	// is no limit.
	MaxFailures int

	// Output is where outcomes go if Path is empty; a run that ends then cannot be
	// continued.
	Output io.Writer
	// Path names the file for outcomes. Beside it is a checkpoint until all are
	// written; Resume goes on with what an interrupted run has left.
	Path   string
	Resume bool

	Stats Stats

	waitBytes int64 // for tests: in place of windowBytes

	cut atomic.Bool // a call was ended before its outcome was known
}

// Stats count what a job has done so far. They may be read while it runs.
type Stats struct {
	Skipped   atomic.Int64 // calls whose outcome an earlier run has written
	Written   atomic.Int64 // outcomes, of this run
	Errors    atomic.Int64 // of them, errors of the server's
	Failures  atomic.Int64 // of them, without a response
	Unknown   atomic.Int64 // of those, of calls that an earlier run may have made
	Unordered atomic.Int64 // calls that wait for others before they are written
}

// ErrTooManyFailures ends a job whose server does not answer any more.
var ErrTooManyFailures = errors.New("no response to so many calls in a row")

// A StartError is why a run did not begin: no call was made.
type StartError struct{ Err error }

func (e *StartError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *StartError) Unwrap() error { return e.Err }

func (j *Job) window() int { return max(window, 2*max(j.Concurrency, 1)*max(j.BatchSize, 1)) }

// syncEvery is how often outcomes are flushed to the disk: if the power fails, those
// that are lost are unknown.
const syncEvery = time.Second

// A task is calls on their way, by their indexes.
type task struct {
	first int64
	calls []Call
}

// A record is a call with its outcome on the way to the output.
type record struct {
	index   int64
	call    Call
	outcome Outcome
}

// Run carries out the job. When ctx ends it begins no call any more, waits for
// those under way, and returns ctx's error. Calls see the end of hard instead.
func (j *Job) Run(ctx, hard context.Context) error {
	f, err := j.open()
	if err != nil {
		return &StartError{err}
	}
	defer f.close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	tasks, free := make(chan task), make(chan struct{}, max(j.Concurrency, 1))
	records := make(chan record, window)
	room := newRoom(j.window(), cmp.Or(j.waitBytes, windowBytes))

	var read error
	go func() {
		defer close(tasks)
		read = j.dispatch(ctx, f, tasks, free, records, room)
	}()
	go func() {
		var workers sync.WaitGroup
		for range cap(free) {
			free <- struct{}{}
			workers.Go(func() {
				for t := range tasks {
					j.carryOut(hard, t, records, room)
					free <- struct{}{}
				}
			})
		}
		workers.Wait()
		close(records)
	}()
	written := j.write(f, records, room, stop)
	if written == nil && !j.cut.Load() {
		written = f.settle()
	}
	switch cause := context.Cause(ctx); {
	case written != nil:
		return written
	case cause != nil && !errors.Is(cause, context.Canceled):
		return cause
	case ctx.Err() != nil:
		return ctx.Err()
	case read != nil:
		return read
	}
	return f.complete()
}

// A read is a call of the input, or why there is none.
type read struct {
	call Call
	err  error
}

// readAhead reads calls, so that a batch need not wait for an input that is slow.
func (j *Job) readAhead(ctx context.Context) <-chan read {
	input := make(chan read, max(j.BatchSize, 1))
	go func() {
		defer close(input)
		for {
			call, err := j.Source.Next()
			select {
			case input <- read{call, err}:
			case <-ctx.Done():
				return
			}
			if wrong := (*InputError)(nil); err != nil && !errors.As(err, &wrong) {
				return
			}
		}
	}()
	return input
}

// A handover hands calls out to workers that are free.
type handover struct {
	job   *Job
	files *files
	tasks chan<- task
	free  <-chan struct{}
	next  task // what has gathered
}

// flush hands out what has gathered: a message that has its turn, once the checkpoint
// names its calls.
func (h *handover) flush(ctx context.Context) error {
	if len(h.next.calls) == 0 {
		return nil
	}
	select {
	case <-h.free:
	case <-ctx.Done():
		return ctx.Err()
	}
	if h.job.Turn != nil {
		if err := h.job.Turn(ctx, len(h.next.calls)); err != nil {
			return err
		}
	}
	if ctx.Err() != nil { // no call is begun any more
		return ctx.Err()
	}
	end := h.next.first + int64(len(h.next.calls))
	if err := h.files.checkpoint.reserve(end); err != nil {
		return fmt.Errorf("the checkpoint cannot be written: %w", err)
	}
	h.tasks <- h.next
	h.next = task{}
	return nil
}

// dispatch reads calls and hands them out, in batches as full as the input allows.
func (j *Job) dispatch(ctx context.Context, f *files, tasks chan<- task, free <-chan struct{}, records chan<- record, room *room) error {
	input := j.readAhead(ctx)
	h := &handover{job: j, files: f, tasks: tasks, free: free}
	for index := int64(0); ; index++ {
		var r read
		var ok bool
		select {
		case r, ok = <-input:
		default:
			if err := h.flush(ctx); err != nil { // there is nothing to wait for
				return err
			}
			select {
			case r, ok = <-input:
			case <-ctx.Done(): // whoever reads may wait for ever
			}
		}
		if !ok {
			return ctx.Err()
		}
		wrong := (*InputError)(nil)
		switch {
		case r.err == io.EOF:
			return h.flush(ctx)
		case r.err != nil && !errors.As(r.err, &wrong):
			return errors.Join(h.flush(ctx), fmt.Errorf("the input cannot be read: %w", r.err))
		case f.earlier.has(index, r.call.Line, j.Ordered):
			j.Stats.Skipped.Add(1)
			continue
		}
		if !room.tryTake() {
			if err := h.flush(ctx); err != nil {
				return err
			}
			if err := room.take(ctx); err != nil {
				return err
			}
		}
		if wrong != nil || index < f.made && !(j.Repeat != nil && j.Repeat(r.call.Method)) {
			// A checkpoint that runs ahead names calls that were never read.
			if err := h.flush(ctx); err != nil {
				return err
			}
			outcome := Outcome{Err: errUnknown}
			if wrong != nil {
				r.call.ID, outcome.Err = []byte("null"), wrong
			}
			made := record{index, r.call, outcome}
			room.fill(&made)
			records <- made
			continue
		}
		if len(h.next.calls) == 0 {
			h.next.first = index
		}
		if h.next.calls = append(h.next.calls, r.call); len(h.next.calls) >= max(j.BatchSize, 1) {
			if err := h.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// carryOut makes the calls of a task.
func (j *Job) carryOut(ctx context.Context, t task, records chan<- record, room *room) {
	outcomes := j.Send(ctx, t.calls)
	for i, call := range t.calls {
		if ctx.Err() != nil && errors.Is(outcomes[i].Err, ctx.Err()) {
			j.cut.Store(true) // it is as unknown as if the process had been killed
			continue
		}
		call.Params = nil // they are not written, and outcomes may wait
		r := record{t.first + int64(i), call, outcomes[i]}
		room.fill(&r)
		records <- r
	}
}
