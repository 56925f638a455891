package jsonrpctest

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"

	"example.com/jsonrpc"
)

// A Call is a request or a notification that a [Server] was sent.
type Call struct {
	Method string
	Params json.RawMessage // an array, an object, or nil if there were none
	ID     jsonrpc.ID      // the zero ID of a notification
	Header http.Header     // over HTTP; must not be changed
}

// Notification reports whether the call asks for no answer.
func (c *Call) Notification() bool { return c.ID.IsZero() }

// Decode decodes the params by the rules of encoding/json. If there are none, v
// stays as it is.
func (c *Call) Decode(v any) error {
	if c.Params == nil {
		return nil
	}
	return json.Unmarshal(c.Params, v)
}

// A book has what came to a server made by [New].
type book struct {
	t TB

	taking sync.Mutex // while it is found out which expectation a call is for

	mu           sync.Mutex
	calls        []Call         // under mu
	more         chan struct{}  // under mu; closed when there is another call
	expectations []*Expectation // under mu, in order
	strangers    []Call         // under mu; calls that nobody expected
	urls         map[string]string
}

// note writes a call down.
func (b *book) note(c Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, c)
	close(b.more)
	b.more = make(chan struct{})
}

// Calls returns what the server was sent, in the order in which it came: all, or
// the requests and notifications of some methods. The items of a batch count one
// by one. The server must be made by [New].
func (s *Server) Calls(methods ...string) []Call {
	calls, _ := s.ofTest("Calls").callsOf(methods)
	return calls
}

func (b *book) callsOf(methods []string) (calls []Call, more <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		if len(methods) == 0 || slices.Contains(methods, c.Method) {
			calls = append(calls, c)
		}
	}
	return calls, b.more
}

// WaitCalls waits until a method was called n times and returns the calls, or the
// error of ctx and those that came. It is for notifications on streams, which
// nobody answers. The server must be made by [New].
func (s *Server) WaitCalls(ctx context.Context, method string, n int) ([]Call, error) {
	b := s.ofTest("WaitCalls")
	for {
		calls, more := b.callsOf([]string{method})
		if len(calls) >= n {
			return calls, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return calls, context.Cause(ctx)
		}
	}
}

// A tally counts what was carried out.
type tally struct {
	key    func(method string, params json.RawMessage) string
	mu     sync.Mutex
	counts map[string]int // under mu
}

// CountBy has the server count how often it carries out each call, from now on.
// The key says which calls are the same one: a member of the params, say, that the
// client made for the purpose. Calls with the key "" are not counted. A call that
// meets a [Fault] that does not let it be carried out does not count.
//
//	srv.CountBy(func(method string, params json.RawMessage) string {
//		return method + string(params)
//	})
func (s *Server) CountBy(key func(method string, params json.RawMessage) string) {
	s.tally.Store(&tally{key: key, counts: map[string]int{}})
}

// Executions returns how often each call was carried out, by its key. See
// [Server.CountBy].
func (s *Server) Executions() map[string]int {
	counts := map[string]int{}
	if t := s.tally.Load(); t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		maps.Copy(counts, t.counts)
	}
	return counts
}

// Repeated returns the keys of the calls that were carried out more than once, in
// order. See [Server.CountBy].
func (s *Server) Repeated() (keys []string) {
	for key, n := range s.Executions() {
		if n > 1 {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func (t *tally) count(method string, params json.RawMessage) {
	key := t.key(method, params)
	if key == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[key]++
}
