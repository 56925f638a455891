package transport

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// An outbox is the way out of a stream. Frames of many writers go out in one
// system call where they meet: the first to come writes for all.
type outbox struct {
	dst      io.Writer
	deadline func(time.Time) error // sets that of a write; nil if there is none
	try      func([]byte) int      // writes what the system takes at once; nil if it cannot be asked
	busy     atomic.Bool           // more is on its way

	mu       sync.Mutex // for what follows
	pending  []byte     // frames that wait to be written
	frames   int        // how many
	spare    []byte     // memory for them
	admitted int        // bytes that were given room, and are not in pending yet
	queued   int64      // bytes ever put into pending
	written  int64      // bytes ever written
	crowd    int        // for so many writes more others are let in first
	writing  bool       // somebody writes
	err      error      // ends all writing
	shut     error      // ends all messages, if not nil
	inside   line       // who waits for bytes to be written
	outside  line       // who waits for room in pending
}

const (
	// maxPending is how many bytes wait to be written before further writers
	// wait outside. A longer message goes alone.
	maxPending = 1 << 20

	// maxRounds is how many times in a row one writer writes what has come
	// meanwhile: it has its own reply to wait for.
	maxRounds = 8

	// crowdLasts is for how many writes a crowd is remembered.
	crowdLasts = 16
)

// A framer appends a message to dst as a frame.
type framer func(dst, msg []byte) []byte

// send sends msg as one frame. An error is an *Error.
func (o *outbox) send(ctx context.Context, frame framer, msg []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.admitLocked(ctx, len(msg)); err != nil {
		return err
	}
	from := o.queued
	o.putLocked(frame, msg)
	return o.carryLocked(ctx, from, o.queued)
}

// putLocked appends a frame to those that wait. The caller must hold o.mu.
func (o *outbox) putLocked(frame framer, msg []byte) {
	before := len(o.pending)
	o.pending = frame(o.pending, msg)
	o.queued += int64(len(o.pending) - before)
	o.frames++
}

// carryLocked sees to it that the bytes between from and to, which wait, are
// written. The caller must hold o.mu.
func (o *outbox) carryLocked(ctx context.Context, from, to int64) error {
	if !o.writing {
		o.writing = true
		if o.deadline == nil && ctx.Done() != nil {
			go o.flush() // nothing could interrupt the write: let somebody else be held up
		} else {
			o.flushLocked(ctx, maxRounds)
		}
	}
	for o.written < to {
		switch {
		case o.err != nil:
			return &Error{Op: "send", Sent: o.written > from, Err: o.err}
		case ctx.Err() != nil:
			return &Error{Op: "send", Sent: true, Err: context.Cause(ctx)}
		}
		o.inside.wait(ctx, &o.mu, to)
	}
	return nil
}

// admitLocked waits until there is room for a message of so many bytes. The
// caller must hold o.mu.
func (o *outbox) admitLocked(ctx context.Context, size int) error {
	if err := o.endedLocked(ctx); err != nil || o.outside.first == nil && o.fitsLocked(size) {
		return err
	}
	if o.outside.wait(ctx, &o.mu, int64(size)) {
		o.admitted -= size
	}
	err := o.endedLocked(ctx)
	if err != nil {
		o.letInLocked() // the room may have been for this one
	}
	return err
}

// fitsLocked reports whether there is room for so many bytes more. The caller
// must hold o.mu.
func (o *outbox) fitsLocked(size int) bool {
	taken := len(o.pending) + o.admitted
	return taken == 0 || taken+size <= maxPending
}

// letInLocked lets in those who wait for room, as far as there is some. The caller
// must hold o.mu.
func (o *outbox) letInLocked() {
	for p := o.outside.first; p != nil && (o.fitsLocked(int(p.at)) || o.err != nil || o.shut != nil); p = o.outside.first {
		o.admitted += int(p.at)
		o.outside.serveFirst()
	}
}

// endedLocked returns why nothing can be sent, nil if it can. The caller must
// hold o.mu.
func (o *outbox) endedLocked(ctx context.Context) error {
	err := o.err
	switch {
	case err != nil:
	case o.shut != nil:
		err = o.shut
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	default:
		return nil
	}
	return &Error{Op: "send", Err: err}
}

// flushLocked writes what is pending until there is no more. The caller must
// hold o.mu and have set o.writing; o.mu is not held while bytes are written. If
// ctx ends, or after so many rounds, another goroutine goes on: half a frame
// would spoil the stream.
func (o *outbox) flushLocked(ctx context.Context, rounds int) {
	for ; len(o.pending) > 0 && o.err == nil; rounds-- {
		if rounds == 0 {
			go o.flush()
			return
		}
		if o.busy.Swap(false) || o.crowd > 0 { // one system call for all costs less than one each
			o.crowd = max(o.crowd-1, 0)
			o.mu.Unlock()
			runtime.Gosched()
			o.mu.Lock()
		}
		if o.frames > 1 {
			o.crowd = crowdLasts
		}
		frames := o.pending
		o.pending, o.spare, o.frames = o.spare[:0], nil, 0
		o.letInLocked()
		o.mu.Unlock()
		n, err := o.write(ctx, frames)
		o.mu.Lock()
		o.written += int64(n)
		o.inside.serve(o.written)
		if n < len(frames) && errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
			o.pending = append(append(make([]byte, 0, len(frames)-n+len(o.pending)), frames[n:]...), o.pending...)
			go o.flush()
			return
		}
		if cap(frames) <= 64<<10 {
			o.spare = frames[:0]
		}
		o.err = err
	}
	o.writing = false
	if o.err != nil {
		o.pending, o.spare = nil, nil
		o.inside.serve(math.MaxInt64)
		o.letInLocked()
	}
}

func (o *outbox) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushLocked(context.Background(), -1)
}

// write writes frames, or those that go before ctx ends. To be interrupted costs
// more than a small write, and a small write hardly ever has to wait.
func (o *outbox) write(ctx context.Context, frames []byte) (n int, err error) {
	if ctx.Done() == nil || o.deadline == nil {
		return o.dst.Write(frames)
	}
	if o.try != nil {
		if n = o.try(frames); n == len(frames) {
			return n, nil
		}
	}
	undo := interrupt(ctx, o.deadline)
	defer undo()
	more, err := o.dst.Write(frames[n:])
	return n + more, err
}

// control sends a control frame, and does not wait until it is written unless it
// is the last of all frames: a reader, who answers pings, waits for nobody. Of one
// who pings and does not read, some pings are left unanswered (RFC 6455, 5.5.3).
func (o *outbox) control(frame []byte, last bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	if !last && len(o.pending) > maxPending {
		return nil
	}
	from := o.queued
	o.putLocked(appendAll, frame)
	if last {
		o.shut = errClosedConn
		o.letInLocked()
		return o.carryLocked(context.Background(), from, o.queued)
	}
	if !o.writing {
		o.writing = true
		go o.flush()
	}
	return nil
}

// appendAll is a framer for what is framed.
func appendAll(dst, frames []byte) []byte { return append(dst, frames...) }

// shutDown has all messages that are not in line yet refused with err.
func (o *outbox) shutDown(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.shut == nil {
		o.shut = err
	}
	o.letInLocked()
}

// interrupt has the end of ctx interrupt the read or write under way, by setting
// its deadline with set. undo must be called after it, and takes that back.
func interrupt(ctx context.Context, set func(time.Time) error) (undo func()) {
	if ctx.Done() == nil || set == nil {
		return func() {}
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = set(time.Unix(1, 0))
	})
	return func() {
		if !stop() {
			<-done
			_ = set(time.Time{})
		}
	}
}
