package transport

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A wire is the connection below a WebSocket. It is noticed there when anything
// comes, even in the middle of a frame, and whether the connection has ended,
// which package websocket takes for the end of a message if that has several
// frames. It gets there as the RoundTripper of the handshake.
type wire struct {
	io.ReadWriteCloser
	tripper http.RoundTripper
	heard   atomic.Int64 // when bytes came last, or a read began, in nanoseconds since 1970
	err     error        // that came with the last bytes, for the read after them
	ended   atomic.Bool

	mu   sync.Mutex // for what follows, and for writing
	held bool       // frames gather, to go out in one system call
	out  []byte
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.tripper.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		if rwc, ok := resp.Body.(io.ReadWriteCloser); ok {
			w.ReadWriteCloser, resp.Body = rwc, w
		}
	}
	return resp, err
}

func (w *wire) Read(p []byte) (int, error) {
	if w.err != nil {
		w.ended.Store(true)
		return 0, w.err
	}
	n, err := w.ReadWriteCloser.Read(p)
	if w.err = err; n == 0 && err != nil {
		w.ended.Store(true)
		return 0, err
	}
	w.heard.Store(time.Now().UnixNano())
	return n, nil
}

// Write writes p or, while frames gather, keeps it.
func (w *wire) Write(p []byte) (int, error) {
	const most = 64 << 10
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.held {
		return w.ReadWriteCloser.Write(p)
	}
	if w.out = append(w.out, p...); len(w.out) < most {
		return len(p), nil
	}
	return len(p), w.flushLocked()
}

// gather has frames gather until release.
func (w *wire) gather() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = true
}

// release writes what has gathered.
func (w *wire) release() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = false
	return w.flushLocked()
}

func (w *wire) flushLocked() error {
	if len(w.out) == 0 {
		return nil
	}
	_, err := w.ReadWriteCloser.Write(w.out)
	w.out = w.out[:0]
	return err
}
