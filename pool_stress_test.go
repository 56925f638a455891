package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// Real servers of three transports fail in all ways, come and go, while many goroutines
// call and subscribe. Every call ends in its own answer or a typed error, what is not
// idempotent is carried out once at most, and nothing is left over.
func TestPoolStress(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	var carriedOut sync.Map // by the number of the call
	put := func(_ context.Context, n int) (int, error) {
		count, _ := carriedOut.LoadOrStore(n, new(atomic.Int64))
		count.(*atomic.Int64).Add(1)
		return n, nil
	}
	var servers []*jsonrpctest.Server
	var endpoints []jsonrpc.Endpoint
	for _, scheme := range []string{"http", "tcp", "ws", "http", "tcp", "ws"} {
		s := jsonrpctest.New(t)
		s.HandleFunc("put", put, "n")
		s.HandleFunc("get", func(n int) int { return n }, "n")
		s.SetFaults(jsonrpctest.AtRandom(uint64(len(servers)), 0.1,
			jsonrpctest.Drop(jsonrpctest.RST), jsonrpctest.Cut(10, jsonrpctest.FIN), jsonrpctest.Refuse(-28, "starting"),
			jsonrpctest.Refuse(429, "slow down"), jsonrpctest.Garbage(1, 50), jsonrpctest.Duplicate()))
		servers = append(servers, s)
		endpoints = append(endpoints, jsonrpc.Endpoint{URL: s.URL(scheme), Name: fmt.Sprint(scheme, len(servers))})
	}
	p := newPool(t, jsonrpc.Endpoints(endpoints...), jsonrpc.WithIdempotent("get"), jsonrpc.WithTimeout(time.Second),
		jsonrpc.WithStrategy(jsonrpc.LeastLoaded()), jsonrpc.WithAttemptTimeout(300*time.Millisecond), jsonrpc.WithProbe(jsonrpc.Probe{Method: "get", Params: jsonrpc.Named{"n": 1}, Interval: 50 * time.Millisecond}),
		jsonrpc.WithResting(jsonrpc.Resting{First: time.Millisecond, Max: 10 * time.Millisecond}))
	calls := 100
	if testing.Short() {
		calls = 30
	}
	var done, failed atomic.Int64
	var callers, others sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	others.Go(func() { // endpoints come and go
		for ctx.Err() == nil {
			some := append([]jsonrpc.Endpoint(nil), endpoints...)
			rand.Shuffle(len(some), func(i, k int) { some[i], some[k] = some[k], some[i] })
			if err := p.Set(some[:3+rand.N(4)]...); err != nil {
				t.Error(err)
			}
			p.Stats()
			sleepUntil(ctx, 5*time.Millisecond)
		}
	})
	for range 4 { // subscriptions move
		others.Go(func() {
			s, err := jsonrpc.Subscribe(ctx, p.Client, jsonrpc.Notifications("n"), nil)
			if err != nil {
				t.Error(err)
				return
			}
			for _, err := range s.Events(ctx) {
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
			_ = s.Close(context.Background())
		})
	}
	for g := range 16 {
		callers.Go(func() {
			for i := range calls {
				n := g*calls + i
				method := []string{"get", "put"}[i%2]
				got, err := jsonrpc.Call[int](ctx, p, method, jsonrpc.Named{"n": n})
				if err != nil {
					failed.Add(1)
					if o := jsonrpc.Classify(err); o.Class == jsonrpc.ClassAnswer || o.Class == jsonrpc.ClassRefused {
						t.Errorf("%d: %v: %v", n, o.Class, err)
					}
				} else if done.Add(1); got != n {
					t.Errorf("%d is answered by %d", n, got)
				}
			}
		})
	}
	callers.Wait()
	stop()
	others.Wait()
	if err := p.Close(); err != nil {
		t.Log(err) // of connections that were broken
	}
	carriedOut.Range(func(n, count any) bool {
		if c := count.(*atomic.Int64).Load(); c != 1 {
			t.Errorf("%v was carried out %d times", n, c)
		}
		return true
	})
	if done.Load() < int64(16*calls)/2 {
		t.Errorf("only %d of %d calls were answered", done.Load(), 16*calls)
	}
	t.Logf("%d answered, %d failed", done.Load(), failed.Load())
}

// sleepUntil waits for a while, or for the end of ctx.
func sleepUntil(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
