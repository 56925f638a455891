//go:build unix

package transport_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// post sends a large body and returns the status and the reply's body, once that of
// the request is closed.
func post(t *testing.T, rt http.RoundTripper, url string, content io.Reader, length int64) (int, []byte, error) {
	t.Helper()
	body := newClosing(content)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = length
	resp, err := rt.RoundTrip(req)
	if err != nil {
		<-body.closed
		return 0, nil, err
	}
	reply, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	<-body.closed
	return resp.StatusCode, reply, err
}

// TestLeanLargeBothWays: a server that answers while it reads does not get stuck.
func TestLeanLargeBothWays(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<19)
	for _, secure := range []bool{false, true} {
		server := serveRaw(t, secure, func(conn net.Conn, r *bufio.Reader) {
			for {
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
				w := httputil.NewChunkedWriter(conn)
				_, _ = io.Copy(w, req.Body)
				_ = w.Close()
				_, _ = io.WriteString(conn, "\r\n")
			}
		})
		lean := newLean(t, &transport.LeanOptions{TLS: server.client})
		for range 2 {
			_, got, err := post(t, lean, server.url, bytes.NewReader(want), int64(len(want)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		}
		if n := server.accepted.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
	}
}

// TestLeanEarlyReply: a server may refuse a body before it has read it.
func TestLeanEarlyReply(t *testing.T) {
	for _, header := range []string{"", "Connection: close\r\n"} {
		for _, secure := range []bool{false, true} {
			for _, closes := range []bool{false, true} {
				t.Run(fmt.Sprintf("%q, TLS %v, closes %v", header, secure, closes), func(t *testing.T) {
					jsonrpctest.NoLeaks(t)
					over := make(chan bool)
					server := serveRaw(t, secure, func(conn net.Conn, r *bufio.Reader) {
						if _, err := http.ReadRequest(r); err != nil {
							return
						}
						_, _ = io.WriteString(conn, "HTTP/1.1 413 Content Too Large\r\n"+header+"Content-Length: 8\r\n\r\ntoo much")
						if !closes {
							<-over
						}
					})
					lean := newLean(t, &transport.LeanOptions{TLS: server.client})
					const size = 64 << 20
					status, got, err := post(t, lean, server.url, io.LimitReader(endless{}, size), size)
					close(over)
					if closes && err != nil {
						return // the reset may have overtaken the reply
					}
					if err != nil || status != http.StatusRequestEntityTooLarge || string(got) != "too much" {
						t.Errorf("%d %q, %v", status, got, err)
					}
				})
			}
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestLeanLargeBodyThatFails: what cannot be sent whole ends the connection, and the
// error is the body's.
func TestLeanLargeBodyThatFails(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	server := serveRaw(t, false, func(conn net.Conn, r *bufio.Reader) {
		if take(r) {
			_, _ = io.WriteString(conn, second)
		}
	})
	lean := newLean(t, nil)
	const size = 200_000
	text := func() io.Reader { return strings.NewReader(strings.Repeat("x", size)) }
	for name, test := range map[string]struct {
		body   io.Reader
		length int64
		want   string
	}{
		"short": {text(), size + 1, "ContentLength"},
		"fails": {io.MultiReader(text(), iotest.ErrReader(errors.New("no more"))), size + 1, "no more"},
	} {
		_, _, err := post(t, lean, server.url, test.body, test.length)
		failed := (*transport.Error)(nil)
		if err == nil || !strings.Contains(err.Error(), test.want) || !errors.As(err, &failed) || !failed.Sent {
			t.Errorf("%s: %v", name, err)
		}
	}
}
