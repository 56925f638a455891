package jsonrpc_test

import (
	"context"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// That no goroutine is left is what every bubble sees to.
func TestCloseEndsEverything(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		t.Run(map[bool]string{false: "listening", true: "never reading"}[deaf], func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				p.deaf = deaf
				handling := make(chan struct{})
				c := p.client(jsonrpc.WithCancelNotice(jsonrpc.CancelLSP),
					jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(ctx context.Context, _ *jsonrpc.ServerMessage) (any, error) {
						<-ctx.Done()
						close(handling)
						return nil, nil
					})))
				sub, err := jsonrpc.Subscribe(t.Context(), c, jsonrpc.Notifications("n"), nil)
				if err != nil {
					t.Fatal(err)
				}
				one := startCall(t.Context(), t, c, "one")
				var b jsonrpc.Batch
				b.Add(jsonrpc.Request{Method: "two"})
				two := start(t, func() (*jsonrpc.Reply, error) { return c.Send(t.Context(), &b) })
				asking := start(t, func() (*jsonrpc.Subscription, error) {
					return jsonrpc.Subscribe(t.Context(), c, jsonrpc.EthSubscribe("newHeads"), nil)
				})
				ctx, cancel := context.WithCancel(t.Context())
				three := startCall(ctx, t, c, "three")
				cancel()
				three.wantErr(context.Canceled, true)
				event := start(t, func() (event jsonrpc.Event, err error) {
					for event, err = range sub.Events(t.Context()) {
						break
					}
					return event, err
				})
				if _, err := p.newest().Write([]byte(`{"jsonrpc":"2.0","method":"m","id":1}` + "\n")); err != nil {
					t.Fatal(err)
				}

				begin := time.Now()
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				one.wantErr(jsonrpc.ErrClosed, !deaf)
				two.wantErr(jsonrpc.ErrClosed, !deaf)
				asking.wantErr(jsonrpc.ErrClosed, !deaf)
				event.wantErr(jsonrpc.ErrClosed, false)
				<-handling
				if d := time.Since(begin); d > 0 {
					t.Errorf("it took %v", d)
				}

				// And nothing begins.
				startCall(t.Context(), t, c, "late").wantErr(jsonrpc.ErrClosed, false)
				start(t, func() (int, error) { return 0, c.Notify(t.Context(), "late", nil) }).wantErr(jsonrpc.ErrClosed, false)
				for _, d := range []jsonrpc.Dialect{jsonrpc.Notifications("n"), jsonrpc.EthSubscribe("newHeads")} {
					_, err = jsonrpc.Subscribe(t.Context(), c, d, nil)
					wantIs(t, err, jsonrpc.ErrClosed, false)
				}
				if err := sub.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if n := len(p.dials); n != 1 {
					t.Errorf("dialled %d times", n)
				}
			})
		})
	}
}

// A handler may close its client.
func TestCloseFromAHandler(t *testing.T) {
	for name, message := range map[string]string{
		"notification": `<-- {"jsonrpc":"2.0","method":"m"}`,
		"request":      `<-- {"jsonrpc":"2.0","method":"m","id":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				var c *jsonrpc.Client
				closed := make(chan error, 1)
				c = p.client(jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) {
					closed <- c.Close()
					return nil, nil
				})))
				one := startCall(t.Context(), t, c, "one")
				p.play("--> " + `{"jsonrpc":"2.0","method":"one","id":1}` + "\n" + message)
				if err := <-closed; err != nil {
					t.Error(err)
				}
				one.wantErr(jsonrpc.ErrClosed, true)
			})
		})
	}
}

// Calls by many that end at once while others begin: each has one end.
func TestCloseUnderLoad(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		var calls []*pending[string]
		for range 100 {
			calls = append(calls, startCall(t.Context(), t, c, "m"))
		}
		_ = c.Close()
		for _, call := range calls {
			call.wantErr(jsonrpc.ErrClosed, true)
		}
	})
}
