package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"
)

// StreamOptions are the settings of a byte stream. Nil, and any zero field, means
// the default.
type StreamOptions struct {
	// Framing says how messages are told apart. The default is [Newline].
	Framing *Framing
	// MaxMessage bounds a message from the server in bytes; a longer one is
	// dropped as it arrives and reported. The default is 64 MiB.
	MaxMessage int64
}

// DefaultMaxMessage is the limit of a message in bytes unless StreamOptions set
// another.
const DefaultMaxMessage = 64 << 20

// NewStream makes a stream of messages out of rwc: a net.Conn, a pipe, a serial
// line. It uses deadlines where rwc has them, and otherwise a goroutine for each
// Read or Write with a context that can end. Close of rwc must interrupt its Read
// and its Write.
func NewStream(rwc io.ReadWriteCloser, opts *StreamOptions) Stream {
	if opts == nil {
		opts = &StreamOptions{}
	}
	s := &byteStream{rwc: rwc, framing: opts.Framing}
	// An *os.File has the methods, and an error in them if it has no deadlines.
	if d, ok := rwc.(interface{ SetReadDeadline(time.Time) error }); ok && d.SetReadDeadline(time.Time{}) == nil {
		s.setRead = d.SetReadDeadline
	}
	if d, ok := rwc.(interface{ SetWriteDeadline(time.Time) error }); ok && d.SetWriteDeadline(time.Time{}) == nil {
		s.setWrite = d.SetWriteDeadline
	}
	if s.framing == nil {
		s.framing = Newline
	}
	limit := opts.MaxMessage
	if limit <= 0 {
		limit = DefaultMaxMessage
	}
	s.splitter = s.framing.split(limit)
	s.flushed.L = &s.mu
	return s
}

// byteStream is a flow of bytes with a framing.
type byteStream struct {
	rwc      io.ReadWriteCloser
	framing  *Framing
	setRead  func(time.Time) error // sets the deadline; nil if there is none
	setWrite func(time.Time) error

	// Of the one reader.
	splitter Splitter
	in       []byte // arrived and not used up: in[from:]
	from     int
	begun    bool       // a message whose beginning is used up
	reading  chan chunk // of a read whose caller has gone; nil if there is none

	mu       sync.Mutex // for what follows
	flushed  sync.Cond  // signalled after each write
	pending  []byte     // frames that wait to be written
	frames   int        // how many
	spare    []byte     // memory for them
	queued   int64      // bytes ever put into pending
	written  int64      // bytes ever written
	crowded  bool       // the last write was for several callers
	writing  bool       // somebody writes
	writeErr error      // ends all writing
}

// minRead is the least room that a read is given.
const minRead = 4 << 10

// Read appends the next message to buf.
func (s *byteStream) Read(ctx context.Context, buf []byte) ([]byte, error) {
	for {
		for s.from < len(s.in) {
			msg, used, err := s.splitter.Split(s.in[s.from:])
			dropped := s.in[s.from : s.from+used]
			s.from += used
			if msg != nil || err != nil {
				s.begun = false
				return append(buf, msg...), err
			}
			if used == 0 {
				break
			}
			s.begun = s.begun || len(bytes.TrimSpace(dropped)) > 0
		}
		if err := s.fill(ctx); err != nil {
			return buf, err
		}
	}
}

