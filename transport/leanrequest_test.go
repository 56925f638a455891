//go:build unix

package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// TestLeanRequests: the server gets the same as from net/http, which also refuses
// the same requests.
func TestLeanRequests(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %d %q %v %v\n%q %v", r.Method, r.RequestURI, r.Host, r.ContentLength, body, r.Close, r.TransferEncoding, r.Trailer, err)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			fmt.Fprintf(w, "\n%s: %q", name, r.Header[name])
		}
	}))
	t.Cleanup(server.Close)
	ordinary := transport.NewRoundTripper(nil, nil)
	t.Cleanup(ordinary.CloseIdleConnections)
	lean := newLean(t, nil)

	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	tests := map[string]func(*http.Request){
		"as it is":          func(*http.Request) {},
		"no body":           func(r *http.Request) { r.Body, r.ContentLength = nil, 0 },
		"http.NoBody":       func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 },
		"GET":               func(r *http.Request) { r.Method, r.Body, r.ContentLength = "GET", nil, 0 },
		"HEAD":              func(r *http.Request) { r.Method, r.Body, r.ContentLength = "HEAD", nil, 0 },
		"PUT without body":  func(r *http.Request) { r.Method, r.Body, r.ContentLength = "PUT", nil, 0 },
		"unknown length":    func(r *http.Request) { r.ContentLength = -1 },
		"length 0, body":    func(r *http.Request) { r.ContentLength = 0 },
		"too short a body":  func(r *http.Request) { r.ContentLength++ },
		"body that fails":   func(r *http.Request) { r.Body = io.NopCloser(iotest.ErrReader(errors.New("no more"))) },
		"large body":        func(r *http.Request) { r.Body, r.ContentLength = large(300_000, 300_000) },
		"large, too short":  func(r *http.Request) { r.Body, r.ContentLength = large(300_000, 300_001) },
		"no method":         func(r *http.Request) { r.Method = "" },
		"bad method":        func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nA:" },
		"close":             func(r *http.Request) { r.Close = true },
		"host":              func(r *http.Request) { r.Host = "other.example:80" },
		"bad host":          func(r *http.Request) { r.Host = "a\r\nB: c" },
		"host with a space": func(r *http.Request) { r.Host = "a b" },
		"chunked":           func(r *http.Request) { r.TransferEncoding = []string{"chunked"} },
		"trailer":           func(r *http.Request) { r.ContentLength, r.Trailer = -1, http.Header{"A": {"b"}} },
		"query":             func(r *http.Request) { r.URL.RawQuery = "a=b&c" },
		"query, break":      func(r *http.Request) { r.URL.RawQuery = "a b\r\nC: d" },
		"empty path":        func(r *http.Request) { r.URL.Path = "" },
		"odd path":          func(r *http.Request) { r.URL.Path = "/a b/ü%2F\x7F" },
		"opaque":            func(r *http.Request) { r.URL.Opaque = "/opaque" },
		"no host":           func(r *http.Request) { r.URL.Host = "" },
		"no URL":            func(r *http.Request) { r.URL = nil },
		"scheme":            func(r *http.Request) { r.URL.Scheme = "ftp" },
		"no header":         func(r *http.Request) { r.Header = nil },
		"header":            header("X-Some", "a", "b, c"),
		"header, space":     header("X-Some", " \ta \t"),
		"header, empty":     header("X-Some", ""),
		"header, none":      header("X-Some"),
		"header, latin":     header("X-Some", "\xfc and ü"),
		"header, break":     header("X-Some", "a\r\nB: c"),
		"header, bare LF":   header("X-Some", "a\nB: c"),
		"header, NUL":       header("X-Some", "\x00"),
		"name, break":       header("X-Some: a\r\nB", "c"),
		"name, space":       header("X Some", "c"),
		"name, empty":       header("", "c"),
		"name, lower case":  header("x-some", "c"),
		"lower case length": header("content-length", "5"),
		"length":            header("Content-Length", "5"),
		"encoding":          header("Transfer-Encoding", "chunked"),
		"host header":       header("Host", "third.example"),
		"user agent":        header("User-Agent", "me", "you"),
		"no user agent":     header("User-Agent", ""),
		"connection":        header("Connection", "close"),
		"named hop by hop":  header("Connection", "X-Some"),
		"keep-alive":        header("Connection", "keep-alive"),
		"expect":            header("Expect", "100-continue"),
		"authorization":     header("Authorization", "Basic YTpi"),
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			jsonrpctest.NoLeaks(t)
			outcome := func(rt http.RoundTripper) (string, bool) {
				body := newClosing(strings.NewReader("a body"))
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/path", body)
				if err != nil {
					t.Fatal(err)
				}
				req.ContentLength = 6
				change(req)
				whole := req.Body == body
				if c, ok := req.Body.(*closing); ok {
					body, whole = c, true
				}
				resp, err := rt.RoundTrip(req)
				if err != nil {
					resp = &http.Response{Body: http.NoBody}
				}
				text, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if whole && rt == http.RoundTripper(lean) {
					<-body.closed
				}
				return string(text), err != nil
			}
			want, wantFailed := outcome(ordinary)
			got, failed := outcome(lean)
			if got != want || failed != wantFailed {
				t.Errorf("the server got\n%s\nand failed: %v, want\n%s\nand failed: %v", got, failed, want, wantFailed)
			}
			ordinary.CloseIdleConnections()
			lean.CloseIdleConnections()
		})
	}
}

