package transporttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/jsonrpc/transport"
)

// ends are the two ends of a stream under test.
type ends struct {
	transport.Stream
	peer      *Peer
	settle    func()        // waits until all others wait, where that can be known
	receiving chan struct{} // has room for the one who does
}

func newEnds(stream transport.Stream, peer *Peer, settle func()) *ends {
	return &ends{stream, peer, settle, make(chan struct{}, 1)}
}

// patience is how long something may take that should take no time. It is long
// enough for a WebSocket's close handshake with a peer that does not answer.
const patience = 20 * time.Second

// within runs f, and returns its error, or one of its own if f takes too long.
func within(what string, f func() error) error { return later(what, f)() }

// later runs f in a goroutine; wait returns what within does.
func later(what string, f func() error) (wait func() error) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return func() error {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case err := <-done:
			return err
		case <-timer.C:
			return hungError(what)
		}
	}
}

// A hungError says what has not returned.
type hungError string

func (e hungError) Error() string {
	return fmt.Sprintf("%s has not returned after %v", string(e), patience)
}

func isHung(err error) bool {
	_, ok := errors.AsType[hungError](err)
	return ok
}

// close ends what a check has left.
func (e *ends) close() error {
	drained := later("Peer.Receive, after all was closed,", e.drain)
	err := within("Close", func() error { _ = e.Close(); return nil })
	_ = within("Peer.Close", e.peer.Close)
	return errors.Join(err, drained())
}

// drain reads what the stream writes until it ends.
func (e *ends) drain() error {
	for {
		if _, err := e.peerReceive(); err != nil {
			return nil
		}
	}
}

// peerReceive is Peer.Receive once the one before has returned. (A lock would
// stop a bubble's clock.)
func (e *ends) peerReceive() ([]byte, error) {
	e.receiving <- struct{}{}
	defer func() { <-e.receiving }()
	return e.peer.Receive()
}

// read is Read, with a limit on how long it takes.
func (e *ends) read(ctx context.Context) (msg []byte, err error) {
	err = within("Read", func() (err error) {
		msg, err = e.Read(ctx, nil)
		return err
	})
	return msg, err
}

// wantRead reads a message.
func (e *ends) wantRead(want []byte) error {
	got, err := e.read(context.Background())
	if err != nil {
		return fmt.Errorf("read an error instead of %s: %w", brief(want), err)
	}
	return same("read", got, want)
}

// wantReceived has the peer receive a message.
func (e *ends) wantReceived(want []byte) error {
	got, err := e.receive()
	if err != nil {
		return fmt.Errorf("the peer received an error instead of %s: %w", brief(want), err)
	}
	return same("the peer received", got, want)
}

func (e *ends) receive() (msg []byte, err error) {
	err = within("Peer.Receive", func() (err error) {
		msg, err = e.peerReceive()
		return err
	})
	return msg, err
}

// sendLater has the peer send messages, while others read them.
func (e *ends) sendLater(msgs ...[]byte) (wait func() error) {
	return later("Peer.Send", func() error {
		for _, msg := range msgs {
			if err := e.peer.Send(msg); err != nil {
				return fmt.Errorf("the peer's Send: %w", err)
			}
		}
		return nil
	})
}

// write is Write, with a limit on how long it takes. It makes the message
// unreadable as soon as Write has returned, as one who uses its memory again
// would.
func (e *ends) write(ctx context.Context, msg []byte) error {
	msg = bytes.Clone(msg)
	return within("Write", func() error {
		err := e.Write(ctx, msg)
		scribble(msg)
		if err != nil && !isTransportError(err) {
			return fmt.Errorf("the error of Write is no *transport.Error: %w", err)
		}
		return err
	})
}

// writeLater is write in a goroutine.
func (e *ends) writeLater(msg []byte) (wait func() error) {
	return later("Write", func() error { return e.write(context.Background(), msg) })
}

func isTransportError(err error) bool {
	_, ok := errors.AsType[*transport.Error](err)
	return ok
}

// isContextError reports whether err wraps the reason why ctx has ended.
func isContextError(ctx context.Context, err error) bool {
	return errors.Is(err, context.Cause(ctx)) || errors.Is(err, ctx.Err())
}

func scribble(b []byte) {
	for i := range b {
		b[i] = '#'
	}
}

// same compares messages but for white space.
func same(what string, got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	var a, b bytes.Buffer
	if err := json.Compact(&a, got); err != nil {
		return fmt.Errorf("%s %s, want %s: %w", what, brief(got), brief(want), err)
	}
	if err := json.Compact(&b, want); err != nil {
		return err
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		return fmt.Errorf("%s %s, want %s", what, brief(got), brief(want))
	}
	return nil
}

// brief is how a message begins.
func brief(msg []byte) string {
	if len(msg) <= 100 {
		return fmt.Sprintf("%q", msg)
	}
	return fmt.Sprintf("%q… (%d bytes)", msg[:100], len(msg))
}
