package jsonrpctest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

const ping = `{"jsonrpc":"2.0","method":"ping","id":1}`

func newPing() *jsonrpctest.Server {
	return jsonrpctest.NewServer(jsonrpctest.Handlers{"ping": jsonrpctest.Func(func() string { return "pong" })})
}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

// TestHTTP is about what HTTP adds to the protocol; testdata has the protocol.
func TestHTTP(t *testing.T) {
	for _, test := range []struct {
		name, method, encoding, body string
		status                       int
		header, want                 string
	}{
		{"a request", "POST", "", ping, 200, "Content-Type: application/json", `{"jsonrpc":"2.0","result":"pong","id":1}`},
		{"a length", "POST", "", ping, 200, "Content-Length: 40", `{"jsonrpc":"2.0","result":"pong","id":1}`},
		{"a GET", "GET", "", "", 405, "Allow: POST", "JSON-RPC messages are sent with POST\n"},
		{"nothing", "POST", "", "", 200, "", `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"there is no JSON text"},"id":null}`},
		{"gzip", "POST", "gzip", gzipped(ping), 200, "", `{"jsonrpc":"2.0","result":"pong","id":1}`},
		{"not gzip", "POST", "gzip", ping, 400, "", `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"the body is not in gzip form: gzip: invalid header"},"id":null}`},
		{"cut gzip", "POST", "gzip", gzipped(ping)[:30], 400, "", `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"the body cannot be read: unexpected EOF"},"id":null}`},
		{"brotli", "POST", "br", ping, 415, "", "content encoding \"br\": only gzip is understood\n"},
		{"at the limit", "POST", "", ping + strings.Repeat(" ", 100-len(ping)), 200, "", `{"jsonrpc":"2.0","result":"pong","id":1}`},
		{"over the limit", "POST", "", ping + strings.Repeat(" ", 101-len(ping)), 413, "", `{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"the message is larger than 100 bytes"},"id":null}`},
		{"gzip over the limit", "POST", "gzip", gzipped(strings.Repeat(" ", 1000)), 413, "", `{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"the message is larger than 100 bytes"},"id":null}`},
		{"invalid UTF-8", "POST", "", "{\"jsonrpc\":\"2.0\",\"method\":\"p\xff\",\"id\":1}", 200, "", ""},
		{"a deep one", "POST", "", strings.Repeat("[", 100), 200, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newPing()
			server.MaxBody = 100
			r := httptest.NewRequest(test.method, "/", strings.NewReader(test.body))
			r.Header.Set("Content-Encoding", test.encoding)
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			if name, value, _ := strings.Cut(test.header, ": "); w.Header().Get(name) != value {
				t.Errorf("headers %v, want %s", w.Header(), test.header)
			}
			body := w.Body.String()
			if test.want == "" { // the wording is the JSON engine's
				if !strings.HasPrefix(body, `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"`) {
					t.Errorf("body %s, want a parse error", body)
				}
			} else if body != test.want {
				t.Errorf("body %s\nwant %s", body, test.want)
			}
		})
	}
}

func TestZeroServer(t *testing.T) {
	var server jsonrpctest.Server
	server.Handle("ping", jsonrpctest.Func(func() string { return "first" }))
	server.Handle("ping", jsonrpctest.Func(func() string { return "second" }))
	client, err := jsonrpc.NewClient(&server)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := jsonrpc.Call[string](t.Context(), client, "ping", nil); got != "second" || err != nil {
		t.Errorf("ping = %q, %v", got, err)
	}
	defer func() {
		if p := recover(); p != `jsonrpctest: the handler of method "x" is nil` {
			t.Errorf("panic %v", p)
		}
	}()
	server.Handle("x", nil)
}

// A batch of more requests than run at the same time, the first of which ends
// last.
func TestBatchRunsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 250
		second := make(chan struct{})
		client := jsonrpctest.Connect(jsonrpctest.Handlers{
			"first":  jsonrpctest.Func(func() string { <-second; return "first" }),
			"second": jsonrpctest.Func(func() string { close(second); return "second" }),
			"number": jsonrpctest.Func(func(n int) int { return n }),
		})
		var b jsonrpc.Batch
		results := []*jsonrpc.Result[string]{jsonrpc.Queue[string](&b, "first", nil), jsonrpc.Queue[string](&b, "second", nil)}
		numbers := make([]*jsonrpc.Result[int], n)
		for i := range numbers {
			b.Notify("number", jsonrpc.Args{i})
			numbers[i] = jsonrpc.Queue[int](&b, "number", jsonrpc.Args{i})
		}
		reply, err := client.Send(t.Context(), &b)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"first", "second"} {
			if got, err := results[i].Get(); got != want || err != nil {
				t.Errorf("%s = %q, %v", want, got, err)
			}
		}
		for i, result := range numbers {
			if got, err := result.Get(); got != i || err != nil {
				t.Errorf("number %d = %d, %v", i, got, err)
			}
		}
		var items []struct{ ID int }
		if err := json.Unmarshal(reply.Text, &items); err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(items, func(a, b struct{ ID int }) int { return a.ID - b.ID }) {
			t.Errorf("the responses are not in the order of the requests: %s", reply.Text)
		}
	})
}

// TestHeader reaches the handlers over HTTP and without it.
func TestHeader(t *testing.T) {
	handlers := jsonrpctest.Handlers{
		"who": jsonrpctest.Func(func(ctx context.Context) string { return jsonrpctest.Header(ctx).Get("Authorization") }),
	}
	dialled, err := jsonrpc.Dial(t.Context(), jsonrpctest.Start(t, handlers), jsonrpc.WithBearerToken("secret"))
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range []*jsonrpc.Client{dialled, jsonrpctest.Connect(handlers, jsonrpc.WithBearerToken("secret"))} {
		if got, err := jsonrpc.Call[string](t.Context(), client, "who", nil); got != "Bearer secret" || err != nil {
			t.Errorf("%v: %q, %v", client, got, err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := jsonrpctest.Header(t.Context()); got != nil {
		t.Errorf("Header outside of a handler = %v", got)
	}
}

// TestHandleWhileServing is for the race detector.
func TestHandleWhileServing(t *testing.T) {
	server := newPing()
	client, err := jsonrpc.NewClient(server)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for i := range 10 {
		running.Go(func() { server.Handle(fmt.Sprint(i), jsonrpctest.Func(func() {})) })
		running.Go(func() {
			if err := client.Call(t.Context(), "ping", nil, nil); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
}

// TestClientLeaves: the context of a handler ends with the client's connection.
func TestClientLeaves(t *testing.T) {
	entered, left := make(chan struct{}), make(chan struct{})
	url := jsonrpctest.Start(t, jsonrpctest.Handlers{
		"wait": jsonrpctest.Func(func(ctx context.Context) {
			close(entered)
			<-ctx.Done()
			close(left)
		}),
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	if err := jsonrpc.URL(url).Call(ctx, "wait", nil, nil); err == nil {
		t.Error("no error")
	}
	<-left
}

var _ http.Handler = (*jsonrpctest.Server)(nil)
