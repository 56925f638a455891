package jsonrpc_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// again sends a message once more if that failed.
func again(next jsonrpc.Invoker) jsonrpc.Invoker {
	return func(ctx context.Context, x *jsonrpc.Exchange) error {
		err := next(ctx, x)
		if err != nil {
			err = next(ctx, x)
		}
		return err
	}
}

// What an interceptor keeps by endpoint it finds again when a message is sent again:
// that goes to the pool, too, and not to where it went before.
func TestPoolEndpointOfWhatIsSentAgain(t *testing.T) {
	for name, opts := range map[string][]jsonrpc.PoolOption{
		"plain":     nil,
		"coalesced": {jsonrpc.WithCoalescing(jsonrpc.Coalescing{})},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *peer) {
				all, endpoints := backends("ab")
				all[0].does(cutOff)
				var before, after []string
				watch := func(next jsonrpc.Invoker) jsonrpc.Invoker {
					return func(ctx context.Context, x *jsonrpc.Exchange) error {
						before = append(before, x.Endpoint())
						err := next(ctx, x)
						after = append(after, x.Endpoint())
						return err
					}
				}
				p := poolOf(t, endpoints, append(opts, jsonrpc.WithInterceptors(watch, again, watch))...)
				wantText(t, "outcome", whoAnswers(t, p), "b")
				wantText(t, "before", strings.Join(before, ","), "pool,pool,pool")
				wantText(t, "after", strings.Join(after, ","), "a,b,b")
			})
		})
	}
}

// An interceptor outside of one that sends a copy learns where that went.
func TestPoolEndpointOfParts(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		_, endpoints := backends("a")
		after := ""
		watch := func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				err := next(ctx, x)
				after = x.Endpoint()
				return err
			}
		}
		part := func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				part := x.Part()
				return x.Adopt(part, next(ctx, part))
			}
		}
		p := poolOf(t, endpoints, jsonrpc.WithInterceptors(watch, part))
		wantText(t, "outcome", whoAnswers(t, p), "a")
		wantText(t, "endpoint", after, "a")
		err := p.Call(t.Context(), "who", nil, new(int))
		wantError(t, err, `jsonrpc: who at a: the result does not fit: json: cannot unmarshal string into Go value of type int`)
	})
}

// An endpoint that lets the deadlines of a batch pass, which was made of calls, is at
// fault as for any call; not so if their callers gave them up.
func TestPoolTimeoutsOfCoalesced(t *testing.T) {
	stalls := func(ctx context.Context, _ *transport.Message) (io.ReadCloser, error) {
		<-ctx.Done()
		return nil, &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
	}
	for name, test := range map[string]struct {
		end      func(ctx context.Context, n int) (context.Context, context.CancelFunc)
		want     error
		failures int64
	}{
		"deadlines": {func(ctx context.Context, n int) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Duration(n+1)*time.Second)
		}, context.DeadlineExceeded, 3},
		"given up": {func(ctx context.Context, n int) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			time.AfterFunc(time.Duration(n+1)*time.Second, cancel)
			return ctx, cancel
		}, context.Canceled, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *peer) {
				all, endpoints := backends("a")
				all[0].does(stalls)
				p := poolOf(t, endpoints, jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Millisecond}))
				for range 3 {
					var calls sync.WaitGroup
					for n := range 2 {
						calls.Go(func() {
							ctx, cancel := test.end(t.Context(), n)
							defer cancel()
							if err := p.Call(ctx, "who", nil, nil); !errors.Is(err, test.want) {
								t.Error(err)
							}
						})
					}
					calls.Wait()
					time.Sleep(time.Millisecond)
				}
				if s := p.Stats()[0]; s.Failures != test.failures || all[0].count() != 3 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// A message that this side refuses says nothing about the endpoint: it stays on trial.
func TestPoolRefusedOnTrial(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("a")
		all[0].does(down)
		p := poolOf(t, endpoints)
		_ = whoAnswers(t, p)
		time.Sleep(time.Second)
		all[0].does(func(context.Context, *transport.Message) (io.ReadCloser, error) {
			return nil, &jsonrpc.MessageError{Reason: "it is too large for this transport"}
		})
		wantText(t, "outcome", whoAnswers(t, p), "jsonrpc: who at a: not sent: it is too large for this transport")
		wantText(t, "state", states(p), "trial")
		all[0].does(nil)
		wantText(t, "outcome", whoAnswers(t, p), "a")
		wantText(t, "state", states(p), "up")
	})
}

// Nor does a subscription that this side refuses, or that ends in a panic of the caller's
// own: the endpoint stays on trial, and a call may show whether it is well.
func TestPoolSubscriptionRefusedOnTrial(t *testing.T) {
	for name, refuse := range map[string]func() error{
		"refused": func() error { return &jsonrpc.MessageError{Reason: "not now"} },
		"panic":   func() error { panic("oops") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *peer) {
				servers, endpoints := peers(t, 2)
				a := servers[0]
				p := poolOf(t, endpoints, jsonrpc.WithStrategy(jsonrpc.Ordered()), jsonrpc.WithInterceptors(
					func(next jsonrpc.Invoker) jsonrpc.Invoker {
						return func(ctx context.Context, x *jsonrpc.Exchange) error {
							if x.Method() == "eth_subscribe" {
								return refuse()
							}
							return next(ctx, x)
						}
					}))
				one := startCall(t.Context(), t, p.Client, "one")
				a.play(`
					--> {"jsonrpc":"2.0","method":"one","id":1}
					<-- {"jsonrpc":"2.0","error":{"code":-32005,"message":"too often"},"id":1}
					wait 1m
				`)
				if _, err := one.get(); jsonrpc.CodeOf(err) != -32005 {
					t.Error(err)
				}
				func() {
					defer func() { _ = recover() }()
					if _, err := jsonrpc.Subscribe(t.Context(), p.Client, jsonrpc.EthSubscribe("newHeads"), nil); err == nil {
						t.Error("it is not refused")
					}
				}()
				wantText(t, "states", states(p), "trial,up")
				two := startCall(t.Context(), t, p.Client, "two")
				a.play(`
					--> {"jsonrpc":"2.0","method":"two","id":3}
					<-- {"jsonrpc":"2.0","result":"a","id":3}
				`)
				two.want("a")
				wantText(t, "states", states(p), "up,up")
			})
		})
	}
}
