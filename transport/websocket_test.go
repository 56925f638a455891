package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"example.com/jsonrpc/jsonrpctest/transporttest"
	"example.com/jsonrpc/transport"
)

func TestWebSocket(t *testing.T) {
	t.Run("compressed", func(t *testing.T) {
		t.Parallel()
		transporttest.TestStream(t, func(t *testing.T, limit int64) (transport.Stream, *transporttest.Peer) {
			return openWebSocket(t, &transport.WebSocketOptions{MaxMessage: limit, Compress: true})
		})
	})
	t.Run("inmemory", func(t *testing.T) {
		t.Parallel()
		transporttest.TestStreamInBubble(t, func(t *testing.T, limit int64) (transport.Stream, *transporttest.Peer) {
			opts := &transport.WebSocketOptions{MaxMessage: limit, PingAfter: -1} // some peers read nothing, and so no ping
			s, conn := webSocketInMemory(t, opts)
			return s, webSocketPeer(conn)
		})
	})
}

// accept returns a handler that hands on connections.
func accept(conns chan<- *websocket.Conn, opts *websocket.AcceptOptions) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, opts)
		if err != nil {
			panic(err)
		}
		conn.SetReadLimit(-1)
		conns <- conn
	}
}

func openWebSocket(t *testing.T, opts *transport.WebSocketOptions) (transport.Stream, *transporttest.Peer) {
	t.Helper()
	conns := make(chan *websocket.Conn, 1)
	server := httptest.NewServer(accept(conns, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover}))
	t.Cleanup(server.Close)
	s, err := transport.DialWebSocket(t.Context(), server.URL, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s, webSocketPeer(<-conns)
}

func webSocketPeer(conn *websocket.Conn) *transporttest.Peer {
	ctx := context.Background()
	var half io.WriteCloser // of a message
	return &transporttest.Peer{
		Send: func(msg []byte) error { return conn.Write(ctx, websocket.MessageText, msg) },
		Receive: func() ([]byte, error) {
			_, msg, err := conn.Read(ctx)
			return msg, err
		},
		Close: func() error {
			if half != nil {
				return conn.CloseNow()
			}
			return conn.Close(websocket.StatusNormalClosure, "")
		},
		Begin: func(msg []byte) (rest func() error, err error) {
			if half, err = conn.Writer(ctx, websocket.MessageText); err != nil {
				return nil, err
			}
			_, err = half.Write(msg[:len(msg)/2])
			return func() error {
				_, err := half.Write(msg[len(msg)/2:])
				err = errors.Join(err, half.Close())
				half = nil
				return err
			}, err
		},
	}
}

// wantRead reads a message.
func wantRead(t *testing.T, s transport.Stream, want string) {
	t.Helper()
	if got, err := s.Read(t.Context(), nil); string(got) != want || err != nil {
		t.Errorf("read %.100q and %v, want %.100q", got, err, want)
	}
}

func TestWebSocketHandshakeRefused(t *testing.T) {
	for _, status := range []int{401, 200, 302, 503} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.Repeat("no", 1000))
		}))
		t.Cleanup(server.Close)
		_, err := transport.DialWebSocket(t.Context(), server.URL+"/?key=secret", nil)
		e, _ := errors.AsType[*transport.Error](err)
		refused, ok := errors.AsType[*transport.HandshakeError](err)
		if !ok || e.Op != "connect" || e.Sent || refused.Response.StatusCode != status {
			t.Fatalf("HTTP %d: error %v", status, err)
		}
		body, err := io.ReadAll(refused.Response.Body)
		if err != nil || len(body) != 1024 || refused.Response.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("HTTP %d: the response holds %d bytes, %v, headers %v", status, len(body), err, refused.Response.Header)
		}
		if strings.Contains(refused.Error(), "secret") {
			t.Errorf("HTTP %d: the error has the query: %v", status, refused)
		}
	}
}

func TestWebSocketConnectFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	_, err := transport.DialWebSocket(ctx, silent.URL+"/?key=secret", nil)
	wantConnectError(t, err, context.Canceled)

	gone := httptest.NewServer(nil)
	gone.Close()
	_, err = transport.DialWebSocket(t.Context(), gone.URL+"/?key=secret", nil)
	wantConnectError(t, err, nil)

	_, err = transport.DialWebSocket(t.Context(), "ftp://server.example/?key=secret", nil)
	wantConnectError(t, err, nil)
}

