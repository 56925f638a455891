package jsonrpctest

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A disturbance is what becomes of the bytes of a reply.
type disturbance struct {
	cut   bool
	after int    // bytes that get through before the cut
	how   Ending // what the cut is
	stall bool   // it is silence
	piece int    // bytes that go out at a time, 0 for all
	pause time.Duration
}

var errCut = errors.New("jsonrpctest: the reply was cut on purpose")

// A wire is a connection whose writes, one at a time, can be disturbed.
type wire struct {
	net.Conn
	gone  chan struct{} // closed by Close
	close sync.Once
	now   atomic.Pointer[disturbed] // nil for none; a pong may be written at any time
}

type disturbed struct {
	disturbance
	left int // bytes until the cut; the writer's
}

func newWire(conn net.Conn) *wire { return &wire{Conn: conn, gone: make(chan struct{})} }

// disturb has the writes that follow disturbed; nil ends that.
func (w *wire) disturb(d *disturbance) {
	if d == nil {
		w.now.Store(nil)
		return
	}
	w.now.Store(&disturbed{*d, d.after})
}

// Write writes p, or as much as gets through.
func (w *wire) Write(p []byte) (n int, err error) {
	d := w.now.Load()
	if d == nil {
		return w.Conn.Write(p)
	}
	for n < len(p) && err == nil && !(d.cut && d.left == 0) {
		size := len(p) - n
		if d.piece > 0 {
			size = min(size, d.piece)
		}
		if d.cut {
			size = min(size, d.left)
		}
		var written int
		written, err = w.Conn.Write(p[n : n+size])
		n += written
		d.left -= written
		if d.piece > 0 && err == nil {
			err = w.rest(d.pause)
		}
	}
	if err != nil || !d.cut || d.left > 0 {
		return n, err
	}
	if d.stall {
		<-w.gone
		return n, errCut
	}
	w.end(d.how)
	if n == len(p) {
		return n, nil
	}
	return n, errCut
}

// rest waits, unless the connection is closed meanwhile.
func (w *wire) rest(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-w.gone:
		return net.ErrClosed
	}
}

// end ends the connection.
func (w *wire) end(how Ending) {
	if how == RST {
		conn := w.Conn
		if secure, ok := conn.(*tls.Conn); ok {
			conn = secure.NetConn()
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a closed one is closed
			_ = tcp.Close()
		}
	}
	_ = w.Close()
}

// Close closes the connection and wakes whoever waits in a Write.
func (w *wire) Close() error {
	w.close.Do(func() { close(w.gone) })
	return w.Conn.Close()
}

// hijack takes the connection of a request, with what the client has sent ahead
// dropped: nothing is read from it any more.
func hijack(w http.ResponseWriter) *wire {
	h, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler) // HTTP/2: this resets the stream
	}
	conn, _, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return newWire(conn)
}
