package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"example.com/jsonrpc/transport"
)

func checkMessages(e *ends) error {
	wrote := later("Write", func() error {
		for _, msg := range messages() {
			if err := e.write(context.Background(), msg); err != nil {
				return err
			}
		}
		return nil
	})
	for _, msg := range messages() {
		if err := e.wantReceived(msg); err != nil {
			return err
		}
	}
	if err := wrote(); err != nil {
		return err
	}
	sent := e.sendLater(messages()...)
	for _, msg := range messages() {
		if err := e.wantRead(msg); err != nil {
			return err
		}
	}
	return sent()
}

func checkBuffers(e *ends) error {
	const prefix = "what was there"
	msgs := [][]byte{[]byte(`{"first":[1,2,3]}`), []byte(`{"second":[4,5,6]}`), []byte(`{"third":[7,8,9]}`)}
	sent := e.sendLater(msgs...)
	for i, room := range []int{0, 1 << 10} {
		buf := append(make([]byte, 0, len(prefix)+room), prefix...)
		var got []byte
		err := within("Read", func() (err error) {
			got, err = e.Read(context.Background(), buf)
			return err
		})
		if err != nil {
			return err
		}
		rest, ok := bytes.CutPrefix(got, []byte(prefix))
		if !ok {
			return fmt.Errorf("Read returned %s, want what was in the buffer, %q, before the message", brief(got), prefix)
		}
		if err := same("Read appended", rest, msgs[i]); err != nil {
			return err
		}
		scribble(got[:cap(got)])
	}
	if err := e.wantRead(msgs[2]); err != nil {
		return fmt.Errorf("after the buffer of another message was used again: %w", err)
	}
	if err := sent(); err != nil {
		return err
	}
	wrote := later("Write", func() error {
		for _, msg := range msgs {
			if err := e.write(context.Background(), msg); err != nil { // which scribbles over its message
				return err
			}
		}
		return nil
	})
	for _, msg := range msgs {
		if err := e.wantReceived(msg); err != nil {
			return fmt.Errorf("after the memory of a message was used again: %w", err)
		}
	}
	return wrote()
}

// readFor reads with a context that ends while nothing comes, and wants its
// error.
func (e *ends) readFor(d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	msg, err := e.read(ctx)
	switch {
	case err == nil:
		return fmt.Errorf("Read returned %s, want the error of its context", brief(msg))
	case !errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the error of Read does not wrap its context's: %w", err)
	}
	return nil
}

func checkReadEnded(e *ends) error {
	for _, d := range []time.Duration{-1, 0, 20 * time.Millisecond, time.Millisecond} {
		if err := e.readFor(d); err != nil {
			return err
		}
	}
	if err := e.readRaced(); err != nil {
		return err
	}
	if e.peer.Begin == nil {
		return nil
	}
	for i := range 5 {
		msg := numbered{Number: i}.message(64 << 10) // half of it goes through most buffers
		var rest func() error
		began := later("Peer.Begin", func() (err error) {
			rest, err = e.peer.Begin(msg)
			return err
		})
		for range 2 {
			if err := e.readFor(20 * time.Millisecond); err != nil {
				return fmt.Errorf("in the middle of a message: %w", err)
			}
		}
		if err := began(); err != nil {
			return fmt.Errorf("Peer.Begin: %w", err)
		}
		finished := later("the rest of a message", rest)
		if err := e.wantRead(msg); err != nil {
			return fmt.Errorf("after a Read that ended in the middle of this message: %w", err)
		}
		if err := finished(); err != nil {
			return err
		}
	}
	return nil
}

// readRaced has contexts end at about the time at which a message arrives.
func (e *ends) readRaced() error {
	for i := range 50 {
		want := numbered{Number: i}.message(10)
		ctx, cancel := context.WithCancel(context.Background())
		sent := e.sendLater(want)
		time.AfterFunc(time.Duration(i)*5*time.Microsecond, cancel)
		got, err := e.read(ctx)
		cancel()
		switch {
		case err == nil:
			err = same("read", got, want)
		case !isContextError(ctx, err):
			return fmt.Errorf("the error of Read does not wrap its context's: %w", err)
		default:
			if err = e.wantRead(want); err != nil {
				err = fmt.Errorf("after a Read that ended as this message came: %w", err)
			}
		}
		if err := errors.Join(err, sent()); err != nil {
			return err
		}
	}
	return nil
}