// wantConnectError wants an error that says that nothing was sent, and no secret.
func wantConnectError(t *testing.T, err, reason error) {
	t.Helper()
	e, ok := errors.AsType[*transport.Error](err)
	if !ok || e.Op != "connect" || e.Sent || strings.Contains(err.Error(), "secret") || reason != nil && !errors.Is(err, reason) {
		t.Errorf("error %v, want one to connect that wraps %v", err, reason)
	}
}

func TestWebSocketHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got *http.Request
		conns := make(chan *websocket.Conn, 1)
		rt := serveInMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.Clone(context.Background())
			accept(conns, &websocket.AcceptOptions{Subprotocols: []string{"other", "jsonrpc"}})(w, r)
		}))
		s, err := transport.DialWebSocket(t.Context(), "ws://server.example/path?key=1", &transport.WebSocketOptions{
			RoundTripper: rt, Subprotocols: []string{"jsonrpc", "any"},
			Header: http.Header{"X-Custom": {"a", "b"}, "Host": {"host.example"}, "Authorization": {"Bearer x"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		conn := <-conns
		if got.Host != "host.example" || got.URL.String() != "/path?key=1" || len(got.Header["X-Custom"]) != 2 ||
			got.Header.Get("Authorization") != "Bearer x" || got.Header.Get("Sec-WebSocket-Protocol") != "jsonrpc,any" || conn.Subprotocol() != "jsonrpc" {
			t.Errorf("the handshake was to %s %s with %v, and %q was agreed on", got.Host, got.URL, got.Header, conn.Subprotocol())
		}
		go func() { _, _, _ = conn.Read(context.Background()) }() // it answers the close handshake
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Close waits for the server's part in the close handshake, but not for ever.
func TestWebSocketClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, conn := webSocketInMemory(t, &transport.WebSocketOptions{})
		status := make(chan websocket.StatusCode, 1)
		go func() {
			_, _, err := conn.Read(context.Background())
			status <- websocket.CloseStatus(err)
		}()
		start := time.Now()
		if err := s.Close(); err != nil || time.Since(start) > 0 {
			t.Errorf("Close returned %v after %v", err, time.Since(start))
		}
		if got := <-status; got != websocket.StatusNormalClosure {
			t.Errorf("the server saw status %v", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s, _ := webSocketInMemory(t, &transport.WebSocketOptions{})
		start := time.Now()
		_ = s.Close()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("Close with a server that does not answer took %v", took)
		}
	})
}

// Both ways in which a server that goes away says so are an end in order.
func TestWebSocketServerCloses(t *testing.T) {
	for status, want := range map[websocket.StatusCode]error{
		websocket.StatusNormalClosure: io.EOF, websocket.StatusGoingAway: io.EOF, websocket.StatusNoStatusRcvd: io.EOF,
		websocket.StatusInternalError: nil, websocket.StatusPolicyViolation: nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			s, conn := webSocketInMemory(t, &transport.WebSocketOptions{})
			go func() { _ = conn.Close(status, "a reason") }()
			_, err := s.Read(t.Context(), nil)
			switch {
			case want != nil && !errors.Is(err, want):
				t.Errorf("%v: error %v, want %v", status, err, want)
			case want == nil && (errors.Is(err, io.EOF) || websocket.CloseStatus(err) != status || !strings.Contains(err.Error(), "a reason")):
				t.Errorf("%v: error %v, want the server's status and reason", status, err)
			}
			_ = s.Close()
		})
	}
}

func TestWebSocketReadsBinary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, conn := webSocketInMemory(t, &transport.WebSocketOptions{})
		go func() { _ = conn.Write(t.Context(), websocket.MessageBinary, []byte(`{"binary":true}`)) }()
		wantRead(t, s, `{"binary":true}`)
	})
}

