package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A Write writes for others too, but it returns while others go on and on.
func TestWriteReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := &busyWire{done: make(chan struct{})}
		s := NewStream(busy, nil)
		busy.meanwhile = func() {
			go func() { _ = s.Write(context.Background(), []byte(`{"other":true}`)) }()
			synctest.Wait() // until it waits for its turn
		}
		if err := s.Write(t.Context(), []byte(`{"mine":true}`)); err != nil {
			t.Error(err)
		}
		if n := busy.writes.Load(); n > 2*maxRounds {
			t.Errorf("Write returned after %d writes, of which the first was its own", n)
		}
		<-busy.done // somebody else goes on
	})
}

// busyWire has something written during each write, so many times.
type busyWire struct {
	io.Reader
	io.Closer
	writes    atomic.Int64
	meanwhile func()
	done      chan struct{}
}

const busyWrites = 100

func (b *busyWire) Write(p []byte) (int, error) {
	if b.writes.Add(1) <= busyWrites {
		b.meanwhile()
	} else {
		close(b.done)
	}
	return len(p), nil
}

// An *os.File may have the methods of deadlines and no deadlines. Then a context
// must work all the same.
func TestFileWithoutDeadlines(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetReadDeadline(time.Now()); !errors.Is(err, os.ErrNoDeadline) {
		t.Skip("files have deadlines here")
	}
	s := NewStream(f, nil).(*byteStream)
	if s.setRead != nil || s.out.deadline != nil {
		t.Error("the deadlines of a file that has none are used")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if err := s.Write(ctx, []byte(`{}`)); err != nil {
		t.Error(err)
	}
	if _, err := s.Read(ctx, nil); err != io.EOF {
		t.Errorf("error %v, want EOF", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// An error that comes along with the last bytes does not cost the message in them.
func TestErrorWithLastBytes(t *testing.T) {
	reset := errors.New("connection reset")
	s := NewStream(&lastBytes{"{\"a\":1}\n", reset}, nil)
	msg, err := s.Read(t.Context(), nil)
	if string(msg) != `{"a":1}` || err != nil {
		t.Errorf("read %q and the error %v", msg, err)
	}
	if _, err := s.Read(t.Context(), nil); !errors.Is(err, reset) {
		t.Errorf("error %v, want %v", err, reset)
	}
}

type lastBytes struct {
	text string
	err  error
}

func (l *lastBytes) Read(p []byte) (int, error) {
	n := copy(p, l.text)
	l.text = l.text[n:]
	return n, l.err
}

func (l *lastBytes) Write(p []byte) (int, error) { return len(p), nil }
func (l *lastBytes) Close() error                { return nil }

// A server that pings and pings, and reads nothing, fills no memory.
func TestControlFramesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		o := &outbox{dst: ours}
		frame := make([]byte, 131)
		for range 2 * maxPending / len(frame) {
			if err := o.control(frame, false); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		o.mu.Lock()
		if n := len(o.pending); n > maxPending+len(frame) {
			t.Errorf("%d bytes wait", n)
		}
		o.mu.Unlock()
		_ = theirs.Close()
	})
}
