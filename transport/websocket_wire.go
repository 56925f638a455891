package transport

import (
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// A wire is the connection below a WebSocket, where messages are written without
// package websocket, which would have a system call for each. It is noticed here
// when anything comes, even in the middle of a frame, and whether the connection
// has ended, which package websocket takes for the end of a message if that has
// several frames. It gets there as the RoundTripper of the handshake.
type wire struct {
	io.ReadWriteCloser
	tripper http.RoundTripper
	heard   atomic.Int64 // when bytes came last, or a read began, in nanoseconds since 1970
	err     error        // that came with the last bytes, for the read after them
	ended   atomic.Bool
	out     outbox

	mu        sync.Mutex // for what follows
	deflating bool       // what is written goes to deflated
	deflated  []byte
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var conn net.Conn
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { conn = info.Conn }}
	resp, err := w.tripper.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		if rwc, ok := resp.Body.(io.ReadWriteCloser); ok {
			w.ReadWriteCloser, resp.Body = rwc, w
			w.out.dst = rwc
			switch conn.(type) {
			case *net.TCPConn, *net.UnixConn: // a tls.Conn cannot be written to after a deadline
				w.out.deadline, w.out.try = conn.SetWriteDeadline, newTry(conn)
			}
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

// Write takes what package websocket writes: control frames, each with one call,
// and messages that it has compressed. One call writes at a time.
func (w *wire) Write(p []byte) (int, error) {
	if w.keep(p) || len(p) == 0 {
		return len(p), nil
	}
	if err := w.out.control(p, p[0]&0x0f == opClose); err != nil {
		return 0, err
	}
	return len(p), nil
}

// keep keeps p if a message is being compressed, and reports whether it is.
func (w *wire) keep(p []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deflating {
		w.deflated = append(w.deflated, p...)
	}
	return w.deflating
}

// deflate returns the frames that write writes: their memory is used again.
func (w *wire) deflate(write func() error) ([]byte, error) {
	const maxKept = 64 << 10
	w.mu.Lock()
	if cap(w.deflated) > maxKept {
		w.deflated = nil
	}
	w.deflated, w.deflating = w.deflated[:0], true
	w.mu.Unlock()
	err := write()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deflating = false
	return w.deflated, err
}
