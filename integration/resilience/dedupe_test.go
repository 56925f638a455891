package resilience_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
)

func TestDedupe(t *testing.T) {
	slow := after(time.Second, fine)
	dedupe := resilience.New(resilience.Dedupe{})
	bubble(t, "calls that ask the same share one message", func(t *testing.T) {
		s := &server{steps: []step{slow}}
		client := s.client(t, idempotent, dedupe)
		var calls sync.WaitGroup
		for range 10 {
			calls.Go(func() {
				if err := call(t.Context(), client); err != nil {
					t.Error(err)
				}
			})
			calls.Go(func() { // each decodes the answer for itself
				raw, err := client.Request(t.Context(), "get", nil)
				if string(raw) != `"fine"` || err != nil {
					t.Error(string(raw), err)
				}
				clear(raw)
			})
			calls.Go(func() {
				reply, err := client.Send(t.Context(), jsonrpc.Request{Method: "get"})
				if err != nil || string(reply.Result()) != `"fine"` {
					t.Error(reply, err)
				} else {
					clear(reply.Result())
				}
			})
		}
		calls.Wait()
		if s.count() != 1 {
			t.Errorf("%d messages", s.count())
		}
		if err := call(t.Context(), client); err != nil || s.count() != 2 {
			t.Errorf("a call afterwards does not ask anew: %v", err)
		}
	})
	bubble(t, "others do not", func(t *testing.T) {
		s := &server{steps: []step{slow}}
		client := s.client(t, idempotent, dedupe)
		var calls sync.WaitGroup
		for i, opts := range [][]jsonrpc.CallOption{nil, {jsonrpc.WithHeader("X-Tenant", "a")}, {jsonrpc.WithHeader("X-Tenant", "b")}} {
			calls.Go(func() { _ = client.Call(t.Context(), "get", nil, nil, opts...) })
			calls.Go(func() { _ = client.Call(t.Context(), "get", jsonrpc.Args{i}, nil) })
			calls.Go(func() { _ = client.Call(t.Context(), "put", nil, nil) })
		}
		calls.Wait()
		if s.count() != 9 {
			t.Errorf("%d messages", s.count())
		}
	})
}

// The hooks of a call are called for it: another's message would not call them.
func TestDedupeLeavesCallsWithHooksAlone(t *testing.T) {
	bubble(t, "hooks", func(t *testing.T) {
		s := &server{steps: []step{after(time.Second, fine)}}
		client := s.client(t, idempotent, resilience.New(resilience.Dedupe{}), jsonrpc.WithHTTPResponse(func(*http.Response) {}))
		var calls sync.WaitGroup
		var seen atomic.Int64
		for range 3 {
			calls.Go(func() { _ = call(t.Context(), client) })
			calls.Go(func() {
				_ = call(t.Context(), client, jsonrpc.WithHTTPResponse(func(*http.Response) { seen.Add(1) }))
			})
		}
		calls.Wait()
		if seen.Load() != 3 || s.count() != 4 {
			t.Errorf("hooks were called %d times for %d messages", seen.Load(), s.count())
		}
	})
}

