package jsonrpctest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

func TestScript(t *testing.T) {
	url := jsonrpctest.Script(t, `
		// JSON is compared without its white space.
		--> { "jsonrpc": "2.0", "method": "ping", "id": 1 }
		<-- {"jsonrpc":"2.0","result":"pong","id":1}

		// Lines without an arrow belong to the one before.
		--> [{"jsonrpc":"2.0","method":"one","id":2},
		     {"jsonrpc":"2.0","method":"two","id":3}]
		<-- [{"jsonrpc":"2.0","result":2,"id":3},
		     {"jsonrpc":"2.0","result":1,"id":2}]

		--> {"jsonrpc":"2.0","method":"log"}
		--> {"jsonrpc":"2.0","method":"log"}
		<-- HTTP 202

		--> HTTP Authorization: Bearer secret
		--> HTTP X-Two: 1
		--> HTTP X-Two: 2
		--> {"jsonrpc":"2.0","method":"ping","id":4}
		<-- HTTP 503 Retry-After: 1
		<-- HTTP Content-Type: text/plain
		<-- try again

		--> {"jsonrpc":"2.0","method":"ping","id":5}
		<-- HTTP 200 Content-Type: text/event-stream
		<-- data: {"jsonrpc":"2.0","result":"pong","id":5}
		<--
		<--
	`)
	client, err := jsonrpc.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := jsonrpc.Call[string](t.Context(), client, "ping", nil); got != "pong" || err != nil {
		t.Errorf("ping = %q, %v", got, err)
	}
	var b jsonrpc.Batch
	one, two := jsonrpc.Queue[int](&b, "one", nil), jsonrpc.Queue[int](&b, "two", nil)
	if _, err := client.Send(t.Context(), &b); err != nil {
		t.Error(err)
	}
	for want, result := range []*jsonrpc.Result[int]{1: one, 2: two} {
		if want == 0 {
			continue
		}
		if got, err := result.Get(); got != want || err != nil {
			t.Errorf("got %d, %v, want %d", got, err, want)
		}
	}
	for range 2 {
		if err := client.Notify(t.Context(), "log", nil); err != nil {
			t.Error(err)
		}
	}
	err = client.Call(t.Context(), "ping", nil, nil, jsonrpc.WithBearerToken("secret"), jsonrpc.WithHeader("X-Two", "1", "2"))
	if e := (*jsonrpc.HTTPError)(nil); !errors.As(err, &e) || e.StatusCode != 503 || e.Header.Get("Retry-After") != "1" || string(e.Body) != "try again" {
		t.Errorf("error %v", err)
	}
	if got, err := jsonrpc.Call[string](t.Context(), client, "ping", nil); got != "pong" || err != nil {
		t.Errorf("ping = %q, %v", got, err)
	}
}

// A fakeTB notes what a test would have failed with.
type fakeTB struct {
	mu       sync.Mutex
	failures []string // under mu
	cleanups []func()
}

func (f *fakeTB) Helper()           {}
func (f *fakeTB) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	panic(f)
}

// end does what ends a test.
func (f *fakeTB) end() []string {
	for _, cleanup := range slices.Backward(f.cleanups) {
		cleanup()
	}
	return f.failures
}

func TestScriptFails(t *testing.T) {
	const script = `
		--> {"jsonrpc":"2.0","method":"ping","id":1}
		<-- {"jsonrpc":"2.0","result":"pong","id":1}
		--> HTTP X-Key: a
		--> {"jsonrpc":"2.0","method":"ping","id":2}
		<-- {"jsonrpc":"2.0","result":"pong","id":2}
	`
	const one, two = `{"jsonrpc":"2.0","method":"ping","id":1}`, `{"jsonrpc":"2.0","method":"ping","id":2}`
	for _, test := range []struct {
		name  string
		posts []string
		want  string
	}{
		{"too few", []string{one}, "jsonrpctest: the script has 1 more requests, the next in line 4:\n--> " + two},
		{"another", []string{two, two}, "jsonrpctest: request 1 is not that of line 2:\n--> " + two + "\nthe script expects\n--> " + one},
		{"not JSON", []string{"{", two}, "jsonrpctest: request 1 is not that of line 2:\n--> {\nthe script expects\n--> " + one},
		{"another header", []string{one, "X-Key: b\n" + two}, "jsonrpctest: request 2, of line 4, has X-Key: [\"b\"], the script expects [\"a\"]"},
		{"too many", []string{one, two, one}, "jsonrpctest: request 3 is not in the script, which has ended:\n--> " + one},
		{"none of it", []string{one, two}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			tb := &fakeTB{}
			url := jsonrpctest.Script(tb, script)
			for _, post := range test.posts {
				key, body, found := strings.Cut(post, "\n")
				if !found {
					key, body = "X-Key: a", post
				}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("X-Key", strings.TrimPrefix(key, "X-Key: "))
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			if got := strings.Join(tb.end(), "\n"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestScriptSyntax(t *testing.T) {
	for script, want := range map[string]string{
		"<-- {}":                  "line 1 of the script: a script begins with a request, -->: <-- {}",
		"\n{}":                    "line 2 of the script: a script begins with a request, -->: {}",
		"--> HTTP A: b\n<-- {}":   "line 1 of the script: a request has a body and no status",
		"--> HTTP 200\n--> {}":    "line 1 of the script: a request has a body and no status",
		"--> {}\n<-- HTTP nosuch": "line 2 of the script: expected HTTP [STATUS] [NAME: VALUE], got HTTP nosuch",
		"--> {}\n<-- HTTP 042":    "line 2 of the script: the status of a reply is 100 or more, got HTTP 042",
		"--> {}\n<-- HTTP -42":    "line 2 of the script: the status of a reply is 100 or more, got HTTP -42",
	} {
		tb := &fakeTB{}
		func() {
			defer func() { _ = recover() }()
			jsonrpctest.Script(tb, script)
		}()
		if got := strings.Join(tb.end(), "\n"); got != "jsonrpctest: "+want {
			t.Errorf("%s\ngot  %s\nwant %s", script, got, want)
		}
	}
}
