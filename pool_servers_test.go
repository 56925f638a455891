package jsonrpc_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// Of three servers on real sockets one stops, one is slow, and one says that it is asked
// too often: every call is answered, and the others are
// hardly asked.
func TestPoolOfThreeServers(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	serve := func(faults jsonrpctest.FaultPlan) (url string, stop func()) {
		s := jsonrpctest.NewServer(nil)
		s.HandleFunc("double", func(n int) int { return 2 * n }, "n")
		s.SetFaults(faults)
		h := httptest.NewServer(s)
		t.Cleanup(h.Close)
		return h.URL, func() { h.CloseClientConnections(); h.Close() }
	}
	stopping, stop := serve(nil)
	slow, _ := serve(jsonrpctest.Always(jsonrpctest.Latency(20 * time.Millisecond)))
	limited, _ := serve(jsonrpctest.Always(jsonrpctest.Status(429, "slow down", "Retry-After: 60")))
	p := newPool(t, jsonrpc.URLs(stopping, slow, limited), jsonrpc.WithIdempotent("double"), jsonrpc.WithStrategy(jsonrpc.LeastLoaded()))
	var callers sync.WaitGroup
	for g := range 8 {
		callers.Go(func() {
			for i := range 40 {
				if g == 0 && i == 10 {
					stop()
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				got, err := jsonrpc.Call[int](ctx, p, "double", jsonrpc.Named{"n": i})
				cancel()
				if err != nil || got != 2*i {
					t.Errorf("%d, %v", got, err)
				}
			}
		})
	}
	callers.Wait()
	stats := p.Stats()
	if s := stats[2]; s.State != jsonrpc.EndpointResting || s.Calls > 8 || time.Until(s.RestUntil) < 30*time.Second {
		t.Errorf("the one that is asked too often: %+v", s)
	}
	if s := stats[0]; s.Failures == 0 || s.State == jsonrpc.EndpointUp {
		t.Errorf("the one that stopped: %+v", s)
	}
	if s := stats[1]; s.State != jsonrpc.EndpointUp || s.Failures != 0 {
		t.Errorf("the slow one: %+v", s)
	}
}
