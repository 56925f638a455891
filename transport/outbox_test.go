package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"example.com/jsonrpc/transport"
)

// A dam takes no bytes until it is opened. It is an io.ReadWriteCloser of which
// nothing is read.
type dam struct {
	open, closed chan struct{}
	close        sync.Once
	mu           sync.Mutex // for what follows
	took         bytes.Buffer
	most         int // bytes in one write
}

func newDam() *dam { return &dam{open: make(chan struct{}), closed: make(chan struct{})} }

func (d *dam) Read([]byte) (int, error) {
	<-d.closed
	return 0, io.EOF
}

func (d *dam) Write(p []byte) (int, error) {
	select {
	case <-d.open:
	case <-d.closed:
		return 0, io.ErrClosedPipe
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.most = max(d.most, len(p))
	return d.took.Write(p)
}

func (d *dam) Close() error {
	d.close.Do(func() { close(d.closed) })
	return nil
}

// Behind a server that does not read, what waits to be written is bounded: more
// writers wait, for as long as their contexts do.
func TestWritersWaitOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const writers, size, limit = 100, 64 << 10, 1 << 20
		d := newDam()
		s := transport.NewStream(d, nil)
		msg := []byte(`"` + strings.Repeat("x", size) + `"`)
		errs := make(chan error, writers)
		for range writers {
			go func() { errs <- s.Write(context.Background(), msg) }()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := s.Write(ctx, []byte(`"late"`))
		if e, ok := errors.AsType[*transport.Error](err); !ok || e.Sent || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a Write that waited for room until its context ended: %v, want an error that says that nothing was sent", err)
		}
		close(d.open)
		for range writers {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		long := []byte(`"` + strings.Repeat("y", 2*limit) + `"`)
		if err := s.Write(context.Background(), long); err != nil { // over the bound by itself
			t.Error(err)
		}
		lines := strings.Split(strings.TrimSpace(d.took.String()), "\n")
		if len(lines) != writers+1 || strings.Contains(d.took.String(), "late") || lines[writers] != string(long) {
			t.Errorf("%d messages were written, want %d", len(lines), writers+1)
		}
		_ = s.Close()
		if d.most > len(long)+1 {
			t.Errorf("%d bytes were written at once", d.most)
		}
	})
}

// The queue is bounded in bytes: no write is for more than it may hold.
func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 1 << 20
		d := newDam()
		s := transport.NewStream(d, nil)
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() { _ = s.Write(context.Background(), bytes.Repeat([]byte("1"), 100<<10)) })
		}
		synctest.Wait()
		close(d.open)
		wg.Wait()
		if d.most > limit || d.most < limit/2 {
			t.Errorf("%d bytes were written at once, want as many as may wait: up to %d", d.most, limit)
		}
		_ = s.Close()
	})
}

// When writing fails, those who waited outside know that nothing of theirs was
// sent.
func TestWritersOutsideFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const writers = 50
		d := newDam()
		s := transport.NewStream(d, nil)
		errs := make(chan error, writers)
		for range writers {
			go func() { errs <- s.Write(context.Background(), make([]byte, 100<<10)) }()
		}
		synctest.Wait()
		_ = s.Close()
		for range writers {
			err := <-errs
			if e, ok := errors.AsType[*transport.Error](err); !ok || e.Sent || !errors.Is(err, io.ErrClosedPipe) {
				t.Fatalf("error %v, want one that says that nothing was sent", err)
			}
		}
	})
}

// A reader that answers pings waits for nobody: not for a server that reads
// nothing either.
func TestWebSocketPingWhileBlocked(t *testing.T) {
	for _, compress := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, conn := webSocketInMemory(t, &transport.WebSocketOptions{PingAfter: -1, Compress: compress})
			ctx, cancel := context.WithCancel(t.Context())
			wrote := make(chan error, 1)
			go func() { wrote <- s.Write(ctx, []byte(`{"nobody":"reads this"}`)) }()
			synctest.Wait()
			go func() { _ = conn.Ping(ctx) }()
			synctest.Wait()
			go func() { _ = conn.Write(t.Context(), websocket.MessageText, []byte(`{"after":"ping"}`)) }()
			wantRead(t, s, `{"after":"ping"}`)
			cancel()
			if err := <-wrote; !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want the context's", err)
			}
		})
	}
}

// After a close frame nothing may follow (RFC 6455, 5.5.1).
func TestWebSocketWriteAfterServerClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, conn := webSocketInMemory(t, &transport.WebSocketOptions{})
		go func() { _ = conn.Close(websocket.StatusGoingAway, "") }()
		if _, err := s.Read(t.Context(), nil); !errors.Is(err, io.EOF) {
			t.Errorf("error %v, want EOF", err)
		}
		err := s.Write(t.Context(), []byte(`{}`))
		if e, ok := errors.AsType[*transport.Error](err); !ok || e.Sent {
			t.Errorf("error %v, want one that says that nothing was sent", err)
		}
	})
}
