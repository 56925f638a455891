//go:build unix

// Elsewhere the ordinary transport does the work.

package transport_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/jsonrpctest/transporttest"
	"example.com/jsonrpc/transport"
)

func TestLeanHTTP(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){"http": (*httptest.Server).Start, "https": (*httptest.Server).StartTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transporttest.TestRoundTripper(t, func(t *testing.T, h transporttest.Handler) transport.RoundTripper {
				server := httptest.NewUnstartedServer(handle(h))
				start(server)
				t.Cleanup(server.Close)
				lean := newLean(t, &transport.LeanOptions{TLS: clientTLS(server)})
				return newHTTP(t, server.URL, &transport.HTTPOptions{RoundTripper: lean, Own: true})
			})
		})
	}
}

// clientTLS is what a client needs to trust server.
func clientTLS(server *httptest.Server) *tls.Config {
	return server.Client().Transport.(*http.Transport).TLSClientConfig
}

func newLean(tb testing.TB, opts *transport.LeanOptions) *transport.LeanRoundTripper {
	tb.Helper()
	lean := transport.NewLeanRoundTripper(opts)
	tb.Cleanup(lean.CloseIdleConnections)
	return lean
}

// A rawServer lets a test say each byte of a reply.
type rawServer struct {
	url      string
	accepted atomic.Int32
	client   *tls.Config
	listener net.Listener
}

// serveRaw calls serve with each connection, which it closes afterwards.
func serveRaw(tb testing.TB, secure bool, serve func(conn net.Conn, r *bufio.Reader)) *rawServer {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &rawServer{url: "http://" + listener.Addr().String() + "/path", listener: listener}
	if secure {
		some := httptest.NewTLSServer(nil) // for its certificate
		some.Close()
		s.client, s.url = clientTLS(some), "https"+strings.TrimPrefix(s.url, "http")
		s.listener = tls.NewListener(listener, &tls.Config{Certificates: some.TLS.Certificates})
	}
	tb.Cleanup(func() { _ = s.listener.Close() })
	go func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			go func() {
				defer conn.Close()
				serve(conn, bufio.NewReader(conn))
			}()
		}
	}()
	return s
}

// take reads a request and reports whether there was one.
func take(r *bufio.Reader) bool {
	req, err := http.ReadRequest(r)
	if err == nil {
		_, err = io.Copy(io.Discard, req.Body)
	}
	return err == nil
}

// send sends a POST and returns the status and the body.
func send(tb testing.TB, rt http.RoundTripper, url string) (int, string, error) {
	tb.Helper()
	return sendMethod(tb, rt, http.MethodPost, url)
}

func sendMethod(tb testing.TB, rt http.RoundTripper, method, url string) (int, string, error) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, url, strings.NewReader("a request"))
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

const second = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"

