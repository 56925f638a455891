package realservers

import (
	"errors"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"example.com/jsonrpc"
)

// startJayson returns the URL of testdata/jayson.js on HTTP.
func startJayson(t *testing.T) string {
	t.Helper()
	return "http://" + startJaysonOn(t, "http") + "/"
}

// startJaysonOn returns the address of testdata/jayson.js on http, tcp, tls (with files of a certificate and its key) or
// websocket.
func startJaysonOn(t *testing.T, transport string, certificate ...string) string {
	t.Helper()
	port := freePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(addr), program(t, "node"), append([]string{
		filepath.Join("testdata", "jayson.js"),
		cached(t, "jayson", "node_modules", "jayson"),
		transport,
		port,
	}, certificate...)...)
	return addr
}

// jayson keeps to 2.0, with 204 for notifications. It has no credentials.
func TestJayson(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	client := dial(t, startJayson(t))

	askJayson(t, client)
	t.Run("result null", func(t *testing.T) {
		result, err := client.Request(ctx, "nothing", nil)
		wantNone(t, err)
		wantEqual(t, string(result), "null")
	})
	t.Run("bad params", func(t *testing.T) {
		e := wantError(t, client.Call(ctx, "add", jsonrpc.Args{"x"}, nil), jsonrpc.CodeInvalidParams, "numbers wanted")
		wantEqual(t, string(e.Data), `{"got":["x"]}`)
	})
	t.Run("batch of notifications", func(t *testing.T) {
		var b jsonrpc.Batch
		b.Notify("add", jsonrpc.Args{1, 2})
		b.Notify("no_such_method", nil)
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
	})
	t.Run("notification", func(t *testing.T) {
		wantNone(t, client.Notify(ctx, "add", jsonrpc.Args{1, 2}))
	})
	t.Run("a call that it takes for a notification", func(t *testing.T) {
		_, err := client.Send(ctx, jsonrpc.Raw(`{"jsonrpc":"2.0","method":"add","params":[1],"id":null}`))
		wantEqual(t, errors.Is(err, jsonrpc.ErrNoResponse), true)
	})
	t.Run("Content-Type that it refuses", func(t *testing.T) {
		err := client.Call(ctx, "add", jsonrpc.Args{1}, nil, jsonrpc.WithHeader("Content-Type", "text/plain"))
		wantEqual(t, string(wantStatus(t, err, 415).Body), "Unsupported Media Type")
	})
	t.Run("id 2^53+1, which it rounds", func(t *testing.T) {
		err := client.Call(ctx, "add", jsonrpc.Args{1}, nil,
			jsonrpc.WithID(jsonrpc.IntID(1<<53+1)), jsonrpc.WithValidation(false))
		wantDeviation(t, err, jsonrpc.DeviationID)
	})
	t.Run("many calls at once", func(t *testing.T) {
		var calls sync.WaitGroup
		for n := range 100 {
			calls.Go(func() {
				sum, err := jsonrpc.Call[int](ctx, client, "add", jsonrpc.Args{n, n})
				if err != nil || sum != 2*n {
					t.Errorf("add(%d, %d) = %d, %v", n, n, sum, err)
				}
			})
		}
		calls.Wait()
	})
}

func TestJaysonCommand(t *testing.T) {
	t.Parallel()
	url := startJayson(t)
	t.Run("call", func(t *testing.T) {
		wantRun(t, run(t, "", url, "add", "1", "2", "-3.5"), exitDone, []string{"-0.5"})
	})
	t.Run("result null", func(t *testing.T) {
		wantRun(t, run(t, "", url, "nothing"), exitDone, []string{"null"})
	})
	t.Run("unknown method", func(t *testing.T) {
		wantRun(t, run(t, "", url, "no_such_method"), exitServerError, nil, "Method not found (code -32601)")
	})
	t.Run("bad params", func(t *testing.T) {
		wantRun(t, run(t, "", url, "add", "x"), exitServerError, nil, "numbers wanted (code -32602)")
	})
	t.Run("batch with a notification", func(t *testing.T) {
		wantRun(t, run(t, `[{"jsonrpc":"2.0","method":"fail","id":"a"},{"jsonrpc":"2.0","method":"add"}]`, "batch", url),
			exitBatchFailed,
			[]string{`{"jsonrpc":"2.0","error":{"code":1000,"message":"no good","data":[1,2]},"id":"a"}`},
			"no good (code 1000)")
	})
	t.Run("notification", func(t *testing.T) {
		wantRun(t, run(t, "", "--notify", url, "add", "1"), exitDone, nil)
	})
	t.Run("Content-Type that it refuses", func(t *testing.T) {
		wantRun(t, run(t, "", url, "add", "1", "--header=Content-Type: text/plain"), exitBadReply, nil,
			"the server answered 415 Unsupported Media Type")
	})
}

// askJayson asks for what is the same over HTTP and on streams.
func askJayson(t *testing.T, client *jsonrpc.Client) {
	t.Helper()
	ctx := t.Context()

	t.Run("call", func(t *testing.T) {
		sum, err := jsonrpc.Call[int](ctx, client, "add", jsonrpc.Args{1, 2, 3})
		wantNone(t, err)
		wantEqual(t, sum, 6)
	})
	t.Run("params by name, and text of all planes", func(t *testing.T) {
		const text = "\"é€𝄞\u2028</script>"
		got, err := jsonrpc.Call[map[string]string](ctx, client, "echo", jsonrpc.Named{"text": text})
		wantNone(t, err)
		wantEqual(t, got["text"], text)
	})
	t.Run("its own error", func(t *testing.T) {
		e := wantError(t, client.Call(ctx, "fail", nil, nil), 1000, "no good")
		wantEqual(t, string(e.Data), "[1,2]")
	})
	t.Run("unknown method", func(t *testing.T) {
		err := client.Call(ctx, "no_such_method", nil, nil)
		wantError(t, err, jsonrpc.CodeMethodNotFound, "Method not found")
	})
	t.Run("batch with a notification", func(t *testing.T) {
		var b jsonrpc.Batch
		sum := jsonrpc.Queue[int](&b, "add", jsonrpc.Args{1, 2})
		b.Notify("add", jsonrpc.Args{1, 2})
		fail := jsonrpc.Queue[any](&b, "fail", nil)
		nothing := jsonrpc.Queue[*int](&b, "nothing", nil)
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
		wantItem(t, sum, 3)
		wantItem(t, nothing, nil)
		_, err = fail.Get()
		wantError(t, err, 1000, "no good")
	})
}
