package zmq

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/go-zeromq/zmq4"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A lane is one connection of a [REQ]. It is idle, or in use by one message.
type lane struct {
	stream transport.Stream

	asked  chan answer // where the answer goes that is awaited; nil if idle
	giveUp *time.Timer // for the answer to a notification
}

// An answer is a message, or why there is none.
type answer struct {
	text []byte
	err  error
}

func (a answer) reply() (io.ReadCloser, error) {
	if a.err != nil {
		return nil, &transport.Error{Op: "read", Sent: true, Err: a.err}
	}
	return reply{bytes.NewBuffer(a.text)}, nil
}

// reply implements [transport.BytesReply].
type reply struct{ *bytes.Buffer }

func (reply) Close() error { return nil }

// take returns a lane for one message, whose answer will be in asked. The caller
// sends the message or ends the lane.
func (r *REQ) take(ctx context.Context) (l *lane, asked chan answer, err error) {
	closed := &transport.Error{Op: "send", Err: jsonrpc.ErrClosed}
	select {
	case r.places <- struct{}{}:
	case <-r.closed:
		return nil, nil, closed
	case <-ctx.Done():
		return nil, nil, &transport.Error{Op: "send", Err: context.Cause(ctx)}
	}
	defer func() {
		if err != nil {
			<-r.places
		}
	}()
	asked = make(chan answer, 1) // so that nobody waits to hand it over
	if l := r.takeIdle(asked); l != nil {
		return l, asked, nil
	}
	if r.isClosed() {
		return nil, nil, closed
	}
	stream, err := dial(ctx, r.endpoint, zmq4.Req, strict, &r.options)
	if err != nil {
		return nil, nil, err
	}
	l = &lane{stream: stream, asked: asked}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isClosed() {
		_ = stream.Close()
		return nil, nil, closed
	}
	r.lanes[l] = struct{}{}
	r.readers.Go(func() { r.read(l) })
	return l, asked, nil
}

// takeIdle returns the lane that was used last, nil if all are in use.
func (r *REQ) takeIdle(asked chan answer) *lane {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.idle) - 1
	if last < 0 {
		return nil
	}
	l := r.idle[last]
	r.idle = r.idle[:last]
	l.asked = asked
	return l
}

// read reads from l until it ends. It reads while l is idle too, so that one
// whose server has gone is not used again.
func (r *REQ) read(l *lane) {
	for {
		text, err := l.stream.Read(context.Background(), nil)
		spoilt := (*transport.FrameError)(nil)
		switch {
		case err == io.EOF:
			err = errors.New("the server closed the connection")
		case errors.As(err, &spoilt) && spoilt.Err == nil:
			continue // not from a REP socket: libzmq's REQ drops it too
		case err == nil || spoilt != nil:
			if r.answered(l, answer{text, err}) {
				continue
			}
			err = errors.New("the server sent a message out of turn")
		}
		r.end(l, nil, err)
		return
	}
}

// answered hands over the answer that is awaited on l, and makes l idle. It
// reports false if none is.
func (r *REQ) answered(l *lane, a answer) bool {
	r.mu.Lock()
	asked := l.doneLocked()
	if asked != nil {
		r.idle = append(r.idle, l)
	}
	r.mu.Unlock()
	if asked == nil {
		return false
	}
	asked <- a
	<-r.places
	return true
}

// leave has the answer to a notification awaited by nobody, for a time.
func (r *REQ) leave(l *lane, asked chan answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l.asked == asked {
		l.giveUp = time.AfterFunc(r.options.AnswerWait, func() { r.end(l, asked, nil) })
	}
}

// end closes l, and fails with err whoever waits for an answer on it. If asked
// is not nil it does so only if that answer is still awaited, and reports
// whether it was.
func (r *REQ) end(l *lane, asked chan answer, err error) bool {
	r.mu.Lock()
	if asked != nil && asked != l.asked {
		r.mu.Unlock()
		return false
	}
	asked = l.doneLocked()
	delete(r.lanes, l)
	r.idle = slices.DeleteFunc(r.idle, func(other *lane) bool { return other == l })
	r.mu.Unlock()
	_ = l.stream.Close()
	if asked != nil {
		asked <- answer{err: err}
		<-r.places
	}
	return true
}

// doneLocked ends the wait for an answer and returns where it goes, nil if none
// is awaited. The caller must hold the mutex.
func (l *lane) doneLocked() chan answer {
	asked := l.asked
	l.asked = nil
	if l.giveUp != nil {
		l.giveUp.Stop()
		l.giveUp = nil
	}
	return asked
}
