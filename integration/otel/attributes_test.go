package otel_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"sync/atomic"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/otel"
)

// TestAttributes compares all that is recorded of each kind of call to a listing.
func TestAttributes(t *testing.T) {
	const (
		file   = "testdata/attributes.txt"
		result = `{"jsonrpc":"2.0","result":"meow","id":1}`
		failed = `{"jsonrpc":"2.0","error":{"code":-32000,"message":"no such cat: open-sesame"},"id":1}`
	)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()
	known := otel.Methods("cat", "eth_*")
	call := func(ctx context.Context, c *jsonrpc.Client) {
		var sound string
		_ = c.Call(ctx, "cat", jsonrpc.Named{"password": "open-sesame"}, &sound)
	}
	batch := func(ctx context.Context, c *jsonrpc.Client) {
		var b jsonrpc.Batch
		b.Add(jsonrpc.Request{Method: "cat"}, jsonrpc.Request{Method: "dog", ID: jsonrpc.StringID("a")}, jsonrpc.Request{Method: "eth_call"})
		b.Notify("log", nil)
		_, _ = c.Send(ctx, &b)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late := &deadline{t.Context(), make(chan struct{})}
	var asked atomic.Int32
	flaky := serveFunc(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(result))
	})

	var got bytes.Buffer
	for _, test := range []struct {
		name  string
		url   string
		optIn string
		set   func(o *otel.Options)
		more  []jsonrpc.DialOption
		do    func(ctx context.Context, c *jsonrpc.Client)
		ctx   context.Context
	}{
		{name: "success", url: serve(t, 200, result), do: call},
		{name: "known methods", url: serve(t, 200, result), set: func(o *otel.Options) { o.Methods = known }, do: call},
		{name: "a method that is not among them", url: serve(t, 200, result), set: func(o *otel.Options) { o.Methods = otel.Methods("dog") }, do: call},
		{name: "a server error", url: serve(t, 200, failed), do: call},
		{name: "a server error under HTTP 500", url: serve(t, 500, failed), do: call},
		{name: "OTEL_SEMCONV_STABILITY_OPT_IN=rpc", optIn: "http,rpc", url: serve(t, 200, failed), do: call},
		{name: "OTEL_SEMCONV_STABILITY_OPT_IN=rpc/dup", optIn: "rpc, rpc/dup", url: serve(t, 200, failed), do: call},
		{name: "an HTTP error", url: serve(t, 503, "open-sesame"), do: call},
		{name: "a timeout", url: serveTooLate(t, late), do: call, ctx: late},
		{name: "canceled", url: serve(t, 200, result), do: call, ctx: canceled},
		{name: "nobody listens", url: closed, do: call},
		{name: "a reply that is not JSON", url: serve(t, 200, "open-sesame"), do: call},
		{name: "a reply that breaks the rules", url: serve(t, 200, `{"jsonrpc":"2.0","result":"open-sesame","id":2}`), do: call},
		{name: "a result of another type", url: serve(t, 200, `{"jsonrpc":"2.0","result":["open-sesame"],"id":1}`), do: call},
		{name: "no reply", url: serve(t, 204, ""), do: call},
		{name: "a reply over the limit", url: serve(t, 200, result), do: call, more: []jsonrpc.DialOption{jsonrpc.WithMaxReply(10)}},
		{name: "a notification", url: serve(t, 204, ""), set: func(o *otel.Options) { o.Methods = known }, do: func(ctx context.Context, c *jsonrpc.Client) {
			_ = c.Notify(ctx, "cat", nil)
		}},
		{name: "an id that is a text", url: serve(t, 200, `{"jsonrpc":"2.0","result":"meow","id":"a\"b"}`), do: func(ctx context.Context, c *jsonrpc.Client) {
			_ = c.Call(ctx, "cat", nil, nil, jsonrpc.WithID(jsonrpc.StringID(`a"b`)))
		}},
		{name: "JSON-RPC 1.0", url: serve(t, 200, `{"result":"meow","error":null,"id":1}`), do: call, more: []jsonrpc.DialOption{jsonrpc.WithVersion1()}},
		{name: "a raw message", url: serve(t, 200, `{"jsonrpc":"2.0","result":"meow","id":1}`), do: func(ctx context.Context, c *jsonrpc.Client) {
			_, _ = c.Send(ctx, jsonrpc.Raw(`{"id":1,"method":"cat","jsonrpc":"2.0"}`))
		}},
		{
			name: "a batch that failed in part", set: func(o *otel.Options) { o.Methods = known }, do: batch,
			url: serve(t, 200, `[{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","error":{"code":-32601,"message":"m"},"id":"a"},{"jsonrpc":"2.0","result":1,"id":2}]`),
		},
		{
			name: "more items than events", set: func(o *otel.Options) { o.BatchItems = 1 }, do: batch,
			url: serve(t, 200, `[{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","error":{"code":-32601,"message":"m"},"id":"a"},{"jsonrpc":"2.0","result":1,"id":2}]`),
		},
		{
			name: "a batch of which all failed", set: func(o *otel.Options) { o.BatchItems = -1 }, do: batch,
			url: serve(t, 200, `[{"jsonrpc":"2.0","error":{"code":1,"message":"m"},"id":1},{"jsonrpc":"2.0","error":{"code":1,"message":"m"},"id":"a"},{"jsonrpc":"2.0","error":{"code":1,"message":"m"},"id":2}]`),
		},
		{
			name: "a batch of which all failed, for several reasons", set: func(o *otel.Options) { o.BatchItems = -1 }, do: batch,
			url: serve(t, 200, `[{"jsonrpc":"2.0","error":{"code":1,"message":"m"},"id":1},{"jsonrpc":"2.0","error":{"code":2,"message":"m"},"id":"a"},{"jsonrpc":"2.0","error":{"code":1,"message":"m"},"id":2}]`),
		},
		{name: "a batch that failed as a whole", set: func(o *otel.Options) { o.BatchItems = 2 }, do: batch, url: serve(t, 502, "")},
		{name: "retries", url: flaky, do: call, more: []jsonrpc.DialOption{jsonrpc.WithInterceptors(retry(5))}},
	} {
		t.Setenv("OTEL_SEMCONV_STABILITY_OPT_IN", test.optIn)
		r := newRecorder(t)
		o := r.options()
		if test.set != nil {
			test.set(&o)
		}
		u, err := url.Parse(test.url)
		if err != nil {
			t.Fatal(err)
		}
		ctx := test.ctx
		if ctx == nil {
			ctx = t.Context()
		}
		secret := "http://open-sesame:open-sesame@" + u.Host + "/open-sesame?key=open-sesame"
		test.do(ctx, client(t, secret, o, append(test.more, jsonrpc.WithHeader("X-Key", "open-sesame"), jsonrpc.WithSecrets("open-sesame"))...))
		if got.Len() > 0 {
			got.WriteByte('\n')
		}
		got.WriteString("# " + test.name + "\n")
		r.list(t, &got)
	}
	listing := regexp.MustCompile(`(?m)(port = |127\.0\.0\.1:)\d+`).ReplaceAll(got.Bytes(), []byte("${1}PORT"))
	if bytes.Contains(listing, []byte("sesame")) {
		t.Error("a secret was recorded")
	}
	if *update {
		if err := os.WriteFile(file, listing, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")); !bytes.Equal(listing, want) {
		t.Errorf("recorded:\n%s\nif this is meant: go test -run TestAttributes -update", listing)
	}
}
