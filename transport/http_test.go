package transport_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"

	"example.com/jsonrpc/jsonrpctest/transporttest"
	"example.com/jsonrpc/transport"
)

// TestHTTP runs the rules of a transport of single messages over HTTP/1.1, over
// HTTP/2, and in memory.
func TestHTTP(t *testing.T) {
	for name, http2 := range map[string]bool{"1.1": false, "2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transporttest.TestRoundTripper(t, func(t *testing.T, h transporttest.Handler) transport.RoundTripper {
				server := httptest.NewUnstartedServer(handle(h))
				server.EnableHTTP2 = http2
				server.StartTLS()
				t.Cleanup(server.Close)
				config := server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
				config.NextProtos = nil
				return newHTTP(t, server.URL, &transport.HTTPOptions{TLS: config, Compress: http2})
			})
		})
	}
	t.Run("inmemory", func(t *testing.T) {
		t.Parallel()
		transporttest.TestRoundTripperInBubble(t, func(t *testing.T, h transporttest.Handler) transport.RoundTripper {
			return newHTTP(t, "http://server.example/", &transport.HTTPOptions{RoundTripper: serveInMemory(t, handle(h))})
		})
	})
}

func newHTTP(t *testing.T, url string, opts *transport.HTTPOptions) *transport.HTTP {
	t.Helper()
	h, err := transport.NewHTTP(url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// handle answers a POST with what h does.
func handle(h transporttest.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(decompressed(r))
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if err := h(body, flushing{w}); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
}

// decompressed returns the body of r as it was before it was compressed.
func decompressed(r *http.Request) io.Reader {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return r.Body
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return iotest.ErrReader(err)
	}
	return z
}

// flushing sends what is written at once.
type flushing struct{ http.ResponseWriter }

func (w flushing) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	if err == nil {
		err = http.NewResponseController(w.ResponseWriter).Flush()
	}
	return n, err
}

// TestHTTPOfAnothersCancellation: net/http now and then reports the cancellation of
// another request that had the connection before. It is not this call's.
func TestHTTPOfAnothersCancellation(t *testing.T) {
	h := newHTTP(t, "http://server.example/", &transport.HTTPOptions{RoundTripper: failing{err: context.Canceled}})
	_, err := h.RoundTrip(t.Context(), &transport.Message{Body: []byte(`{}`), Reply: true})
	var failed *transport.Error
	if errors.Is(err, context.Canceled) || !errors.As(err, &failed) || !failed.Sent {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	h = newHTTP(t, "http://server.example/", &transport.HTTPOptions{RoundTripper: failing{context.Canceled, cancel}})
	if _, err := h.RoundTrip(ctx, &transport.Message{Body: []byte(`{}`), Reply: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// failing fails, after some other things.
type failing struct {
	err   error
	first func()
}

func (f failing) RoundTrip(*http.Request) (*http.Response, error) {
	if f.first != nil {
		f.first()
	}
	return nil, f.err
}
