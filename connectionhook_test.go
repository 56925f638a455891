package jsonrpc_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// A connection's changes are told in their order, and the hook may use the client.
func TestConnectionHook(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		var (
			mu   sync.Mutex
			told []string
			c    *jsonrpc.Client
		)
		hook := func(e jsonrpc.ConnectionEvent) {
			text := e.Endpoint + " " + e.State.String()
			if e.Err != nil {
				text += ": " + e.Err.Error()
			}
			mu.Lock()
			told = append(told, text)
			mu.Unlock()
			if e.State == jsonrpc.ConnectionLost && len(told) < 4 {
				_ = c.Notify(t.Context(), "again", nil)
			}
		}
		want := func(lines ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if len(told) != len(lines) {
				t.Fatalf("told %q", told)
			}
			for i := range lines {
				wantText(t, "told", told[i], lines[i])
			}
			told = nil
		}
		c = p.client(jsonrpc.WithConnectionHook(hook))
		want("test: connected")
		p.meet(shut)
		p.play(`
			wait 2s
			drop
		`)
		want("test: connection lost: the server closed the connection", "test: connecting failed: connect: the door is shut")
		p.meet(nil)
		if err := c.Notify(t.Context(), "note", nil); err != nil {
			t.Error(err)
		}
		want("test: connected")
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		want("test: connection lost: the client is closed")
	})
}

// Of a pool each event names its endpoint.
func TestConnectionHookOfAPool(t *testing.T) {
	server := jsonrpctest.New(t)
	told := make(chan string, 10)
	p := newPool(t, jsonrpc.Endpoints(jsonrpc.Endpoint{Name: "mine", URL: server.URL("tcp")}, jsonrpc.Endpoint{URL: "tcp://127.0.0.1:1"}),
		jsonrpc.WithStrategy(jsonrpc.Ordered()),
		jsonrpc.WithConnectionHook(func(e jsonrpc.ConnectionEvent) { told <- e.Endpoint + " " + e.State.String() }))
	_ = p.Notify(t.Context(), "note", nil)
	wantText(t, "told", <-told, "mine connected")
	_ = p.Close()
	wantText(t, "told", <-told, "mine connection lost")
}
