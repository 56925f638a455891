package jsonrpctest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"example.com/jsonrpc/transport"
)

// An Endpoint is an address at which a server is being served.
type Endpoint struct {
	// URL is where clients find it, to be given to jsonrpc.Dial.
	URL string

	cancel  context.CancelFunc
	http    *http.Server // nil for sockets
	sockets net.Listener // nil for HTTP
	serving sync.WaitGroup

	mu     sync.Mutex
	closed bool // under mu
}

// begin notes that a request is being served, until done is called.
func (e *Endpoint) begin() (done func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		panic(http.ErrAbortHandler)
	}
	e.serving.Add(1)
	return e.serving.Done
}

// Close ends the listener and all connections, and returns once all that served
// them is over.
func (e *Endpoint) Close() error {
	var err error
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.cancel()
	if e.http != nil {
		err = e.http.Close()
	} else {
		err = e.sockets.Close()
	}
	e.serving.Wait()
	return err
}

// Listen serves s at a URL: http://HOST:PORT and ws://HOST:PORT are one and the
// same and take POSTs and WebSockets, tcp://HOST:PORT and unix:///PATH take
// connections with a message on each line. Port 0 picks a free one; the URL of
// the [Endpoint] tells which. Close it in the end; a [Server] made by [New] has
// [Server.URL], which does so itself.
func (s *Server) Listen(rawURL string) (*Endpoint, error) {
	return listen(rawURL, s, &s.peers, nil, func() bool { return s.faults.refuse.Add(-1) >= 0 })
}

// ListenFraming is Listen for sockets with another framing.
func (s *Server) ListenFraming(rawURL string, framing *transport.Framing) (*Endpoint, error) {
	return listen(rawURL, s, &s.peers, framing, func() bool { return s.faults.refuse.Add(-1) >= 0 })
}

// listen serves a service. Connections for which refuse returns true are closed.
func listen(rawURL string, s service, ps *peers, framing *transport.Framing, refuse func() bool) (*Endpoint, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("jsonrpctest: %w", err)
	}
	network, address := "tcp", u.Host
	switch u.Scheme {
	case "http", "ws", "tcp":
	case "unix":
		network, address = "unix", u.Path
	default:
		return nil, fmt.Errorf("jsonrpctest: cannot listen at %q: use http://HOST:PORT, ws://HOST:PORT, tcp://HOST:PORT or unix:///PATH", rawURL)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), network, address)
	if err != nil {
		return nil, fmt.Errorf("jsonrpctest: %w", err)
	}
	if refuse != nil {
		listener = refusingListener{listener, refuse}
	}
	if network == "tcp" {
		u.Host = listener.Addr().String()
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &Endpoint{URL: u.String(), cancel: cancel}
	if u.Scheme == "tcp" || u.Scheme == "unix" {
		e.sockets = listener
		e.serving.Go(func() { e.serveSockets(ctx, s, ps, framing) })
		return e, nil
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done := e.begin()
		defer done()
		serveHTTP(s, ps, w, r)
	})
	e.http = &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	e.serving.Go(func() { _ = e.http.Serve(listener) })
	return e, nil
}

func (e *Endpoint) serveSockets(ctx context.Context, s service, ps *peers, framing *transport.Framing) {
	for {
		conn, err := e.sockets.Accept()
		if err != nil {
			return
		}
		w := newWire(conn)
		stream := transport.NewStream(w, &transport.StreamOptions{Framing: framing, MaxMessage: s.maxBody()})
		e.serving.Go(func() { _ = serveStream(ctx, s, ps, stream, w) })
	}
}

// A refusingListener closes some connections as soon as they are made.
type refusingListener struct {
	net.Listener
	refuse func() bool
}

func (l refusingListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || !l.refuse() {
			return conn, err
		}
		newWire(conn).end(RST)
	}
}

// wireHijacker gives a wire to who takes the connection.
type wireHijacker struct {
	http.ResponseWriter
	wire *wire
}

func (h *wireHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.wire = newWire(conn)
	// What was buffered for writing must go through the wire as well.
	return h.wire, bufio.NewReadWriter(buffers.Reader, bufio.NewWriter(h.wire)), nil
}
