package jsonrpc_test

import (
	"context"
	"strings"
	"testing"

	"example.com/jsonrpc"
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
				wantText(t, "before", strings.Join(before, " "), "pool pool pool")
				wantText(t, "after", strings.Join(after, " "), "a b b")
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
