package transport

import (
	"context"
	"errors"

	"github.com/coder/websocket"
)

// Write sends msg as a text message.
func (s *webSocket) Write(ctx context.Context, msg []byte) error {
	if ctx.Err() != nil {
		return &Error{Op: "send", Err: context.Cause(ctx)}
	}
	w := s.enqueue(msg)
	if w == nil {
		return &Error{Op: "send", Err: errClosedConn}
	}
	select {
	case err := <-w.done:
		s.reuse(w)
		return err
	case <-ctx.Done():
		return &Error{Op: "send", Sent: true, Err: context.Cause(ctx)}
	case <-s.done:
	}
	select {
	case err := <-w.done:
		return err
	default:
		return &Error{Op: "send", Sent: true, Err: errClosedConn}
	}
}

var errClosedConn = errors.New("the connection is closed")

// enqueue puts a copy of msg, which may be written after its caller has gone, into
// the queue. It returns nil if the connection is closed.
func (s *webSocket) enqueue(msg []byte) *write {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	var w *write
	if n := len(s.spare); n > 0 {
		w, s.spare = s.spare[n-1], s.spare[:n-1]
	} else {
		w = &write{done: make(chan error, 1)}
	}
	w.msg = append(w.msg[:0], msg...)
	s.queue = append(s.queue, w)
	s.wanted.Signal()
	return w
}

// reuse keeps the memory of a write that is done with.
func (s *webSocket) reuse(w *write) {
	const maxSpare, maxKept = 64, 64 << 10
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spare) < maxSpare && cap(w.msg) <= maxKept {
		s.spare = append(s.spare, w)
	}
}

func (s *webSocket) writeLoop() {
	var (
		broken error // an error of writing ends the connection
		writes []*write
	)
	for {
		s.mu.Lock()
		for len(s.queue) == 0 && !s.closed {
			s.wanted.Wait()
		}
		if s.closed {
			s.mu.Unlock()
			return
		}
		writes, s.queue = s.queue, writes[:0]
		s.mu.Unlock()
		tried := 0
		if broken == nil {
			tried, broken = s.writeAll(writes)
		}
		for i, w := range writes {
			writes[i] = nil
			if broken != nil {
				w.done <- &Error{Op: "send", Sent: i < tried, Err: broken}
			} else {
				w.done <- nil
			}
		}
	}
}

// writeAll writes messages, several in one system call. It returns how many may
// have been sent.
func (s *webSocket) writeAll(writes []*write) (tried int, err error) {
	if len(writes) > 1 {
		s.wire.gather()
	}
	for _, w := range writes {
		tried++
		if err := s.conn.Write(context.Background(), websocket.MessageText, w.msg); err != nil {
			_ = s.wire.release()
			return tried, err
		}
	}
	return tried, s.wire.release()
}
