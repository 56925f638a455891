package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A backend is a server of a pool, without a network. It answers each request with its
// own name as the result.
type backend struct {
	name string

	mu    sync.Mutex // for what follows
	do    tripper    // instead of answering; nil: it answers
	heard []string   // all that came
}

func (b *backend) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	b.mu.Lock()
	b.heard = append(b.heard, string(m.Body))
	do := b.do
	b.mu.Unlock()
	if do != nil {
		return do(ctx, m)
	}
	if !m.Reply {
		return nil, nil
	}
	return io.NopCloser(strings.NewReader(response(string(m.Body), `"`+b.name+`"`))), nil
}

// does has the backend do something instead of answering; nil: answer.
func (b *backend) does(do tripper) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.do = do
}

// count returns how many messages have come since the last count.
func (b *backend) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.heard)
	b.heard = nil
	return n
}

func (b *backend) endpoint() jsonrpc.Endpoint {
	return jsonrpc.Endpoint{Name: b.name, Dial: func(context.Context) (*jsonrpc.Client, error) { return jsonrpc.NewClient(b) }}
}

// fails ends every attempt in the same error.
func fails(sent bool, err error) tripper {
	return func(context.Context, *transport.Message) (io.ReadCloser, error) {
		return nil, &transport.Error{Op: "send", Sent: sent, Err: err}
	}
}

var (
	errDown  = errors.New("nobody is there")
	errReset = errors.New("connection reset")
	down     = fails(false, errDown)
	cutOff   = fails(true, errReset)
)

// saysError answers every request with an error object.
func saysError(code int, message string) tripper {
	return func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
		id := requestID.FindStringSubmatch(string(m.Body))[1]
		return io.NopCloser(strings.NewReader(fmt.Sprintf(`{"jsonrpc":"2.0","error":{"code":%d,"message":%q},"id":%s}`, code, message, id))), nil
	}
}

// backends returns one for each letter, and their endpoints.
func backends(letters string) (all []*backend, endpoints []jsonrpc.Endpoint) {
	for name := range strings.SplitSeq(letters, "") {
		b := &backend{name: name}
		all, endpoints = append(all, b), append(endpoints, b.endpoint())
	}
	return all, endpoints
}

// newPool returns a pool that is closed when the test ends.
func newPool(tb testing.TB, source jsonrpc.Source, opts ...jsonrpc.PoolOption) *jsonrpc.Pool {
	tb.Helper()
	p, err := jsonrpc.NewPool(context.Background(), source, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = p.Close() })
	return p
}

// poolOf returns a pool of backends, all of which are connected. It needs a bubble.
func poolOf(t *testing.T, endpoints []jsonrpc.Endpoint, opts ...jsonrpc.PoolOption) *jsonrpc.Pool {
	t.Helper()
	p := newPool(t, jsonrpc.Endpoints(endpoints...), opts...)
	synctest.Wait()
	return p
}

// whoAnswers calls a method and returns the name of the backend that answered, or the error.
func whoAnswers(t *testing.T, c jsonrpc.Caller, opts ...jsonrpc.CallOption) string {
	t.Helper()
	name, err := jsonrpc.Call[string](t.Context(), c, "who", nil, opts...)
	if err != nil {
		return err.Error()
	}
	return name
}

// asks calls it n times and returns the names in order.
func asks(t *testing.T, c jsonrpc.Caller, n int, opts ...jsonrpc.CallOption) string {
	t.Helper()
	var names strings.Builder
	for range n {
		names.WriteString(whoAnswers(t, c, opts...))
	}
	return names.String()
}

func wantText(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s, then wanted\n%s\n%s", what, got, want)
	}
}
