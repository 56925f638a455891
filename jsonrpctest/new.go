package jsonrpctest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"example.com/jsonrpc"
)

// New returns a server for a test. It keeps the calls that come (see
// [Server.Calls]), takes expectations (see [Server.Expect]), is served at
// [Server.URL], and ends with the test, which fails if an expectation was not
// met.
//
//	srv := jsonrpctest.New(t)
//	srv.Expect("cat").With(jsonrpc.Named{"name": "Mittens"}).Return("meow")
//	client, err := jsonrpc.Dial(ctx, srv.URL("http"))
func New(t TB) *Server {
	t.Helper()
	s := &Server{book: &book{t: t, more: make(chan struct{}), urls: map[string]string{}}}
	// Cleanups run last in, first out: all that serves has ended before.
	t.Cleanup(func() {
		t.Helper()
		s.book.finish()
	})
	return s
}

// ofTest returns the book, which a server made otherwise does not have.
func (s *Server) ofTest(method string) *book {
	if s.book == nil {
		panic("jsonrpctest: Server." + method + " is for servers of a test: make it with jsonrpctest.New(t)")
	}
	return s.book
}

// URL returns where the server is served by a scheme until the test ends: http,
// ws, tcp (a message on each line) or any other of [Server.Listen] that needs no
// path. All reach the same server. It must be made by [New].
//
//	for _, scheme := range []string{"http", "ws", "tcp"} {
//		client, err := jsonrpc.Dial(ctx, srv.URL(scheme))
func (s *Server) URL(scheme string) string {
	b := s.ofTest("URL")
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := b.urls[scheme]; known != "" {
		return known
	}
	e, err := s.Listen((&url.URL{Scheme: scheme, Host: "127.0.0.1:0"}).String())
	if err != nil {
		b.t.Fatalf("%v", err)
		return ""
	}
	b.t.Cleanup(func() { _ = e.Close() }) // listeners are closed or were
	b.urls[scheme] = e.URL
	return e.URL
}

// choose returns the handler that carries a request out: that of an expectation,
// else that of its method. It returns nil if there is none.
func (s *Server) choose(r request) Handler {
	h := s.handler(r.method)
	if s.book != nil {
		expected, executes := s.book.take(newCall(r, nil), h != nil)
		switch {
		case expected == nil:
		case executes:
			h = expected
		default:
			return expected // it does not count
		}
	}
	if h == nil {
		return nil
	}
	return s.counted(r, h)
}

func newCall(r request, header http.Header) Call {
	c := Call{Method: r.method, Params: r.params, Header: header}
	if r.id != nil {
		_ = json.Unmarshal(r.id, &c.ID) // it is an id, or it would be no request
	}
	return c
}

// counted returns h, or one that counts.
func (s *Server) counted(r request, h Handler) Handler {
	t := s.tally.Load()
	if t == nil {
		return h
	}
	return func(ctx context.Context, params json.RawMessage) (any, error) {
		t.count(r.method, params)
		return h(ctx, params)
	}
}

// unexpected answers a call that no expectation is for.
func unexpected(c Call) Handler {
	return func(context.Context, json.RawMessage) (any, error) {
		return nil, &jsonrpc.Error{
			Code:    jsonrpc.CodeMethodNotFound,
			Message: fmt.Sprintf("jsonrpctest: the test does not expect this call of %q", c.Method),
		}
	}
}
