package jsonrpc_test

import (
	"bytes"
	"context"
	"runtime"
	"testing"

	"example.com/jsonrpc"
)

// background never ends. What it costs to honour a context that does is net/http's
// and the runtime's over HTTP, and nothing on streams.
var background = context.Background()

// The allocations of a call must not creep. The params are made once: they are the
// caller's. The variable for the result is counted, and net/http's own forty-odd.
func TestAllocations(t *testing.T) {
	if raceEnabled() {
		t.Skip("the race detector allocates too")
	}
	var params any = jsonrpc.Args{"Mittens", 3}
	ending, cancel := context.WithCancel(t.Context())
	defer cancel()
	lean := 15.0
	if runtime.GOOS == "windows" {
		lean = 44 // there it is net/http
	}
	for name, test := range map[string]struct {
		client func() *jsonrpc.Client
		call   func(jsonrpc.Caller) error
		most   float64
	}{
		"TCP":                {dialTo(t, "tcp://", serveLines), meow(params), 1},
		"TCP, context":       {dialTo(t, "tcp://", serveLines), meowUnder(ending, params), 1},
		"TCP, 64 at once":    {dialTo(t, "tcp://", serveLines), atOnce(64, meowUnder(ending, params)), 2.25 * 64},
		"WebSocket":          {dialTo(t, "ws://", serveWebSocket), meow(params), 1},
		"WebSocket, context": {dialTo(t, "ws://", serveWebSocket), meowUnder(ending, params), 1},
		"WebSocket, 64":      {dialTo(t, "ws://", serveWebSocket), atOnce(64, meowUnder(ending, params)), 2.25 * 64},
		"HTTP":               {dialTo(t, "http://", serveHTTP), meow(params), 44},
		"lean HTTP": {
			func() *jsonrpc.Client {
				return dial(t, "http://"+benchServe(t, serveHTTP), jsonrpc.WithLeanHTTP())
			}, meow(params), lean,
		},
		"in memory": {
			func() *jsonrpc.Client {
				return dial(t, "http://pets.example", jsonrpc.WithHTTPTransport(inMemory{}))
			}, meow(params), 12,
		},
		"coalesced, HTTP": {
			func() *jsonrpc.Client {
				return dial(t, "http://"+benchServe(t, serveHTTP), jsonrpc.WithCoalescing(jsonrpc.Coalescing{}))
			}, meow(params), 44,
		},
		"batch of 100, HTTP": {dialTo(t, "http://", serveHTTP), meows(params, 100), 68},
	} {
		t.Run(name, func(t *testing.T) {
			client := test.client()
			var failed error
			once := func() {
				if err := test.call(client); err != nil {
					failed = err
				}
			}
			once() // connects
			got := testing.AllocsPerRun(200, once)
			if failed != nil {
				t.Fatal(failed)
			}
			if got > test.most {
				t.Errorf("%v allocations, at most %v are wanted", got, test.most)
			}
			t.Logf("%v allocations", got)
		})
	}
}

func dialTo(t *testing.T, scheme string, serve benchServer) func() *jsonrpc.Client {
	t.Helper()
	return func() *jsonrpc.Client { return dial(t, scheme+benchServe(t, serve)) }
}

// meow is a call whose result is a string.
func meow(params any) func(jsonrpc.Caller) error { return meowUnder(background, params) }

func meowUnder(ctx context.Context, params any) func(jsonrpc.Caller) error {
	return func(c jsonrpc.Caller) error {
		_, err := jsonrpc.Call[string](ctx, c, "cat", params)
		return err
	}
}

// atOnce makes n calls side by side.
func atOnce(n int, call func(jsonrpc.Caller) error) func(jsonrpc.Caller) error {
	errs := make(chan error, n)
	return func(c jsonrpc.Caller) error {
		for range n {
			go func() { errs <- call(c) }()
		}
		var first error
		for range n {
			if err := <-errs; first == nil {
				first = err
			}
		}
		return first
	}
}

// A row of a large result costs its two strings and a slice. The strings in that are
// the same in all rows, and are made once in a while.
func TestAllocationsOfRows(t *testing.T) {
	if raceEnabled() {
		t.Skip("the race detector allocates too")
	}
	client := dialTo(t, "http://", serveHTTP)()
	rows := float64(bytes.Count(benchRows, []byte(`"id"`)))
	got := testing.AllocsPerRun(3, func() {
		if _, err := jsonrpc.Call[[]benchRow](background, client, "rows", nil); err != nil {
			t.Error(err)
		}
	})
	if got > 3.1*rows+70 {
		t.Errorf("%v allocations for %v rows", got, rows)
	}
}

// meows is a batch of such calls.
func meows(params any, n int) func(jsonrpc.Caller) error {
	return func(c jsonrpc.Caller) error {
		var b jsonrpc.Batch
		results := make([]*jsonrpc.Result[string], n)
		for i := range results {
			results[i] = jsonrpc.Queue[string](&b, "cat", params)
		}
		if _, err := c.Send(background, &b); err != nil {
			return err
		}
		_, err := results[n-1].Get()
		return err
	}
}
