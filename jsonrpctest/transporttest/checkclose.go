package transporttest

import (
	"context"
	"errors"
	"fmt"
)

func checkCloseUnblocksRead(e *ends) error {
	drained := later("Peer.Receive, after Close,", e.drain) // it answers a close handshake
	read := later("a Read under way at Close", func() error {
		_, err := e.Read(context.Background(), nil)
		return err
	})
	e.settle()
	if err := within("Close", e.Close); err != nil {
		return fmt.Errorf("Close with a peer that is there returned an error: %w", err)
	}
	if err := read(); err == nil || isFrameError(err) || isHung(err) {
		return fmt.Errorf("a Read under way at Close returned the error %w, want one that ends the stream", orNone(err))
	}
	if _, err := e.read(context.Background()); err == nil || isFrameError(err) || isHung(err) {
		return fmt.Errorf("a Read after Close returned the error %w, want one that ends the stream", orNone(err))
	}
	_ = within("a second Close", e.Close)
	return drained()
}

func checkCloseUnblocksWrite(e *ends) error {
	_, err := e.block()
	blocked := !errors.Is(err, errNeverBlocks)
	if err != nil && blocked {
		return err
	}
	wrote := later("a Write that the peer held up at Close", func() (err error) {
		// More than one, as buffers on the way may still take in some.
		for i := 0; i < maxBlock && err == nil; i++ {
			err = e.write(context.Background(), numbered{Writer: 1, Number: i}.message(blockSize))
		}
		return err
	})
	e.settle()
	if err := within("Close", func() error { _ = e.Close(); return nil }); err != nil {
		return err
	}
	if err := wrote(); blocked && !isTransportError(err) {
		return fmt.Errorf("a Write that the peer held up returned the error %w after Close, want an *Error", orNone(err))
	}
	if err := e.write(context.Background(), []byte(`{"after":true}`)); !isTransportError(err) {
		return fmt.Errorf("a Write after Close returned the error %w, want an *Error", orNone(err))
	}
	return within("a second Close", func() error { _ = e.Close(); return nil })
}
