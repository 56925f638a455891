package resilience_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
)

// panicOn is an interceptor that panics once so much time of a call has passed.
func panicOn(wait time.Duration) jsonrpc.ClientOption {
	return jsonrpc.WithInterceptors(func(jsonrpc.Invoker) jsonrpc.Invoker {
		return func(context.Context, *jsonrpc.Exchange) error {
			time.Sleep(wait)
			panic("oh")
		}
	})
}

// A panic inside is the caller's, who may recover from it, as net/http does for
// handlers.
func TestPanicsAreTheCallers(t *testing.T) {
	for name, policies := range map[string][]resilience.Policy{
		"dedupe":           {resilience.Dedupe{}},
		"hedge":            {resilience.Hedge{Delay: 3 * time.Second}},
		"the second hedge": {resilience.Hedge{Delay: time.Second / 2}},
		"all": {resilience.Dedupe{}, resilience.Retry{}, resilience.Hedge{Delay: time.Second / 2}, resilience.Breaker{},
			resilience.Gate{}, resilience.RateLimit{Calls: 100}, resilience.Concurrency{Max: 2}},
	} {
		bubble(t, name, func(t *testing.T) {
			s := &server{steps: []step{fine}}
			client := s.client(t, idempotent, resilience.New(policies...), panicOn(time.Second))
			for range 2 { // nothing is left of the first that the second would wait for
				var calls sync.WaitGroup
				for range 3 {
					calls.Go(func() {
						defer func() {
							if p := recover(); p != "oh" {
								t.Errorf("recovered %v", p)
							}
						}()
						t.Errorf("the call returned: %v", call(t.Context(), client))
					})
				}
				calls.Wait()
			}
			time.Sleep(time.Second) // attempts that are given up panic as well
		})
	}
	bubble(t, "callers who have left get none", func(t *testing.T) {
		s := &server{steps: []step{fine}}
		client := s.client(t, idempotent, resilience.New(resilience.Dedupe{}, resilience.Hedge{Delay: time.Minute}), panicOn(time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if err := call(ctx, client); err == nil {
			t.Error("no error")
		}
		time.Sleep(time.Second)
	})
}
