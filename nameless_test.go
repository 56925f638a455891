package jsonrpc_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// Go's net/rpc answers a notification, with the id null. Once, that answer was given to the call that came after it: it
// ended with a result that was meant for nobody.
func TestAnswerToNotificationIsNobodys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pipeClient(t)
		answered := make(chan error, 1)
		go func() {
			lines := bufio.NewScanner(server)
			lines.Scan() // the notification
			lines.Scan() // the call
			_, err := server.Write([]byte(`{"id":null,"result":40,"error":null}` + "\n" + `{"id":1,"result":3,"error":null}` + "\n"))
			answered <- err
		}()
		if err := client.Notify(t.Context(), "add", jsonrpc.Args{20, 20}); err != nil {
			t.Fatal(err)
		}
		sum, err := jsonrpc.Call[int](t.Context(), client, "add", jsonrpc.Args{1, 2})
		if err != nil || sum != 3 {
			t.Errorf("got %d, %v; want 3", sum, err)
		}
		if err := <-answered; err != nil {
			t.Error(err)
		}
		if n := client.StreamStats().Strays; n != 1 {
			t.Errorf("%d strays, want 1", n)
		}
	})
}

// A late answer without an id may be to the call that was given up.
func TestLateAnswerWithoutID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pipeClient(t)
		go func() {
			lines := bufio.NewScanner(server)
			lines.Scan() // the call that is given up
			lines.Scan() // the call after it
			_, _ = server.Write([]byte(`{"id":null,"result":"late"}` + "\n" + `{"id":2,"result":"mine"}` + "\n"))
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := client.Call(ctx, "slow", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the context", err)
		}
		got, err := jsonrpc.Call[string](t.Context(), client, "fast", nil)
		if err != nil || got != "mine" {
			t.Errorf("got %q, %v; want the call's own answer", got, err)
		}
	})
}

// aria2 answers a ping with a pong and with an error that has no id: it is none of the call that waits at that moment.
func TestAnswerToPingIsNobodys(t *testing.T) {
	pinged := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{OnPingReceived: func(context.Context, []byte) bool {
			select {
			case pinged <- struct{}{}:
			default:
			}
			return true
		}})
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		_, _, _ = conn.Read(r.Context())
		ctx := conn.CloseRead(r.Context()) // which sees the ping
		<-pinged
		_ = conn.Write(ctx, websocket.MessageText, []byte(`{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request."}}`))
		_ = conn.Write(ctx, websocket.MessageText, []byte(`{"id":1,"jsonrpc":"2.0","result":"mine"}`))
		<-ctx.Done()
	}))
	defer server.Close()
	client, err := jsonrpc.Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), jsonrpc.WithKeepAlive(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	got, err := jsonrpc.Call[string](t.Context(), client, "slow", nil)
	if err != nil || got != "mine" {
		t.Errorf("got %q, %v; want the call's own answer", got, err)
	}
}

// An answer without an id that can be to one request only is given to that.
func TestAnswerWithoutIDToTheOnlyRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pipeClient(t)
		go func() {
			bufio.NewScanner(server).Scan()
			_, _ = server.Write([]byte(`{"id":null,"error":{"code":-32700,"message":"Parse error"}}` + "\n"))
		}()
		var e *jsonrpc.Error
		if err := client.Call(t.Context(), "add", nil, nil); !errors.As(err, &e) || e.Code != jsonrpc.CodeParseError {
			t.Errorf("got %v, want the server's error", err)
		}
	})
}

// pipeClient returns a tolerant client and the other end of its connection.
func pipeClient(t *testing.T) (*jsonrpc.Client, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	client, err := jsonrpc.NewStreamClient(t.Context(), "a pipe", func(context.Context) (transport.Stream, error) {
		return transport.NewStream(ours, nil), nil
	}, jsonrpc.WithValidation(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Close()
		_ = theirs.Close()
	})
	return client, theirs
}
