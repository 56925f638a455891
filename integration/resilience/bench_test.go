package resilience_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
	"example.com/jsonrpc/transport"
)

// BenchmarkCall is the cost of each policy on a call that succeeds at once, beside
// none and beside an interceptor that does nothing. The table of
// docs/reliability.md is made of it:
//
//	go test -bench Call -benchmem -count 10 ./integration/resilience
func BenchmarkCall(b *testing.B) {
	nothing := jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker { return next })
	much := 1_000_000_000
	policies := []resilience.Policy{
		resilience.Retry{}, resilience.Gate{}, resilience.RateLimit{Calls: much}, resilience.Concurrency{Max: 1000},
		resilience.Breaker{}, resilience.Hedge{Delay: time.Minute}, resilience.Dedupe{},
	}
	for _, bench := range []struct {
		name string
		opts []jsonrpc.ClientOption
	}{
		{"no-interceptor", nil},
		{"one-that-does-nothing", []jsonrpc.ClientOption{nothing}},
		{"Retry", []jsonrpc.ClientOption{resilience.New(policies[0])}},
		{"Gate", []jsonrpc.ClientOption{resilience.New(policies[1])}},
		{"RateLimit", []jsonrpc.ClientOption{resilience.New(policies[2])}},
		{"Concurrency", []jsonrpc.ClientOption{resilience.New(policies[3])}},
		{"Breaker", []jsonrpc.ClientOption{resilience.New(policies[4])}},
		{"Hedge", []jsonrpc.ClientOption{resilience.New(policies[5]), idempotent}},
		{"Dedupe", []jsonrpc.ClientOption{resilience.New(policies[6]), idempotent}},
		{"Retry-and-Gate", []jsonrpc.ClientOption{resilience.New()}},
		{"all-but-Hedge-and-Dedupe", []jsonrpc.ClientOption{resilience.New(policies[:5]...)}},
		{"all", []jsonrpc.ClientOption{resilience.New(policies...), idempotent}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			client, err := jsonrpc.NewClient(echo{}, append(bench.opts, jsonrpc.WithIDs(func() jsonrpc.ID { return jsonrpc.IntID(1) }))...)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var result int
				if err := client.Call(b.Context(), "get", nil, &result); err != nil || result != 7 {
					b.Fatal(result, err)
				}
			}
		})
	}
}

// echo answers at once.
type echo struct{}

func (echo) RoundTrip(context.Context, *transport.Message) (io.ReadCloser, error) {
	return reply{bytes.NewBufferString(`{"jsonrpc":"2.0","result":7,"id":1}`)}, nil
}

func (echo) String() string { return "test:" }

type reply struct{ *bytes.Buffer }

func (reply) Close() error { return nil }
