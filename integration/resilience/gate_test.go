package resilience_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
	"example.com/jsonrpc/transport"
)

func TestGateStopsAllCalls(t *testing.T) {
	bubble(t, "until the time that the server named", func(t *testing.T) {
		s := &server{steps: []step{limited30, fine}}
		gate := resilience.New(resilience.Gate{})
		one, two := s.client(t, gate), s.client(t, gate)
		if err := call(t.Context(), one); jsonrpc.Classify(err).Class != jsonrpc.ClassRateLimited {
			t.Error(err)
		}
		begin := time.Now()
		var calls sync.WaitGroup
		for i := range 10 {
			calls.Go(func() {
				if err := call(t.Context(), []*jsonrpc.Client{one, two}[i%2]); err != nil {
					t.Error(err)
				}
				since(t, begin, 30*time.Second)
			})
		}
		calls.Wait()
		if err := call(t.Context(), one); err != nil {
			t.Error(err)
		}
		since(t, begin, 30*time.Second)
	})
	bubble(t, "of that endpoint", func(t *testing.T) {
		limits, works := &server{steps: []step{limited30}}, &server{name: "other:", steps: []step{fine}}
		gate := resilience.New(resilience.Gate{})
		_ = call(t.Context(), limits.client(t, gate))
		begin := time.Now()
		if err := call(t.Context(), works.client(t, gate)); err != nil {
			t.Error(err)
		}
		since(t, begin, 0)
	})
	bubble(t, "but not those with too little time", func(t *testing.T) {
		s := &server{steps: []step{limited30, fine}}
		client := s.client(t, resilience.New(resilience.Gate{}))
		_ = call(t.Context(), client)
		time.Sleep(10 * time.Second)
		begin := time.Now()
		err := call(t.Context(), client, jsonrpc.WithTimeout(5*time.Second))
		since(t, begin, 0)
		wantErr(t, err, "jsonrpc: get at test:: send: gate: the server asked to be left alone for another 20s, and the deadline is in 5s")
		if want := (jsonrpc.Outcome{Class: jsonrpc.ClassUnreachable, RetryAfter: 20 * time.Second}); jsonrpc.Classify(err) != want || jsonrpc.MaybeSent(err) {
			t.Errorf("%+v", jsonrpc.Classify(err))
		}
	})
	bubble(t, "but not for too long", func(t *testing.T) {
		s := &server{steps: []step{limited30, fine}}
		client := s.client(t, resilience.New(resilience.Gate{Max: 20 * time.Second}))
		_ = call(t.Context(), client)
		begin := time.Now()
		err := call(t.Context(), client)
		since(t, begin, 0)
		wantErr(t, err, "jsonrpc: get at test:: send: gate: the server asked to be left alone for another 30s, more than the 20s that calls wait")
	})
	bubble(t, "a second if the server named no time", func(t *testing.T) {
		s := &server{steps: []step{limited, fine}}
		client := s.client(t, resilience.New(resilience.Gate{}))
		_ = call(t.Context(), client)
		begin := time.Now()
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
		since(t, begin, time.Second)
	})
	bubble(t, "until they are canceled", func(t *testing.T) {
		s := &server{steps: []step{limited30, fine}}
		client := s.client(t, resilience.New(resilience.Gate{}))
		_ = call(t.Context(), client)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begin := time.Now()
		err := call(ctx, client)
		since(t, begin, time.Second)
		if !errors.Is(err, context.Canceled) || jsonrpc.MaybeSent(err) {
			t.Error(err)
		}
	})
	nine := step{status: 429, header: http.Header{"Retry-After": {"9"}}}
	for name, steps := range map[string][]step{
		"and longer if it says so again":  {after(100*time.Millisecond, limited), after(500*time.Millisecond, nine), fine},
		"and not less if it says less":    {after(500*time.Millisecond, limited), after(500*time.Millisecond, nine), fine},
		"and not less if it says so late": {after(100*time.Millisecond, nine), after(500*time.Millisecond, limited), fine},
	} {
		bubble(t, name, func(t *testing.T) {
			s := &server{steps: steps}
			client := s.client(t, resilience.New(resilience.Gate{}))
			for range 2 {
				go func() { _ = call(t.Context(), client) }()
			}
			time.Sleep(600 * time.Millisecond)
			begin := time.Now().Add(-600 * time.Millisecond)
			if err := call(t.Context(), client); err != nil {
				t.Error(err)
			}
			if took := time.Since(begin).Round(time.Second / 2); took != 9*time.Second && took != 9500*time.Millisecond {
				t.Errorf("it took %v", took)
			}
		})
	}
	bubble(t, "for one item of a batch", func(t *testing.T) {
		s := &server{steps: []step{{
			header: http.Header{"Retry-After": {"5"}},
			reply:  `[{"jsonrpc":"2.0","error":{"code":429,"message":"busy"},"id":1}]`,
		}, fine}}
		client := s.client(t, resilience.New(resilience.Gate{}))
		var b jsonrpc.Batch
		b.Add(jsonrpc.Request{Method: "get"})
		_, _ = client.Send(t.Context(), &b)
		begin := time.Now()
		_ = call(t.Context(), client)
		since(t, begin, 5*time.Second)
	})
	bubble(t, "and retries wait for it", func(t *testing.T) {
		s := &server{steps: []step{limited30, fine}}
		begin := time.Now()
		if err := call(t.Context(), s.client(t, idempotent, resilience.New())); err != nil {
			t.Error(err)
		}
		since(t, begin, 30*time.Second)
	})
}

