package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
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
	// MaxPause bounds how long nothing may come in the middle of a message: a peer
	// that stops there holds up all that come after, so that Read fails. The default
	// is no bound, and there is none where the stream below has no deadlines.
	MaxPause time.Duration
}

// DefaultMaxMessage is the limit of a message in bytes unless StreamOptions set
// another.
const DefaultMaxMessage = 64 << 20

// NewStream makes a stream of messages out of rwc: a net.Conn, a pipe, a serial
// line. It uses deadlines where rwc has them, and otherwise a goroutine for each
// Read or Write with a context that can end. Close of rwc must interrupt its Read
// and its Write.
func NewStream(rwc io.ReadWriteCloser, opts *StreamOptions) Stream { return newByteStream(rwc, opts) }

func newByteStream(rwc io.ReadWriteCloser, opts *StreamOptions) *byteStream {
	if opts == nil {
		opts = &StreamOptions{}
	}
	framing, limit := opts.Framing, opts.MaxMessage
	if framing == nil {
		framing = Newline
	}
	if limit <= 0 {
		limit = DefaultMaxMessage
	}
	s := &byteStream{rwc: rwc, frame: framing.append, splitter: framing.split(limit), pause: opts.MaxPause, out: outbox{dst: rwc}}
	// An *os.File has the methods, and an error in them if it has no deadlines.
	if d, ok := rwc.(interface{ SetReadDeadline(time.Time) error }); ok && d.SetReadDeadline(time.Time{}) == nil {
		s.setRead = d.SetReadDeadline
	}
	if d, ok := rwc.(interface{ SetWriteDeadline(time.Time) error }); ok && d.SetWriteDeadline(time.Time{}) == nil {
		s.out.deadline, s.out.try = d.SetWriteDeadline, newTry(rwc)
	}
	return s
}

// byteStream is a flow of bytes with a framing.
type byteStream struct {
	rwc     io.ReadWriteCloser
	setRead func(time.Time) error // sets the deadline; nil if there is none
	frame   framer
	out     outbox

	// Of the one reader.
	splitter Splitter
	in       []byte // arrived and not used up: in[from:]
	from     int
	begun    bool // a message whose beginning is used up
	pause    time.Duration
	reading  chan chunk // of a read whose caller has gone; nil if there is none
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
	amid := s.begun || len(bytes.TrimSpace(s.in[s.from:])) > 0
	if amid && s.pause > 0 && s.setRead != nil {
		_ = s.setRead(time.Now().Add(s.pause)) // if that fails, so does the read
		defer func() { _ = s.setRead(time.Time{}) }()
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
	case errors.Is(err, os.ErrDeadlineExceeded) && amid && s.pause > 0:
		return fmt.Errorf("the peer stopped in the middle of a message: nothing came for %v", s.pause)
	case err == io.EOF && amid:
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

// Write sends msg as one frame.
func (s *byteStream) Write(ctx context.Context, msg []byte) error {
	return s.out.send(ctx, s.frame, msg)
}

// Busy says that other messages are under way, so that it is worth while to let
// others write first.
func (s *byteStream) Busy() { s.out.busy.Store(true) }

// Close closes the stream below. A frame that is being written is cut.
func (s *byteStream) Close() error { return s.rwc.Close() }
