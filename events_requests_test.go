package jsonrpc_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A flow is a reply of several messages.
type flow struct {
	io.Reader
	messages []string
}

func (f *flow) Next(int64) ([]byte, error) {
	if len(f.messages) == 0 {
		return nil, io.EOF
	}
	text := f.messages[0]
	f.messages = f.messages[1:]
	return []byte(text), nil
}

func (f *flow) Close() error { return nil }

// What could mean two things, or is no message, is not carried out, as on a stream.
func TestServerMessagesThatAreNoneInAnEventStream(t *testing.T) {
	for name, message := range map[string]string{
		"two methods": `{"jsonrpc":"2.0","method":"look","method":"delete","id":1}`,
		"two params":  `{"jsonrpc":"2.0","method":"delete","params":[1],"params":[2]}`,
		"two ids":     `{"jsonrpc":"2.0","method":"delete","id":1,"id":2}`,
		"no method":   `{"jsonrpc":"2.0","method":["delete"],"id":1}`,
		"no id":       `{"jsonrpc":"2.0","method":"delete","id":{}}`,
		"a long id":   `{"jsonrpc":"2.0","method":"delete","id":"` + strings.Repeat("1", 10_000) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var reports tray
				client := newClient(t, tripper(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
					if !m.Reply {
						t.Errorf("answered %s", m.Body)
						return nil, nil
					}
					return &flow{messages: []string{message, response(string(m.Body), "1")}}, nil
				}), jsonrpc.WithStreamErrors(reports.put), jsonrpc.WithHandler(handlerFunc(func() { t.Error("carried out") })))
				if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
					t.Error(err)
				}
				reports.want(t, "was skipped")
			})
		})
	}
}

// Requests in an event stream have as many places as those on a stream: a hundred
// are worked on, a hundred refused, and the others dropped.
func TestServerRequestsTooManyInAnEventStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			mu      sync.Mutex
			refused int
			reports tray
			running int
			release = make(chan struct{})
			flood   = make([]string, 250)
		)
		for id := range flood {
			flood[id] = fmt.Sprintf(`{"jsonrpc":"2.0","method":"m","id":%d}`, id)
		}
		client := newClient(t, tripper(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
			if m.Reply {
				return &flow{messages: append(flood, response(string(m.Body), "1"))}, nil
			}
			mu.Lock()
			if strings.Contains(string(m.Body), "too many requests at once") {
				refused++
			}
			mu.Unlock()
			<-release // the server does not read
			return nil, nil
		}), jsonrpc.WithStreamErrors(reports.put), jsonrpc.WithHandler(handlerFunc(func() {
			mu.Lock()
			running++
			mu.Unlock()
			<-release
		})))
		if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if running != 100 || refused != 100 || len(reports.errs) != 50 {
			t.Errorf("%d worked on, %d refused, %d dropped", running, refused, len(reports.errs))
		}
		close(release)
	})
}

// A server that does not get the response to its request may wait for ever: somebody
// is told.
func TestResponseInAnEventStreamIsRefused(t *testing.T) {
	for _, status := range []int{http.StatusAccepted, http.StatusUnauthorized, 0} {
		var reports tray
		told := make(chan struct{})
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			switch {
			case strings.Contains(string(body), `"method"`):
				w.Header().Set("Content-Type", "text/event-stream")
				fmt.Fprint(w, "data: {\"jsonrpc\":\"2.0\",\"method\":\"roots/list\",\"id\":7}\n\n")
				_ = http.NewResponseController(w).Flush()
				<-told
				fmt.Fprintf(w, "data: %s\n\n", response(string(body), "1"))
			case status == 0:
				panic(http.ErrAbortHandler)
			case status == http.StatusAccepted:
				w.WriteHeader(status)
				close(told) // nobody has to be
			default:
				w.WriteHeader(status)
			}
		})
		client := dial(t, server.URL, jsonrpc.WithStreamErrors(func(err error) {
			reports.put(err)
			close(told)
		}))
		if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
			t.Error(status, err)
		}
		if want := status != http.StatusAccepted; want != (len(reports.errs) == 1) {
			t.Errorf("HTTP %d: reports %v", status, reports.errs)
		}
		for _, err := range reports.errs {
			if !strings.HasPrefix(err.Error(), `jsonrpc: the response to "roots/list" was not taken: `) {
				t.Errorf("HTTP %d: %v", status, err)
			}
		}
	}
}