// fill reads more bytes.
func (s *byteStream) fill(ctx context.Context) error {
	if s.from == len(s.in) {
		s.in, s.from = s.in[:0], 0
		if cap(s.in) > 1<<20 { // one long message should not be paid for for ever
			s.in = nil
		}
	}
	if cap(s.in)-len(s.in) < minRead {
		// Make room by moving what is left to the front, in twice the memory if
		// it fills more than half: it grows with what has arrived, whatever a
		// length header promised.
		left := len(s.in) - s.from
		next := s.in[:0]
		if size := max(2*left, minRead) + minRead; cap(s.in) < size {
			next = make([]byte, 0, size)
		}
		s.in, s.from = append(next, s.in[s.from:]...), 0
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	n, err := s.readOnce(ctx, s.in[len(s.in):cap(s.in)])
	s.in = s.in[:len(s.in)+n]
	switch {
	case n > 0:
		return nil // an error comes again
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil:
		return context.Cause(ctx)
	case err == io.EOF && (s.begun || len(bytes.TrimSpace(s.in[s.from:])) > 0):
		return fmt.Errorf("the stream ended in the middle of a message: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// readOnce reads into p, which has room for minRead bytes.
func (s *byteStream) readOnce(ctx context.Context, p []byte) (int, error) {
	if s.reading == nil && (s.setRead != nil || ctx.Done() == nil) {
		undo := interrupt(ctx, s.setRead)
		defer undo()
		return s.rwc.Read(p)
	}
	// Nothing could interrupt the read: leave it to a goroutine, which can go on
	// until the next one asks.
	if s.reading == nil {
		reading := make(chan chunk, 1)
		go func() {
			data := make([]byte, minRead)
			n, err := s.rwc.Read(data)
			reading <- chunk{data[:n], err}
		}()
		s.reading = reading
	}
	select {
	case c := <-s.reading:
		s.reading = nil
		return copy(p, c.data), c.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// A chunk is what one read has brought.
type chunk struct {
	data []byte
	err  error
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

// Write sends msg as one frame. Frames of many writers go out in one system call
// where they meet: the first to come writes for all.
func (s *byteStream) Write(ctx context.Context, msg []byte) error {
	if ctx.Err() != nil {
		return &Error{Op: "send", Err: context.Cause(ctx)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writeErr != nil {
		return &Error{Op: "send", Err: s.writeErr}
	}
	before, from := len(s.pending), s.queued
	s.pending = s.framing.AppendFrame(s.pending, msg)
	s.frames++
	s.queued += int64(len(s.pending) - before)
	to := s.queued
	if !s.writing {
		s.writing = true
		if s.setWrite == nil && ctx.Done() != nil {
			// Nothing could interrupt the write: let somebody else be held up.
			go s.flush()
		} else {
			s.gatherLocked()
			s.flushLocked(ctx, maxRounds)
		}
	}
	return s.waitLocked(ctx, from, to)
}

// gatherLocked lets others write first, if there were others at the last write:
// one system call for all costs less than one each. The caller must hold s.mu and
// have set s.writing.
func (s *byteStream) gatherLocked() {
	if s.crowded {
		s.mu.Unlock()
		runtime.Gosched()
		s.mu.Lock()
	}
}

// maxRounds is how many times in a row one Write writes what has come meanwhile:
// it has its own reply to wait for.
const maxRounds = 8

// flushLocked writes what is pending until there is no more. The caller must
// hold s.mu and have set s.writing; s.mu is not held while bytes are written. If
// ctx ends, or after so many rounds, another goroutine goes on: half a frame
// would spoil the stream.
func (s *byteStream) flushLocked(ctx context.Context, rounds int) {
	for ; len(s.pending) > 0 && s.writeErr == nil; rounds-- {
		if rounds == 0 {
			go s.flush()
			return
		}
		frames := s.pending
		s.crowded = s.frames > 1
		s.pending, s.spare, s.frames = s.spare[:0], nil, 0
		s.mu.Unlock()
		n, err := s.writeOnce(ctx, frames)
		s.mu.Lock()
		s.written += int64(n)
		if n < len(frames) && errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
			s.pending = append(append(make([]byte, 0, len(frames)-n+len(s.pending)), frames[n:]...), s.pending...)
			go s.flush()
			return
		}
		if cap(frames) <= 64<<10 {
			s.spare = frames[:0]
		}
		if err != nil {
			s.writeErr = err
		}
		s.flushed.Broadcast()
	}
	s.writing = false
	s.flushed.Broadcast()
}

func (s *byteStream) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushLocked(context.Background(), -1)
}

func (s *byteStream) writeOnce(ctx context.Context, frames []byte) (int, error) {
	undo := interrupt(ctx, s.setWrite)
	defer undo()
	return s.rwc.Write(frames)
}

// waitLocked waits until the bytes between from and to are written. The caller
// must hold s.mu.
func (s *byteStream) waitLocked(ctx context.Context, from, to int64) error {
	if s.written >= to {
		return nil
	}
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, func() {
			s.mu.Lock() // so that it cannot come between the check and the wait
			defer s.mu.Unlock()
			s.flushed.Broadcast()
		})()
	}
	for s.written < to {
		switch {
		case s.writeErr != nil:
			return &Error{Op: "send", Sent: s.written > from, Err: s.writeErr}
		case ctx.Err() != nil:
			return &Error{Op: "send", Sent: true, Err: context.Cause(ctx)}
		}
		s.flushed.Wait()
	}
	return nil
}

// Close closes the stream below. A frame that is being written is cut.
func (s *byteStream) Close() error { return s.rwc.Close() }
