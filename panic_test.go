package jsonrpc_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// recovers fails the test unless f panics with what the tests panic with.
func recovers(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if p := recover(); p != "oh" {
			t.Errorf("%s: recovered %v", what, p)
		}
	}()
	f()
}

// A panic in what is the user's, as an interceptor, is that of the caller, on whatever
// goroutine the call is.
func TestPanicsAreTheCallers(t *testing.T) {
	panics := jsonrpc.WithInterceptors(func(jsonrpc.Invoker) jsonrpc.Invoker {
		return func(context.Context, *jsonrpc.Exchange) error { panic("oh") }
	})
	after := jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			_ = next(ctx, x)
			panic("oh")
		}
	})
	server := tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(`{"jsonrpc":"2.0","result":[1,2],"id":1}`)), nil
	})
	for name, test := range map[string]func(t *testing.T){
		"Open": func(t *testing.T) {
			client := newClient(t, server, panics)
			recovers(t, "Open", func() { _, _ = jsonrpc.Open(t.Context(), client, "all", nil) })
		},
		"the reader of Open": func(t *testing.T) {
			result, err := jsonrpc.Open(t.Context(), newClient(t, server, after), "all", nil)
			if err != nil {
				t.Fatal(err)
			}
			recovers(t, "Read", func() {
				text, err := io.ReadAll(result)
				t.Errorf("read %s, %v", text, err)
			})
			if err = result.Close(); err != nil {
				t.Error(err)
			}
		},
		"Open that is given up": func(t *testing.T) {
			result, err := jsonrpc.Open(t.Context(), newClient(t, server, after), "all", nil)
			if err != nil {
				t.Fatal(err)
			}
			if err = result.Close(); err != nil {
				t.Error(err)
			}
		},
		"progress": func(t *testing.T) {
			client := newClient(t, server, panics)
			recovers(t, "Call", func() {
				_ = client.Call(t.Context(), "all", nil, nil, jsonrpc.WithProgress(jsonrpc.ProgressMCP, 0, nil))
			})
		},
		"coalesced calls": func(t *testing.T) {
			slow := newSlow()
			client := newClient(t, slow, jsonrpc.WithCoalescing(jsonrpc.Coalescing{}))
			if err := client.Call(t.Context(), "double", jsonrpc.Args{1}, nil); err != nil {
				t.Fatal(err)
			}
			slow.refuses = func(body []byte) string {
				if body[0] == '[' {
					panic("oh")
				}
				return ""
			}
			var calls sync.WaitGroup
			calls.Go(func() { _ = client.Call(t.Context(), "double", jsonrpc.Args{1}, nil) })
			synctest.Wait()
			for range 3 {
				calls.Go(func() {
					recovers(t, "Call", func() { _ = client.Call(t.Context(), "double", jsonrpc.Args{2}, nil) })
				})
			}
			calls.Wait()
			if err := client.Call(t.Context(), "double", jsonrpc.Args{1}, nil); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
	}
}