// TestLeanWrongLength: nothing is sent of a small body that has not the length that
// the request says; net/http sends a part of one that is too long.
func TestLeanWrongLength(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	for _, length := range []int64{1, 5, 7, 1000} {
		body, _ := large(6, 0)
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:1", body)
		req.ContentLength = length
		_, err := newLean(t, nil).RoundTrip(req)
		failed := (*transport.Error)(nil)
		if !errors.As(err, &failed) || failed.Sent || failed.Op != "send" || !strings.Contains(err.Error(), "ContentLength") {
			t.Errorf("%d: %v", length, err)
		}
		<-body.closed
	}
}

// large returns a body, and a length that is not always its own.
func large(size int, length int64) (*closing, int64) {
	return newClosing(bytes.NewReader(bytes.Repeat([]byte("x"), size))), length
}

// closing is a body that tells when it is closed.
type closing struct {
	io.Reader

	once   sync.Once
	closed chan struct{}
}

func newClosing(r io.Reader) *closing { return &closing{Reader: r, closed: make(chan struct{})} }

func (c *closing) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// TestLeanTrace: who traces net/http sees the same of a LeanRoundTripper.
func TestLeanTrace(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, "meow")
	}))
	t.Cleanup(server.Close)
	traces := func(rt http.RoundTripper) (seen []string) {
		see := func(text string, args ...any) { seen = append(seen, fmt.Sprintf(text, args...)) }
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GetConn:              func(at string) { see("get a connection to %s", at) },
			ConnectDone:          func(_, at string, err error) { see("connected to %s %v", at, err) },
			TLSHandshakeStart:    func() { see("handshake") },
			GotConn:              func(i httptrace.GotConnInfo) { see("connection: used %v, idle %v", i.Reused, i.WasIdle) },
			WroteRequest:         func(i httptrace.WroteRequestInfo) { see("wrote %v", i.Err) },
			GotFirstResponseByte: func() { see("first byte") },
		})
		for range 2 {
			req, _ := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, nil)
			resp, err := rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "meow" || resp.TLS == nil {
				t.Errorf("%q, %v, %v", body, err, resp.TLS)
			}
			_ = resp.Body.Close()
		}
		return seen
	}
	ordinary := transport.NewRoundTripper(clientTLS(server), nil)
	t.Cleanup(ordinary.CloseIdleConnections)
	want, got := traces(ordinary), traces(newLean(t, &transport.LeanOptions{TLS: clientTLS(server)}))
	if !slices.Equal(got, want) {
		t.Errorf("seen:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestLeanLeavesProxiesToOthers: a proxy gets what it would get from net/http.
func TestLeanLeavesProxiesToOthers(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) }))
	t.Cleanup(proxy.Close)
	through := func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	lean := newLean(t, &transport.LeanOptions{Proxy: through})
	if _, body, err := send(t, lean, "http://pets.example/cat"); err != nil || body != "http://pets.example/cat" {
		t.Errorf("%q, %v", body, err)
	}
	lean = newLean(t, &transport.LeanOptions{Proxy: func(*http.Request) (*url.URL, error) { return nil, context.DeadlineExceeded }})
	if _, _, err := send(t, lean, proxy.URL); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
