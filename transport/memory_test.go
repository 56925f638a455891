package transport_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"example.com/jsonrpc/transport"
)

// pipeListener is a listener whose connections are in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed context.Context
	close  context.CancelFunc
}

func newPipeListener() *pipeListener {
	l := &pipeListener{conns: make(chan net.Conn)}
	l.closed, l.close = context.WithCancel(context.Background())
	return l
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed.Done():
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.close()
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed.Done():
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// serveInMemory starts an HTTP server in memory and returns how to get to it.
func serveInMemory(t *testing.T, h http.Handler) *http.Transport {
	t.Helper()
	l := newPipeListener()
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(l) }()
	rt := &http.Transport{DialContext: l.dial, DisableCompression: true}
	t.Cleanup(func() {
		rt.CloseIdleConnections()
		_ = server.Close()
	})
	return rt
}

// webSocketInMemory returns both ends of a WebSocket.
func webSocketInMemory(t *testing.T, opts *transport.WebSocketOptions) (transport.Stream, *websocket.Conn) {
	t.Helper()
	return dialInMemory(t, opts, func(*http.Transport) {})
}

func dialInMemory(t *testing.T, opts *transport.WebSocketOptions, change func(*http.Transport)) (transport.Stream, *websocket.Conn) {
	t.Helper()
	conns := make(chan *websocket.Conn, 1)
	rt := serveInMemory(t, accept(conns, nil))
	change(rt)
	opts.RoundTripper = rt
	s, err := transport.DialWebSocket(t.Context(), "ws://server.example/", opts)
	if err != nil {
		t.Fatal(err)
	}
	conn := <-conns
	t.Cleanup(func() {
		_ = conn.CloseNow()
		_ = s.Close()
	})
	return s, conn
}