// A silent server is sent pings. One that answers lives.
func TestWebSocketPing(t *testing.T) {
	const after = 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		var pings atomic.Int32
		conns := make(chan *websocket.Conn, 1)
		rt := serveInMemory(t, accept(conns, &websocket.AcceptOptions{OnPingReceived: func(context.Context, []byte) bool {
			pings.Add(1)
			return true
		}}))
		s, err := transport.DialWebSocket(t.Context(), "ws://server.example/", &transport.WebSocketOptions{RoundTripper: rt, PingAfter: after})
		if err != nil {
			t.Fatal(err)
		}
		conn := <-conns
		go func() { _, _, _ = conn.Read(context.Background()) }()
		ctx, cancel := context.WithTimeout(t.Context(), 10*after)
		defer cancel()
		if _, err := s.Read(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a silent server that answers pings: error %v", err)
		}
		if n := pings.Load(); n < 8 || n > 10 {
			t.Errorf("%d pings in ten times the silence before one", n)
		}
		_ = s.Close()
	})
}

// A server that is not there any more is noticed.
func TestWebSocketPeerGone(t *testing.T) {
	const after = 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		s, _ := webSocketInMemory(t, &transport.WebSocketOptions{PingAfter: after})
		start := time.Now()
		_, err := s.Read(context.Background(), nil)
		if took := time.Since(start); err == nil || errors.Is(err, io.EOF) || took < after || took > 2*after+time.Second {
			t.Errorf("error %v after %v, want one after %v at most", err, took, 2*after)
		}
		t.Log(err)
	})
}

// Pongs come to a Read only: where nobody reads, silence says nothing of the
// server.
func TestWebSocketNobodyReads(t *testing.T) {
	const after = 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		s, conn := webSocketInMemory(t, &transport.WebSocketOptions{PingAfter: after})
		go func() { _, _, _ = conn.Read(context.Background()) }()
		time.Sleep(10 * after) // of the fake clock
		go func() { _ = conn.Write(context.Background(), websocket.MessageText, []byte(`{}`)) }()
		wantRead(t, s, `{}`)
	})
}

// A message is not lost because the connection ends just after it.
func TestWebSocketEndsAfterMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, conn := webSocketThrough(t, &transport.WebSocketOptions{}, func(conn net.Conn) net.Conn { return &endingConn{Conn: conn} })
		go func() { _ = conn.Write(context.Background(), websocket.MessageText, []byte(`{"last":1}`)) }()
		wantRead(t, s, `{"last":1}`)
		for range 2 {
			if _, err := s.Read(t.Context(), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("error %v, want one that says that there was no close handshake", err)
			}
		}
	})
}

// endingConn ends together with the bytes that hold a message, as a TLS
// connection may.
type endingConn struct{ net.Conn }

func (c *endingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if strings.HasSuffix(string(p[:n]), `{"last":1}`) {
		err = io.EOF
	}
	return n, err
}

// A message that takes long to arrive is no silence, even if it comes in one
// frame that no pong can interrupt.
func TestWebSocketSlowMessage(t *testing.T) {
	const after = 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		slow := &slowConn{pause: after / 2}
		s, conn := webSocketThrough(t, &transport.WebSocketOptions{PingAfter: after}, func(conn net.Conn) net.Conn {
			slow.Conn = conn
			return slow
		})
		slow.on.Store(true)
		msg := `["` + strings.Repeat("x", 64<<10) + `"]`
		go func() {
			_ = conn.Write(context.Background(), websocket.MessageText, []byte(msg))
			_, _, _ = conn.Read(context.Background())
		}()
		wantRead(t, s, msg)
		slow.on.Store(false)
		_ = s.Close()
	})
}

// webSocketThrough is webSocketInMemory with something around the client's
// connection.
func webSocketThrough(t *testing.T, opts *transport.WebSocketOptions, around func(net.Conn) net.Conn) (transport.Stream, *websocket.Conn) {
	t.Helper()
	return dialInMemory(t, opts, func(rt *http.Transport) {
		dial := rt.DialContext
		rt.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return around(conn), err
		}
	})
}

// slowConn pauses before each read.
type slowConn struct {
	net.Conn
	on    atomic.Bool
	pause time.Duration
}

func (c *slowConn) Read(p []byte) (int, error) {
	if c.on.Load() {
		time.Sleep(c.pause) // of the fake clock
	}
	return c.Conn.Read(p)
}
