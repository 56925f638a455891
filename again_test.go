package jsonrpc_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// sentTwice sends each message again that failed.
func sentTwice(next jsonrpc.Invoker) jsonrpc.Invoker {
	return func(ctx context.Context, x *jsonrpc.Exchange) error {
		err := next(ctx, x)
		if err != nil {
			err = next(ctx, x)
		}
		return err
	}
}

// What was decoded of a reply that failed in the end is not in the result of the next
// attempt, and what the caller's variable held before the first still is.
func TestNothingIsLeftOfAnAttemptThatFailed(t *testing.T) {
	fill := strings.Repeat(" ", 100_000) // more than what is decoded at once
	for name, first := range map[string]string{
		"cut in the result":        `{"jsonrpc":"2.0","id":1,"result":{"first":1,` + fill,
		"cut behind it":            `{"jsonrpc":"2.0","id":1,"result":{"first":1` + fill + `}`,
		"no JSON":                  `{"jsonrpc":"2.0","id":1,"result":{"first":1,"x":]}}`,
		"no JSON, large":           `{"jsonrpc":"2.0","id":1,"result":{"first":1,` + fill + `"x":]}}`,
		"another's":                `{"jsonrpc":"2.0","result":{"first":1},"id":2}`,
		"another's, large":         `{"jsonrpc":"2.0","result":{"first":1` + fill + `},"id":2}`,
		"a result that is no fit":  `{"jsonrpc":"2.0","result":{"first":1,"x":"y"},"id":1}`,
		"that is no fit and large": `{"jsonrpc":"2.0","result":{"first":1,` + fill + `"x":"y"},"id":1}`,
	} {
		for _, last := range []string{`{"last":2}`, `{"last":2` + fill + `}`} {
			for _, held := range []map[string]int{nil, {"held": 0}} {
				if held != nil && strings.Contains(name, "no fit") {
					continue // nobody sends an answer again
				}
				replies := []string{first, `{"jsonrpc":"2.0","result":` + last + `,"id":1}`}
				client := newClient(t, tripper(func(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
					reply := replies[0]
					replies = replies[1:]
					return arrives(reply, true)(ctx, m)
				}), jsonrpc.WithInterceptors(sentTwice))
				got, want := maps.Clone(held), fmt.Sprint(map[string]int{"last": 2})
				if held != nil {
					want = fmt.Sprint(map[string]int{"held": 0, "last": 2})
				}
				err := client.Call(t.Context(), "x", nil, &got, jsonrpc.WithID(jsonrpc.IntID(1)))
				if err != nil || fmt.Sprint(got) != want {
					t.Errorf("%s, then %d bytes: %v, %v, want %s", name, len(last), got, err, want)
				}
			}
		}
	}
}
