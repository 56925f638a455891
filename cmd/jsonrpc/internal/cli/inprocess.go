package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// inProcess is an http.RoundTripper that calls a handler in the same process:
// HTTP without a network.
type inProcess struct{ handler http.Handler }

// RoundTrip calls the handler and returns once it has, or once the request's
// context has ended.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	server := r.Clone(ctx)
	server.RequestURI, server.RemoteAddr = r.URL.RequestURI(), "in-process"
	w := &recorder{header: http.Header{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		defer w.recoverAbort()
		t.handler.ServeHTTP(w, server)
	}()
	select {
	case <-done:
		if w.aborted {
			return nil, io.ErrUnexpectedEOF
		}
		return w.response(r), nil
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

// A recorder is the http.ResponseWriter of inProcess.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer

	aborted bool
}

// recoverAbort ends the panic by which a handler ends its connection.
func (w *recorder) recoverAbort() {
	if v := recover(); v != nil {
		if v != http.ErrAbortHandler {
			panic(v)
		}
		w.aborted = true
	}
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		StatusCode: w.status, Status: statusLine(w.status),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Request: r,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
}

func statusLine(status int) string {
	return strings.TrimRight(fmt.Sprintf("%d %s", status, http.StatusText(status)), " ")
}
