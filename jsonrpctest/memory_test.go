package jsonrpctest_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

func TestConnectErrors(t *testing.T) {
	client := jsonrpctest.Connect(nil)
	err := client.Call(t.Context(), "cat", nil, nil)
	if want := "jsonrpc: cat at jsonrpctest: Method not found (code -32601)"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if err := client.Notify(t.Context(), "cat", nil); err != nil {
		t.Errorf("Notify: %v", err)
	}
	if err := client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithQuery("a", "b")); !errors.Is(err, transport.ErrNoHeaders) {
		t.Errorf("error %v, want %v", err, transport.ErrNoHeaders)
	}
	defer func() {
		if recover() == nil {
			t.Error("Connect did not panic")
		}
	}()
	jsonrpctest.Connect(nil, jsonrpc.WithHeader("a b", "c"))
}

// An error of a client whose transport has no name read "cat at Method not found".
func TestErrorWithoutEndpoint(t *testing.T) {
	nameless := struct{ transport.RoundTripper }{jsonrpctest.NewServer(nil)}
	client, err := jsonrpc.NewClient(nameless)
	if err != nil {
		t.Fatal(err)
	}
	err = client.Call(t.Context(), "cat", nil, nil)
	if want := "jsonrpc: cat: Method not found (code -32601)"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestMemoryLimit(t *testing.T) {
	server := &jsonrpctest.Server{Name: "small", MaxBody: 10}
	client, err := jsonrpc.NewClient(server)
	if err != nil {
		t.Fatal(err)
	}
	err = client.Call(t.Context(), "cat", nil, nil)
	if e := (*jsonrpc.Error)(nil); !errors.As(err, &e) || e.Code != jsonrpc.CodeInvalidRequest || !strings.Contains(string(e.Data), "10 bytes") {
		t.Errorf("error %v", err)
	}
}

// A call ends with its context, even if the handler does not.
func TestMemoryContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		client := jsonrpctest.Connect(jsonrpctest.Handlers{
			"stubborn": jsonrpctest.Func(func() { <-release }),
		}, jsonrpc.WithTimeout(time.Second))
		begin := time.Now()
		err := client.Call(t.Context(), "stubborn", nil, nil)
		if !errors.Is(err, context.DeadlineExceeded) || !jsonrpc.MaybeSent(err) {
			t.Errorf("error %v", err)
		}
		if passed := time.Since(begin); passed != time.Second {
			t.Errorf("after %v", passed)
		}

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = jsonrpctest.NewServer(nil).RoundTrip(ctx, &transport.Message{})
		if e := (*transport.Error)(nil); !errors.As(err, &e) || e.Sent || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

// A handler that calls t.FailNow ends its goroutine. The caller must not wait
// for it for ever.
func TestHandlerEndsItsGoroutine(t *testing.T) {
	client := jsonrpctest.Connect(jsonrpctest.Handlers{"fail": jsonrpctest.Func(func() { runtime.Goexit() })})
	if err := client.Call(t.Context(), "fail", nil, nil); !errors.Is(err, jsonrpc.ErrNoResponse) {
		t.Errorf("error %v", err)
	}
}

// The caller at the other end of a connection sees it end.
func TestHandlerEndsItsGoroutineOfAConnection(t *testing.T) {
	srv := jsonrpctest.New(t)
	srv.HandleFunc("fail", func() { runtime.Goexit() })
	for _, scheme := range []string{"http", "ws", "tcp"} {
		client, err := jsonrpc.Dial(t.Context(), srv.URL(scheme))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = client.Close() }()
		err = client.Call(t.Context(), "fail", nil, nil, jsonrpc.WithTimeout(10*time.Second))
		if err == nil || !jsonrpc.MaybeSent(err) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v", scheme, err)
		}
	}
}