func TestDedupeOfCallersThatLeave(t *testing.T) {
	slow := after(time.Second, fine)
	dedupe := resilience.New(resilience.Dedupe{})
	bubble(t, "one that leaves does not take the others along", func(t *testing.T) {
		s := &server{steps: []step{slow}}
		client := s.client(t, idempotent, dedupe)
		leaving, leave := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		time.AfterFunc(time.Second/2, func() { leave(enough) })
		begin := time.Now()
		var calls sync.WaitGroup
		calls.Go(func() { // the first
			err := call(leaving, client)
			since(t, begin, time.Second/2)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, enough) || !jsonrpc.MaybeSent(err) {
				t.Error(err)
			}
		})
		synctest.Wait()
		calls.Go(func() {
			if err := call(t.Context(), client); err != nil {
				t.Error(err)
			}
			since(t, begin, time.Second)
		})
		calls.Wait()
		if _, _, canceled := s.underWay(); s.count() != 1 || canceled != 0 {
			t.Errorf("%d messages, %d cancelled", s.count(), canceled)
		}
	})
	bubble(t, "the last one ends the message", func(t *testing.T) {
		s := &server{steps: []step{stalled, fine}}
		client := s.client(t, idempotent, dedupe)
		var calls sync.WaitGroup
		for i := range 3 {
			calls.Go(func() {
				err := call(t.Context(), client, jsonrpc.WithTimeout(time.Duration(i+1)*time.Second))
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		time.Sleep(2500 * time.Millisecond)
		if _, _, canceled := s.underWay(); canceled != 0 {
			t.Error("it was given up while one waited")
		}
		calls.Wait()
		synctest.Wait()
		if _, _, canceled := s.underWay(); canceled != 1 {
			t.Error("it goes on when nobody waits")
		}
		if err := call(t.Context(), client); err != nil {
			t.Error("a call afterwards joined it:", err)
		}
	})
	bubble(t, "nobody joins one that is given up", func(t *testing.T) {
		s := &server{steps: []step{{wait: time.Minute, deaf: true, reply: fine.reply}, fine}}
		client := s.client(t, idempotent, dedupe)
		_ = call(t.Context(), client, jsonrpc.WithTimeout(time.Second))
		begin := time.Now()
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
		since(t, begin, 0)
		time.Sleep(time.Minute)
	})
}

func TestDedupeOfOutcomes(t *testing.T) {
	slow := after(time.Second, fine)
	dedupe := resilience.New(resilience.Dedupe{})
	bubble(t, "they share an error", func(t *testing.T) {
		s := &server{steps: []step{after(time.Second, said)}}
		client := s.client(t, idempotent, dedupe)
		var calls sync.WaitGroup
		for range 3 {
			calls.Go(func() {
				if err := call(t.Context(), client); jsonrpc.CodeOf(err) != 7 {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		if s.count() != 1 {
			t.Errorf("%d messages", s.count())
		}
	})
	bubble(t, "a result that fits one and not another", func(t *testing.T) {
		s := &server{steps: []step{slow}}
		client := s.client(t, idempotent, dedupe)
		var calls sync.WaitGroup
		calls.Go(func() {
			_, err := jsonrpc.Call[int](t.Context(), client, "get", nil)
			if e := (*jsonrpc.DecodeError)(nil); !errors.As(err, &e) {
				t.Error(err)
			}
		})
		calls.Go(func() {
			if got, err := jsonrpc.Call[json.RawMessage](t.Context(), client, "get", nil); err != nil {
				t.Error(string(got), err)
			}
		})
		calls.Wait()
		if s.count() != 1 {
			t.Errorf("%d messages", s.count())
		}
	})
	bubble(t, "the latest deadline is that of the message", func(t *testing.T) {
		s := &server{steps: []step{after(time.Second, limited30), fine}}
		client := s.client(t, idempotent, resilience.New(resilience.Dedupe{}, resilience.Retry{}))
		var calls sync.WaitGroup
		begin := time.Now()
		for i := range 3 {
			calls.Go(func() {
				err := call(t.Context(), client, jsonrpc.WithTimeout(time.Duration(i+5)*time.Second))
				since(t, begin, time.Second) // it cannot be in time for any of them
				wantErr(t, err, "jsonrpc: get at test:: the server answered 429 Too Many Requests: slow down (gave up after 1 attempt: the next has to wait 30s, and the deadline is in 6s)")
			})
			synctest.Wait() // in order, so that the latest comes last
		}
		calls.Wait()
	})
}

// That nobody waits any longer because deadlines have passed is a timeout to the
// policies inside, and not a call that was given up.
func TestDedupeOfDeadlines(t *testing.T) {
	bubble(t, "open a breaker", func(t *testing.T) {
		s := &server{steps: []step{stalled}}
		client := s.client(t, idempotent, resilience.New(resilience.Dedupe{}, quick))
		for range 4 {
			_ = call(t.Context(), client, jsonrpc.WithTimeout(time.Second))
		}
		synctest.Wait()
		err := call(t.Context(), client, jsonrpc.WithTimeout(time.Second))
		wantErr(t, err, "jsonrpc: get at test:: send: breaker: it is open because calls failed, for another 5s")
	})
	bubble(t, "and those who leave do not", func(t *testing.T) {
		s := &server{steps: []step{stalled}}
		client := s.client(t, idempotent, resilience.New(resilience.Dedupe{}, quick))
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			time.AfterFunc(time.Second, cancel)
			_ = call(ctx, client)
			synctest.Wait()
		}
		if s.count() != 5 {
			t.Errorf("%d messages", s.count())
		}
	})
}

// Clients of one server may have other credentials, which are in no message.
func TestDedupeKeepsClientsApart(t *testing.T) {
	bubble(t, "that have one option", func(t *testing.T) {
		dedupe := resilience.New(resilience.Dedupe{})
		var calls sync.WaitGroup
		for _, name := range []string{"alice", "bob"} {
			s := &server{name: "test:", steps: []step{after(time.Second, step{reply: `{"jsonrpc":"2.0","result":"` + name + `","id":#}`})}}
			client := s.client(t, idempotent, dedupe)
			calls.Go(func() {
				if got, err := jsonrpc.Call[string](t.Context(), client, "get", nil); got != name || err != nil {
					t.Errorf("%s was told %q, %v", name, got, err)
				}
			})
		}
		calls.Wait()
	})
}
