package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A tripper is a transport made of a function.
type tripper func(ctx context.Context, m *transport.Message) (io.ReadCloser, error)

func (f tripper) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	return f(ctx, m)
}

// says answers every message with the same text.
func says(text string) tripper {
	return func(context.Context, *transport.Message) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}
}

// A conversation is a transport that expects messages, in order, and answers
// them:
//
//	--> {"jsonrpc":"2.0","method":"ping","id":1}
//	<-- {"jsonrpc":"2.0","result":"pong","id":1}
//
// A message without a <-- is not answered at all; a bare <-- is an empty reply.
// Lines that begin with # are comments.
type conversation struct {
	t     *testing.T
	mu    sync.Mutex // for the rest
	lines []string
}

func (c *conversation) String() string { return "test:" }

func (c *conversation) RoundTrip(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	want, ok := c.next("-->")
	if !ok {
		c.t.Errorf("sent, and not expected:\n--> %s", m.Body)
		return nil, errors.New("not expected")
	}
	if got := string(m.Body); got != want {
		c.t.Errorf("sent, then expected:\n--> %s\n--> %s", got, want)
	}
	reply, due := c.next("<--")
	if !due {
		if m.Reply {
			c.t.Errorf("a reply is due to %s", m.Body)
		}
		return nil, nil
	}
	return io.NopCloser(strings.NewReader(reply)), nil
}

// next takes the next line if it has the given arrow.
func (c *conversation) next(arrow string) (text string, ok bool) {
	if len(c.lines) == 0 {
		return "", false
	}
	if text, ok = strings.CutPrefix(c.lines[0], arrow); ok {
		c.lines = c.lines[1:]
	}
	return strings.TrimSpace(text), ok
}

// converse returns a client whose server holds the given conversation, all of
// which must have taken place when the test ends.
func converse(t *testing.T, text string, opts ...jsonrpc.ClientOption) *jsonrpc.Client {
	t.Helper()
	c := &conversation{t: t}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			c.lines = append(c.lines, line)
		}
	}
	t.Cleanup(func() {
		if len(c.lines) > 0 && !t.Failed() {
			t.Errorf("did not take place:\n%s", strings.Join(c.lines, "\n"))
		}
	})
	return newClient(t, c, opts...)
}

func newClient(t *testing.T, rt transport.RoundTripper, opts ...jsonrpc.ClientOption) *jsonrpc.Client {
	t.Helper()
	client, err := jsonrpc.NewClient(rt, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// dial returns a client for the URL that is closed when the test ends.
func dial(t *testing.T, url string, opts ...jsonrpc.DialOption) *jsonrpc.Client {
	t.Helper()
	if overLean(t) {
		opts = append([]jsonrpc.DialOption{jsonrpc.WithLeanHTTP()}, opts...)
	}
	client, err := jsonrpc.Dial(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// serve starts an HTTP server on a real socket.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

var requestID = regexp.MustCompile(`"id":("[^"]*"|[0-9]+)`)

// answer answers the request in r with a result, whatever it is; a notification
// with nothing.
func answer(w http.ResponseWriter, r *http.Request, result string) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, response(string(body), result))
}

// response is the response with a result to a request, empty to a notification.
func response(request, result string) string {
	id := requestID.FindStringSubmatch(request)
	if id == nil {
		return ""
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","result":%s,"id":%s}`, result, id[1])
}

// wantError checks an error's text.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("no error, want\n%s", want)
	case err.Error() != want:
		t.Errorf("error, then wanted\n%v\n%s", err, want)
	}
}

// as is errors.As that fails the test.
func as[E error](t *testing.T, err error) E {
	t.Helper()
	e, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("no %T in %v", e, err)
	}
	return e
}