func TestRateLimit(t *testing.T) {
	// at makes n calls at once and returns when the server got them.
	at := func(t *testing.T, s *server, client *jsonrpc.Client, n int) (times []time.Duration) {
		t.Helper()
		var calls sync.WaitGroup
		for range n {
			calls.Go(func() {
				if err := call(t.Context(), client); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		for _, a := range s.arrivals() {
			times = append(times, a.at)
		}
		return times
	}
	for name, test := range map[string]struct {
		limit resilience.RateLimit
		want  []int64 // ms
	}{
		"spread":     {resilience.RateLimit{Calls: 10}, []int64{0, 100, 200, 300, 400}},
		"a minute":   {resilience.RateLimit{Calls: 6, Per: time.Minute}, []int64{0, 10_000, 20_000}},
		"bursts":     {resilience.RateLimit{Calls: 2, Burst: true}, []int64{0, 0, 1000, 1000, 2000}},
		"with costs": {resilience.RateLimit{Calls: 10, Cost: func(string) int { return 3 }}, []int64{0, 300, 600}},
		"free":       {resilience.RateLimit{Calls: 1, Cost: func(string) int { return 0 }}, []int64{0, 0, 0}},
		"none":       {resilience.RateLimit{}, []int64{0, 0, 0}},
		"costs that come in bursts": {resilience.RateLimit{Calls: 2, Burst: true, Cost: func(string) int { return 5 }},
			[]int64{2000, 4000, 7000}},
	} {
		bubble(t, name, func(t *testing.T) {
			s := &server{steps: []step{fine}}
			got := at(t, s, s.client(t, resilience.New(test.limit)), len(test.want))
			// A smooth limit gives the first of a higher cost its turn at the end of
			// that cost: what counts is how far they are apart.
			for i := 1; i < len(got); i++ {
				if want := test.want[i] - test.want[i-1]; (got[i] - got[i-1]).Milliseconds() != want {
					t.Errorf("%v", got)
					break
				}
			}
		})
	}
	bubble(t, "bursts do not grow while nobody calls", func(t *testing.T) {
		s := &server{steps: []step{fine}}
		client := s.client(t, resilience.New(resilience.RateLimit{Calls: 2, Burst: true}))
		at(t, s, client, 3) // of which one takes a turn of the next second
		time.Sleep(time.Minute)
		begin := time.Now()
		at(t, s, client, 6)
		since(t, begin, 2*time.Second)
	})
	bubble(t, "what costs more than could ever go is refused", func(t *testing.T) {
		for _, limit := range []resilience.RateLimit{{Calls: 5}, {Calls: 5, Burst: true}, {Calls: 1, Per: time.Hour}} {
			limit.Cost = func(string) int { return math.MaxInt }
			s := &server{steps: []step{fine}}
			client := s.client(t, resilience.New(limit))
			wantErr(t, call(t.Context(), client), "jsonrpc: get at test:: send: rate limit: the call's turn comes later than the 1m0s that calls wait")
			var b jsonrpc.Batch
			b.Add(jsonrpc.Request{Method: "a"}, jsonrpc.Request{Method: "b"})
			_, err := client.Send(t.Context(), &b)
			wantErr(t, err, "jsonrpc: batch of 2 at test:: send: rate limit: the call's turn comes later than the 1m0s that calls wait")
		}
	})
	bubble(t, "batches cost the sum of their items", func(t *testing.T) {
		s := &server{steps: []step{{reply: "[]"}, fine}}
		client := s.client(t, resilience.New(resilience.RateLimit{Calls: 10}), jsonrpc.WithValidation(false))
		var b jsonrpc.Batch
		b.Add(jsonrpc.Request{Method: "a"}, jsonrpc.Request{Method: "b"})
		b.Notify("n", nil)
		_, _ = client.Send(t.Context(), &b)
		begin := time.Now()
		_ = call(t.Context(), client)
		if wait := time.Since(begin); wait < 100*time.Millisecond || wait > 300*time.Millisecond {
			t.Error(wait)
		}
	})
	bubble(t, "a turn that comes too late is not taken", func(t *testing.T) {
		s := &server{steps: []step{fine}}
		client := s.client(t, resilience.New(resilience.RateLimit{Calls: 1, Per: 10 * time.Second, MaxWait: 15 * time.Second}))
		_ = call(t.Context(), client)
		begin := time.Now()
		for range 3 {
			err := call(t.Context(), client, jsonrpc.WithTimeout(5*time.Second))
			wantErr(t, err, "jsonrpc: get at test:: send: rate limit: the call's turn comes after its deadline, in 5s")
			if jsonrpc.MaybeSent(err) {
				t.Error("it may have been sent")
			}
		}
		since(t, begin, 0)
		go func() { _ = call(t.Context(), client) }()
		synctest.Wait()
		err := call(t.Context(), client)
		since(t, begin, 0)
		wantErr(t, err, "jsonrpc: get at test:: send: rate limit: the call's turn comes later than the 15s that calls wait")
		time.Sleep(time.Minute)
	})
	bubble(t, "a call that waits can be canceled", func(t *testing.T) {
		s := &server{steps: []step{fine}}
		client := s.client(t, resilience.New(resilience.RateLimit{Calls: 1, Per: 10 * time.Second}))
		_ = call(t.Context(), client)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begin := time.Now()
		err := call(ctx, client)
		since(t, begin, time.Second)
		if !errors.Is(err, context.Canceled) || s.count() != 1 {
			t.Error(err)
		}
	})
}

func TestConcurrency(t *testing.T) {
	slow := after(time.Second, fine)
	bubble(t, "what costs more than all places goes alone", func(t *testing.T) {
		s := &server{steps: []step{{reply: "[]"}}}
		client := s.client(t, jsonrpc.WithValidation(false),
			resilience.New(resilience.Concurrency{Max: 5, Cost: func(string) int { return math.MaxInt }}))
		var b jsonrpc.Batch
		b.Add(jsonrpc.Request{Method: "a"}, jsonrpc.Request{Method: "b"})
		if _, err := client.Send(t.Context(), &b); err != nil || s.count() != 1 {
			t.Error(err)
		}
	})
	bubble(t, "so many at once", func(t *testing.T) {
		s := &server{steps: []step{slow}}
		client := s.client(t, resilience.New(resilience.Concurrency{Max: 3}))
		var calls sync.WaitGroup
		begin := time.Now()
		for range 7 {
			calls.Go(func() {
				if err := call(t.Context(), client); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		since(t, begin, 3*time.Second)
		if _, most, _ := s.underWay(); most != 3 {
			t.Errorf("%d were under way", most)
		}
	})
	bubble(t, "by their costs", func(t *testing.T) {
		s := &server{steps: []step{slow}}
		client := s.client(t, resilience.New(resilience.Concurrency{Max: 3, Cost: func(method string) int {
			return map[string]int{"get": 2, "huge": 9}[method]
		}}))
		var calls sync.WaitGroup
		begin := time.Now()
		for _, method := range []string{"get", "get", "huge", "free", "free"} {
			calls.Go(func() { _ = client.Call(t.Context(), method, nil, nil) })
		}
		calls.Wait()
		since(t, begin, 3*time.Second)
		if _, most, _ := s.underWay(); most > 4 {
			t.Errorf("%d were under way", most)
		}
	})
	bubble(t, "a place is free again after a failure, a panic and a cancellation", func(t *testing.T) {
		s := &server{steps: []step{broken, stalled, fine}}
		panics := false
		client := s.client(t, resilience.New(resilience.Concurrency{Max: 1}), jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				if panics {
					panic("an interceptor's")
				}
				return next(ctx, x)
			}
		}))
		_ = call(t.Context(), client)
		_ = call(t.Context(), client, jsonrpc.WithTimeout(time.Second))
		func() {
			defer func() { _ = recover() }()
			panics = true
			_ = call(t.Context(), client)
		}()
		panics = false
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
	})
	bubble(t, "not longer than is allowed", func(t *testing.T) {
		s := &server{steps: []step{after(time.Minute, fine)}}
		client := s.client(t, resilience.New(resilience.Concurrency{Max: 1, MaxWait: 10 * time.Second}))
		go func() { _ = call(t.Context(), client) }()
		synctest.Wait()
		begin := time.Now()
		err := call(t.Context(), client)
		since(t, begin, 10*time.Second)
		wantErr(t, err, "jsonrpc: get at test:: send: concurrency: no place became free in the 10s that calls wait")
		err = call(t.Context(), client, jsonrpc.WithTimeout(time.Second))
		since(t, begin, 11*time.Second)
		if e := (*transport.Error)(nil); !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || e.Sent {
			t.Error(err)
		}
		time.Sleep(time.Minute)
	})
}

// Some servers send a time where seconds are due.
func TestGateOpensAfterADay(t *testing.T) {
	bubble(t, "at the latest", func(t *testing.T) {
		s := &server{steps: []step{{status: 429, header: http.Header{"Retry-After": {"1700000000"}}}, fine}}
		client := s.client(t, resilience.New(resilience.Gate{}))
		_ = call(t.Context(), client)
		time.Sleep(24*time.Hour - time.Second)
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
	})
}
