package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
)

// TestNewSortsItsPolicies: whatever the order in which they are given.
func TestNewSortsItsPolicies(t *testing.T) {
	policies := []resilience.Policy{
		resilience.Concurrency{Max: 1}, resilience.RateLimit{Calls: 1000}, resilience.Gate{}, resilience.Breaker{Calls: 2, Delay: time.Minute},
		resilience.Hedge{Delay: time.Second}, resilience.Retry{First: time.Second}, resilience.Dedupe{},
	}
	backwards := slices.Clone(policies)
	slices.Reverse(backwards)
	for name, policies := range map[string][]resilience.Policy{"one way": policies, "the other": backwards} {
		bubble(t, name, func(t *testing.T) {
			s := &server{steps: []step{unsent}}
			client := s.client(t, idempotent, resilience.New(policies...))
			var calls sync.WaitGroup
			for range 5 {
				calls.Go(func() {
					// The breaker opens after the second attempt and is known to the
					// retry, which all calls share: it would have to wait for too long.
					err := call(t.Context(), client, jsonrpc.WithTimeout(10*time.Second))
					refusal := (*resilience.RefusedError)(nil)
					if !errors.As(err, &refusal) || refusal.By != "breaker" || !strings.Contains(err.Error(), "gave up after 3 attempts: the next has to wait") {
						t.Error(err)
					}
				})
			}
			calls.Wait()
			if s.count() != 2 {
				t.Errorf("%d messages", s.count())
			}
		})
	}
}

// TestOneClassifierForAll: New gives it to all policies that have none.
func TestOneClassifierForAll(t *testing.T) {
	busy := resilience.Classifier(func(err error) jsonrpc.Outcome {
		o := jsonrpc.Classify(err)
		if jsonrpc.CodeOf(err) == 7 {
			o.Class, o.RetryAfter = jsonrpc.ClassRateLimited, 20*time.Second
		}
		return o
	})
	bubble(t, "", func(t *testing.T) {
		s := &server{steps: []step{said, fine}}
		client := s.client(t, idempotent, resilience.New(resilience.Retry{}, resilience.Gate{}, busy))
		begin := time.Now()
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
		since(t, begin, 20*time.Second)
	})
	bubble(t, "own", func(t *testing.T) {
		s := &server{steps: []step{said, fine}}
		client := s.client(t, idempotent, resilience.New(resilience.Retry{Classifier: jsonrpc.Classify}, busy))
		if err := call(t.Context(), client); jsonrpc.CodeOf(err) != 7 {
			t.Error(err)
		}
	})
}

// TestOutsideSeesOneCallAndItsAttempts: what an interceptor for traces needs.
func TestOutsideSeesOneCallAndItsAttempts(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		var seen []string
		var mu sync.Mutex
		outside := jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				x.OnAttempt(func(a jsonrpc.Attempt) {
					mu.Lock()
					defer mu.Unlock()
					seen = append(seen, fmt.Sprintf("attempt %d: HTTP %d, %v", a.Number, a.HTTPStatus, a.Err != nil))
				})
				err := next(ctx, x)
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, fmt.Sprintf("call: HTTP %d, %v", x.HTTPStatus(), err != nil))
				return err
			}
		})
		s := &server{steps: []step{{status: 503}, broken, fine}}
		client := s.client(t, idempotent, outside, resilience.New(resilience.Retry{}, resilience.Dedupe{}, resilience.Hedge{Delay: time.Hour}))
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
		want := []string{"attempt 1: HTTP 503, true", "attempt 2: HTTP 0, true", "attempt 3: HTTP 200, false", "call: HTTP 200, false"}
		if !slices.Equal(seen, want) {
			t.Errorf("%q", seen)
		}
	})
}

// TestPoliciesAlone: each is an interceptor by itself, and New takes several of one
// kind.
func TestPoliciesAlone(t *testing.T) {
	bubble(t, "an interceptor", func(t *testing.T) {
		s := &server{steps: []step{broken, fine}}
		client := s.client(t, idempotent, jsonrpc.WithInterceptors(resilience.Retry{}.Interceptor()))
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
	})
	bubble(t, "two limits", func(t *testing.T) {
		s := &server{steps: []step{fine}}
		client := s.client(t, resilience.New(
			resilience.RateLimit{Calls: 10}, resilience.RateLimit{Calls: 3, Per: 20 * time.Second, Burst: true}))
		begin := time.Now()
		for range 4 {
			if err := call(t.Context(), client); err != nil {
				t.Error(err)
			}
		}
		since(t, begin, 20*time.Second)
	})
}
