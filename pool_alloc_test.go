package jsonrpc_test

import (
	"testing"

	"example.com/jsonrpc"
)

// A pool of one adds no allocation to a call.
func TestPoolAllocations(t *testing.T) {
	if raceEnabled() {
		t.Skip("the race detector allocates too")
	}
	var params any = jsonrpc.Args{"Mittens", 3}
	for name, test := range map[string]struct {
		url  string
		call func(jsonrpc.Caller) error
		opts []jsonrpc.DialOption
	}{
		"TCP":          {"tcp://" + benchServe(t, serveLines), meow(params), nil},
		"in memory":    {"http://pets.example", meow(params), []jsonrpc.DialOption{jsonrpc.WithHTTPTransport(inMemory{})}},
		"batch of 100": {"tcp://" + benchServe(t, serveLines), meows(params, 100), nil},
	} {
		t.Run(name, func(t *testing.T) {
			client := dial(t, test.url, test.opts...)
			pool := newPool(t, jsonrpc.Endpoints(jsonrpc.Endpoint{URL: test.url, Options: test.opts}))
			count := func(c jsonrpc.Caller) float64 {
				var failed error
				once := func() {
					if err := test.call(c); err != nil {
						failed = err
					}
				}
				once() // connects
				n := testing.AllocsPerRun(200, once)
				if failed != nil {
					t.Fatal(failed)
				}
				return n
			}
			if bare, pooled := count(client), count(pool); pooled > bare {
				t.Errorf("%v allocations, without the pool %v", pooled, bare)
			}
		})
	}
}
