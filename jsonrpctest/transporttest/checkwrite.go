package transporttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.com/jsonrpc/transport"
)

func checkWriteEnded(e *ends) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := e.write(ctx, []byte(`{"ended":true}`))
	if err == nil {
		return errors.New("Write with a context that has ended returned no error")
	}
	if !isContextError(ctx, err) {
		return fmt.Errorf("the error of Write does not wrap its context's: %w", err)
	}
	if mayBeSent(err) {
		return fmt.Errorf("the error of Write does not say that nothing was sent: %w", err)
	}
	after := []byte(`{"after":true}`)
	wrote := e.writeLater(after)
	if err := e.wantReceived(after); err != nil {
		return err
	}
	return wrote()
}

// mayBeSent reports what an error of Write says of its message.
func mayBeSent(err error) bool {
	e, ok := errors.AsType[*transport.Error](err)
	return !ok || e.Sent
}

// errNeverBlocks says that a stream takes in whatever is written.
var errNeverBlocks = errors.New("Write never waits for the peer")

// A blocked Write is reached with at most maxBlock messages of blockSize bytes.
const blockSize, maxBlock = 64 << 10, 256

// block writes until the peer, which does not read, holds up a Write and its
// context ends. It returns how many messages were written before that one.
func (e *ends) block() (count int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	for ; count < maxBlock; count++ {
		err := e.write(ctx, numbered{Number: count}.message(blockSize))
		switch {
		case err == nil:
		case ctx.Err() == nil || !isContextError(ctx, err):
			return count, fmt.Errorf("a Write that the peer held up until its context ended: %w", err)
		default:
			return count, nil
		}
	}
	return count, errNeverBlocks
}

func checkWriteBlocked(e *ends) error {
	count, err := e.block()
	if err != nil && !errors.Is(err, errNeverBlocks) {
		return err
	}
	wrote := e.writeLater(numbered{Number: -1}.message(0))
	for next := 0; ; next++ {
		msg, err := e.receive()
		if err != nil {
			return fmt.Errorf("of %d messages written, the peer received %d: %w", count, next, err)
		}
		n, err := parseNumbered(msg)
		if err != nil {
			return err
		}
		if n.Number == -1 && next >= count {
			return wrote()
		}
		if n.Number != next || next > count {
			return fmt.Errorf("the peer received message %d as the one after %d of %d", n.Number, next-1, count)
		}
	}
}

func checkWriteConcurrently(e *ends) error {
	const writers, each = 12, 24
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex // for what follows
		errs   []error
		must   = map[numbered]bool{}
		mustnt = map[numbered]bool{}
	)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				n := numbered{Writer: w, Number: i}
				// A third of the writers have contexts that end at about the time
				// of the write.
				ctx, cancel := context.WithCancel(context.Background())
				if w%3 == 0 {
					time.AfterFunc(time.Duration(i%6)*20*time.Microsecond, cancel)
				}
				err := e.write(ctx, n.message(1<<(i%14)))
				mu.Lock()
				switch {
				case err == nil:
					must[n] = true
				case ctx.Err() == nil || !isContextError(ctx, err):
					errs = append(errs, fmt.Errorf("one of many Writes: %w", err))
				case !mayBeSent(err):
					mustnt[n] = true
				}
				mu.Unlock()
				cancel()
			}
		})
	}
	wrote := later("the last Write", func() error {
		wg.Wait()
		return e.write(context.Background(), numbered{Writer: -1}.message(0))
	})
	got, err := e.receiveNumbered()
	if err != nil {
		return err
	}
	if err := wrote(); err != nil {
		return err
	}
	for n := range must {
		if !got[n] {
			errs = append(errs, fmt.Errorf("message %d of writer %d was written and did not arrive", n.Number, n.Writer))
		}
	}
	for n := range mustnt {
		if got[n] {
			errs = append(errs, fmt.Errorf("message %d of writer %d arrived, and the error of its Write says that it was not sent", n.Number, n.Writer))
		}
	}
	return errors.Join(errs...)
}

// receiveNumbered receives messages up to that of writer -1. Each writer's must
// be in order and at most once.
func (e *ends) receiveNumbered() (got map[numbered]bool, err error) {
	got, last := map[numbered]bool{}, map[int]int{}
	for {
		msg, err := e.receive()
		if err != nil {
			return nil, fmt.Errorf("after %d messages by many writers: %w", len(got), err)
		}
		n, err := parseNumbered(msg)
		if err != nil {
			return nil, err
		}
		if n.Writer == -1 {
			return got, nil
		}
		before, ok := last[n.Writer]
		if ok && before >= n.Number {
			return nil, fmt.Errorf("message %d of writer %d arrived after its message %d", n.Number, n.Writer, before)
		}
		last[n.Writer] = n.Number
		n.Pad = ""
		got[n] = true
	}
}