func checkEOF(e *ends) error {
	last := []byte(`{"last":true}`)
	closed := later("Peer.Close", func() error {
		if err := e.peer.Send(last); err != nil {
			return err
		}
		return e.peer.Close()
	})
	if err := e.wantRead(last); err != nil {
		return err
	}
	for range 2 {
		if msg, err := e.read(context.Background()); !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s and the error %w, want io.EOF", brief(msg), orNone(err))
		}
	}
	return closed()
}

func orNone(err error) error {
	if err == nil {
		return errors.New("none")
	}
	return err
}

func checkEOFInMessage(e *ends) error {
	if e.peer.Begin == nil {
		return errSkip
	}
	closed := later("Peer.Begin and Peer.Close", func() error {
		_, err := e.peer.Begin(numbered{}.message(64 << 10))
		return errors.Join(err, e.peer.Close())
	})
	if msg, err := e.read(context.Background()); !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read %s and the error %w, want io.ErrUnexpectedEOF", brief(msg), orNone(err))
	}
	return closed()
}

func checkFrameError(e *ends) error {
	if e.peer.Spoil == nil {
		return errSkip
	}
	for i := range 3 {
		before, after := numbered{Number: i}.message(10), numbered{Number: -i}.message(10)
		sent := later("Peer.Send", func() error {
			return errors.Join(e.peer.Send(before), e.peer.Spoil(), e.peer.Send(after))
		})
		if err := e.wantRead(before); err != nil {
			return err
		}
		if msg, err := e.read(context.Background()); !isFrameError(err) {
			return fmt.Errorf("read %s and the error %w, want a *FrameError", brief(msg), orNone(err))
		}
		if err := e.wantRead(after); err != nil {
			return fmt.Errorf("after a message that cannot be read: %w", err)
		}
		if err := sent(); err != nil {
			return err
		}
	}
	return nil
}

func isFrameError(err error) bool {
	_, ok := errors.AsType[*transport.FrameError](err)
	return ok
}

// ruleLimit is the limit of the streams that [checkLimit] checks.
const ruleLimit = 10_000

func checkLimit(e *ends) error {
	exact := []byte(`["` + strings.Repeat("x", ruleLimit-4) + `"]`)
	over := []byte(`["` + strings.Repeat("x", ruleLimit-3) + `"]`)
	farOver := []byte(`["` + strings.Repeat("x", 1<<20) + `"]`)
	small := []byte(`["small"]`)
	sent := e.sendLater(exact, over, exact, farOver, small)
	for _, want := range [][]byte{exact, over, exact, farOver, small} {
		if len(want) <= ruleLimit {
			if err := e.wantRead(want); err != nil {
				return err
			}
			continue
		}
		msg, err := e.read(context.Background())
		if !isFrameError(err) || !errors.Is(err, transport.ErrTooLarge) {
			return fmt.Errorf("a message of %d bytes, with a limit of %d: read %s and the error %w, want a *FrameError that wraps ErrTooLarge",
				len(want), ruleLimit, brief(msg), orNone(err))
		}
	}
	return sent()
}

// promised is the length that a message of [checkPromise] says it will have.
const promised = 1 << 30

func checkPromise(e *ends) error {
	if e.peer.Promise == nil {
		return errSkip
	}
	sent := later("Peer.Promise", func() error { return e.peer.Promise(promised) })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := e.readFor(50 * time.Millisecond); err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	// Other tests may allocate at the same time, but hardly that much.
	if got := after.TotalAlloc - before.TotalAlloc; got > promised/2 {
		return fmt.Errorf("a message that says it will have %d bytes made Read allocate %d", promised, got)
	}
	return sent()
}