// TestLeanConnectionsAreUsedAgain: after each of these replies a second request gets
// its own, on the same connection only if that is in order.
func TestLeanConnectionsAreUsedAgain(t *testing.T) {
	const cut = "unexpected EOF"
	tests := []struct {
		name, method, reply string
		closes, again       bool
		status              int
		body, fails         string
	}{
		{name: "length", reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", again: true, body: "ab"},
		{name: "nothing", reply: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", again: true},
		{name: "chunks", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n", again: true, body: "ab"},
		{name: "trailer", reply: "HTTP/1.1 200 OK\r\nTrailer: A\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nA: b\r\n\r\n", again: true, body: "ab"},
		{name: "close", reply: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab", body: "ab"},
		{name: "1.0", reply: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", body: "ab"},
		{name: "1.0, keep-alive", reply: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nab", again: true, body: "ab"},
		{name: "until the end", reply: "HTTP/1.1 200 OK\r\n\r\nab", closes: true, body: "ab"},
		{name: "204", reply: "HTTP/1.1 204 No Content\r\n\r\n", again: true, status: 204},
		{name: "304", reply: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", again: true, status: 304},
		{name: "HEAD", method: "HEAD", reply: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", again: true},
		{name: "100 and 103", reply: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", again: true, body: "ab"},
		{name: "101", reply: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", fails: "was not asked for"},
		{name: "more than the length", reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", body: "ab"},
		{name: "a second reply", reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\ncd", body: "ab"},
		{name: "a body with 204", reply: "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", status: 204},
		{name: "closes", reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", closes: true, body: "ab"},
		{name: "less than the length", reply: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", closes: true, fails: cut},
		{name: "no last chunk", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", closes: true, fails: cut},
		{name: "two lengths", reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", fails: "Content-Length"},
		{name: "no reply", closes: true, fails: cut},
		{name: "no HTTP", reply: "SSH-2.0-OpenSSH_9.6\r\n", closes: true, fails: "malformed"},
		{name: "long headers", reply: "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 256<<10), fails: "headers are over the limit"},
		{name: "endless 100", reply: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 11000), fails: "headers are over the limit"},
	}
	for _, test := range tests {
		for _, secure := range []bool{false, true} {
			t.Run(test.name+map[bool]string{true: ", TLS"}[secure], func(t *testing.T) {
				jsonrpctest.NoLeaks(t)
				var requests atomic.Int32
				gone := make(chan bool)
				server := serveRaw(t, secure, func(conn net.Conn, r *bufio.Reader) {
					for take(r) {
						if requests.Add(1) > 1 {
							_, _ = io.WriteString(conn, second)
							continue
						}
						_, _ = io.WriteString(conn, test.reply)
						if test.closes {
							_ = conn.Close()
							close(gone)
							return
						}
					}
				})
				lean := newLean(t, &transport.LeanOptions{TLS: server.client})
				method := "POST"
				if test.method != "" {
					method = test.method
				}
				status, body, err := sendMethod(t, lean, method, server.url)
				if test.status == 0 {
					test.status = 200
				}
				if test.fails != "" {
					if err == nil || !strings.Contains(err.Error(), test.fails) {
						t.Errorf("%d %q %v, want an error about %s", status, body, err, test.fails)
					}
				} else if err != nil || status != test.status || body != test.body {
					t.Errorf("%d %q %v", status, body, err)
				}
				if n := requests.Load(); n != 1 {
					t.Errorf("the request was sent %d times", n)
				}
				if test.closes {
					<-gone // it takes a while to be noticed
				}
				if _, body, err := send(t, lean, server.url); err != nil || body != "second" {
					t.Errorf("the second reply is %q, %v", body, err)
				}
				if again := server.accepted.Load() == 1; again != test.again {
					t.Errorf("the connection was used again: %v", again)
				}
			})
		}
	}
}

// TestLeanIdleConnections: what becomes of a connection while it is idle is found
// out before it is used.
func TestLeanIdleConnections(t *testing.T) {
	for name, idle := range map[string]func(net.Conn){
		"closed": func(c net.Conn) { _ = c.Close() },
		"reset": func(c net.Conn) {
			if plain, ok := c.(*net.TCPConn); ok {
				_ = plain.SetLinger(0)
			}
			_ = c.Close()
		},
		"a reply unasked":     func(c net.Conn) { _, _ = io.WriteString(c, second) },
		"half a reply":        func(c net.Conn) { _, _ = io.WriteString(c, second[:9]) },
		"a byte":              func(c net.Conn) { _, _ = io.WriteString(c, "\n") },
		"timeout, as servers": func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\n\r\n"); _ = c.Close() },
	} {
		for _, secure := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", TLS"}[secure], func(t *testing.T) {
				jsonrpctest.NoLeaks(t)
				conns, happened := make(chan net.Conn, 10), make(chan bool)
				server := serveRaw(t, secure, func(conn net.Conn, r *bufio.Reader) {
					for take(r) {
						_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright")
						conns <- conn
						<-happened
					}
				})
				lean := newLean(t, &transport.LeanOptions{TLS: server.client})
				for i := range 2 {
					if _, body, err := send(t, lean, server.url); err != nil || body != "right" {
						t.Fatalf("%q, %v", body, err)
					}
					if n := server.accepted.Load(); int(n) != i+1 {
						t.Errorf("%d connections", n)
					}
					idle(<-conns)
					happened <- true
				}
			})
		}
	}
}

// TestLeanNeverSendsTwice: a used connection that ends after the request was
// written, without a byte of reply, is an error.
func TestLeanNeverSendsTwice(t *testing.T) {
	var requests atomic.Int32
	server := serveRaw(t, false, func(conn net.Conn, r *bufio.Reader) {
		for take(r) && requests.Add(1) == 1 {
			_, _ = io.WriteString(conn, second)
		}
	})
	h := newHTTP(t, server.url, &transport.HTTPOptions{RoundTripper: newLean(t, nil)})
	for i := range 2 {
		reply, err := h.RoundTrip(t.Context(), &transport.Message{Body: []byte("{}"), Reply: true})
		if i == 0 {
			_, _ = io.ReadAll(reply)
			_ = reply.Close()
			continue
		}
		failed := (*transport.Error)(nil)
		if !errors.As(err, &failed) || !failed.Sent || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
	}
	if requests.Load() != 2 || server.accepted.Load() != 1 {
		t.Errorf("%d requests on %d connections", requests.Load(), server.accepted.Load())
	}
}
