package resilience_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
)

// quick opens after two failures among four calls.
var quick = resilience.Breaker{Calls: 4, Delay: 5 * time.Second}

// states has the breaker's changes noted.
func states(b resilience.Breaker) (_ resilience.Breaker, seen *[]string) {
	seen = new([]string)
	b.OnChange = func(c resilience.BreakerChange) {
		*seen = append(*seen, fmt.Sprintf("%s %s>%s", c.Endpoint, c.From, c.To))
	}
	return b, seen
}

func TestBreaker(t *testing.T) {
	bubble(t, "opens, tries, and closes", func(t *testing.T) {
		s := &server{steps: []step{fine, fine, broken, broken, broken, fine}}
		breaker, seen := states(quick)
		client := s.client(t, resilience.New(breaker))
		for range 4 {
			_ = call(t.Context(), client)
		}
		begin := time.Now()
		time.Sleep(time.Second)
		err := call(t.Context(), client)
		since(t, begin, time.Second)
		wantErr(t, err, "jsonrpc: get at test:: send: breaker: it is open because calls failed, for another 4s")
		if want := (jsonrpc.Outcome{Class: jsonrpc.ClassUnreachable, RetryAfter: 4 * time.Second}); jsonrpc.Classify(err) != want {
			t.Errorf("%+v", jsonrpc.Classify(err))
		}
		time.Sleep(4 * time.Second)
		_ = call(t.Context(), client) // a trial, which fails
		if err := call(t.Context(), client); err == nil || s.count() != 5 {
			t.Error(err, s.count())
		}
		time.Sleep(5 * time.Second)
		for range 3 {
			if err := call(t.Context(), client); err != nil {
				t.Error(err)
			}
		}
		want := []string{"test: closed>open", "test: open>half-open", "test: half-open>open", "test: open>half-open", "test: half-open>closed"}
		if !slices.Equal(*seen, want) {
			t.Errorf("%v", *seen)
		}
	})
	bubble(t, "lets no more than the trials through", func(t *testing.T) {
		s := &server{steps: []step{broken, broken, broken, broken, after(time.Second, fine)}}
		client := s.client(t, resilience.New(quick))
		for range 4 {
			_ = call(t.Context(), client)
		}
		time.Sleep(5 * time.Second)
		trial := make(chan error, 1)
		go func() { trial <- call(t.Context(), client) }()
		synctest.Wait()
		wantErr(t, call(t.Context(), client), "jsonrpc: get at test:: send: breaker: it is half-open, and its trials are under way")
		if err := <-trial; err != nil {
			t.Error(err)
		}
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
	})
	bubble(t, "a trial that ends in a panic is not the last", func(t *testing.T) {
		s := &server{steps: []step{broken, broken, broken, broken, fine}}
		panics := false
		inner := func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				if panics {
					panic("oops")
				}
				return next(ctx, x)
			}
		}
		client := s.client(t, resilience.New(quick), jsonrpc.WithInterceptors(inner))
		for range 4 {
			_ = call(t.Context(), client)
		}
		time.Sleep(5 * time.Second)
		panics = true
		func() {
			defer func() { _ = recover() }()
			_ = call(t.Context(), client)
		}()
		panics = false
		time.Sleep(5 * time.Second)
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
	})
	bubble(t, "a trial that is given up is none, and not the last", func(t *testing.T) {
		s := &server{steps: []step{broken, broken, broken, broken, stalled, fine}}
		client := s.client(t, resilience.New(quick))
		for range 4 {
			_ = call(t.Context(), client)
		}
		time.Sleep(5 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_ = call(ctx, client)
		if err := call(t.Context(), client); err == nil {
			t.Error("it closed after a trial that was given up")
		}
		time.Sleep(5 * time.Second)
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
	})
}

func TestBreakerKnowsAFailure(t *testing.T) {
	for name, s := range map[string]step{
		"application errors": said, "rate limits": limited, "refusals of credentials": {status: 401},
	} {
		bubble(t, "stays closed after "+name, func(t *testing.T) {
			s := &server{steps: []step{s}}
			client := s.client(t, resilience.New(quick))
			for range 20 {
				_ = call(t.Context(), client)
			}
			if s.count() != 20 {
				t.Errorf("%d calls went through", s.count())
			}
		})
	}
	for name, s := range map[string]step{"unavailable": {status: 503}, "unreachable": unsent, "garbage": {reply: "{"}} {
		bubble(t, "opens after "+name, func(t *testing.T) {
			s := &server{steps: []step{s}}
			client := s.client(t, resilience.New(quick))
			for range 20 {
				_ = call(t.Context(), client)
			}
			if s.count() != 4 {
				t.Errorf("%d calls went through", s.count())
			}
		})
	}
	bubble(t, "stays closed when callers give up", func(t *testing.T) {
		s := &server{steps: []step{stalled}}
		client := s.client(t, resilience.New(quick))
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_ = call(ctx, client)
		}
		if s.count() != 20 {
			t.Errorf("%d calls went through", s.count())
		}
	})
	bubble(t, "does not count what other policies refuse", func(t *testing.T) {
		s := &server{steps: []step{fine}}
		client := s.client(t, resilience.New(quick, resilience.RateLimit{Calls: 1, Per: time.Hour, MaxWait: 1}))
		for range 20 {
			_ = call(t.Context(), client)
		}
		if err := call(t.Context(), client); err == nil || err.Error() != "jsonrpc: get at test:: send: rate limit: the call's turn comes later than the 1ns that calls wait" {
			t.Error(err)
		}
	})
	bubble(t, "counts a batch with a failed item", func(t *testing.T) {
		s := &server{steps: []step{{reply: `[{"jsonrpc":"2.0","error":{"code":-28,"message":"Loading"},"id":1}]`}}}
		client := s.client(t, resilience.New(quick), jsonrpc.WithIDs(func() jsonrpc.ID { return jsonrpc.IntID(1) }))
		var b jsonrpc.Batch
		b.Add(jsonrpc.Request{Method: "get"})
		for range 20 {
			_, _ = client.Send(t.Context(), &b)
		}
		if s.count() != 4 {
			t.Errorf("%d batches went through", s.count())
		}
	})
	bubble(t, "is one for each endpoint", func(t *testing.T) {
		fails, works := &server{steps: []step{broken}}, &server{name: "other:", steps: []step{fine}}
		policies := resilience.New(quick)
		client := fails.client(t, policies)
		for range 20 {
			_ = call(t.Context(), client)
		}
		if err := call(t.Context(), works.client(t, policies)); err != nil {
			t.Error(err)
		}
	})
	bubble(t, "retries wait for it", func(t *testing.T) {
		s := &server{steps: []step{broken, broken, broken, broken, fine}}
		client := s.client(t, idempotent, resilience.New(quick, resilience.Retry{Attempts: 6, First: time.Millisecond}))
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
		if got := s.arrivals(); len(got) != 5 || got[4].at < 5*time.Second {
			t.Errorf("%v", got)
		}
	})
}
