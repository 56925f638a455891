package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// states are the states of the pool's endpoints, in order.
func states(p *jsonrpc.Pool) string {
	var all []string
	for _, s := range p.Stats() {
		all = append(all, string(s.State))
	}
	return strings.Join(all, ",")
}

// An endpoint that cannot be reached rests, each time longer, and is asked by one call
// when its rest is over.
func TestPoolRests(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		p := poolOf(t, endpoints, jsonrpc.WithResting(jsonrpc.Resting{First: time.Second, Max: 4 * time.Second}))
		all[0].does(down)
		wantText(t, "while it fails", asks(t, p, 4), "bbbb")
		if n := all[0].count(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		wantText(t, "states", states(p), "resting,up")
		for i, longest := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second} {
			rest := time.Until(p.Stats()[0].RestUntil)
			if rest < longest/2 || rest > longest {
				t.Errorf("rest %d is %v, want %v to %v", i, rest, longest/2, longest)
			}
			time.Sleep(rest)
			wantText(t, "states", states(p), "trial,up")
			wantText(t, "on trial", asks(t, p, 4), "bbbb")
			if n := all[0].count(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		}
		all[0].does(nil)
		time.Sleep(4 * time.Second)
		wantText(t, "well again", asks(t, p, 4), "baba")
		wantText(t, "states", states(p), "up,up")

		// It was well for longer than it rested.
		time.Sleep(time.Minute)
		all[0].does(down)
		wantText(t, "fails again", asks(t, p, 2), "bb")
		if rest := time.Until(p.Stats()[0].RestUntil); rest > time.Second {
			t.Errorf("it rests for %v", rest)
		}
	})
}

// One that answers badly rests only after several failures with no answer between.
func TestPoolFailuresInARow(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		p := poolOf(t, endpoints, jsonrpc.WithIdempotent(), jsonrpc.WithStrategy(jsonrpc.Ordered()))
		all[0].does(cutOff)
		wantText(t, "twice", asks(t, p, 2), "bb")
		all[0].does(nil)
		wantText(t, "an answer", asks(t, p, 1), "a")
		all[0].does(cutOff)
		wantText(t, "thrice", asks(t, p, 3), "bbb")
		wantText(t, "states", states(p), "resting,up")
		all[0].count()
		wantText(t, "resting", asks(t, p, 3), "bbb")
		if n := all[0].count(); n != 0 {
			t.Errorf("asked %d times", n)
		}
		if s := p.Stats()[0]; s.Calls != 6 || s.Failures != 5 || !errors.Is(s.Err, errReset) {
			t.Errorf("%+v", s)
		}
	})
}

// A call that comes too late is no endpoint's fault.
func TestPoolContextHasEnded(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("a")
		p := poolOf(t, endpoints)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		time.Sleep(2 * time.Second)
		for range 5 {
			wantIs(t, p.Call(ctx, "who", nil, nil), context.DeadlineExceeded, false)
		}
		wantText(t, "states", states(p), "up")
		if n := all[0].count(); n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

// Errors that are answers are no failures, and end a row of them.
func TestPoolAnswersAreNoFailures(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		p := poolOf(t, endpoints)
		all[0].does(saysError(7, "no such cat"))
		asks(t, p, 20)
		wantText(t, "states", states(p), "up,up")
		if s := p.Stats()[0]; s.Calls != 10 || s.Failures != 0 || s.Err != nil {
			t.Errorf("%+v", s)
		}
	})
}

// A server that says how long it wants to be left alone is left alone, also if there is
// no other.
func TestPoolRetryAfter(t *testing.T) {
	var limited atomic.Bool
	limited.Store(true)
	handler := func(w http.ResponseWriter, r *http.Request) {
		if limited.Load() {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		answer(w, r, `"a"`)
	}
	server := serve(t, handler)
	p := newPool(t, jsonrpc.URLs(server.URL), jsonrpc.WithIdempotent())
	err := p.Call(t.Context(), "who", nil, nil)
	wantError(t, err, "jsonrpc: who at "+server.URL+": the server answered 429 Too Many Requests")
	limited.Store(false)
	err = p.Call(t.Context(), "who", nil, nil)
	wantIs(t, err, jsonrpc.ErrNoEndpoint, false)
	if o := jsonrpc.Classify(err); o.Class != jsonrpc.ClassUnreachable || o.RetryAfter < 59*time.Minute || o.RetryAfter > time.Hour {
		t.Errorf("%+v", o)
	}
	if text := err.Error(); !strings.Contains(text, server.URL+" rests for ") || !strings.Contains(text, "429 Too Many Requests") {
		t.Error(text)
	}
	if rest := time.Until(p.Stats()[0].RestUntil); rest < 59*time.Minute || rest > time.Hour {
		t.Errorf("it rests for %v", rest)
	}
}

// If all rest, the one that rests the shortest is asked all the same: a pool of one is
// never worse than no pool.
func TestPoolAllRest(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("a")
		p := poolOf(t, endpoints)
		all[0].does(down)
		for range 5 {
			wantText(t, "down", whoAnswers(t, p), "jsonrpc: who at a: send: nobody is there")
		}
		wantText(t, "states", states(p), "resting")
		all[0].does(nil)
		wantText(t, "well again", whoAnswers(t, p), "a")
		wantText(t, "states", states(p), "up")
		all[0].does(saysError(429, "slow down")) // and does not say for how long
		wantText(t, "asked too often", whoAnswers(t, p), "jsonrpc: who at a: slow down (code 429)")
		wantText(t, "states", states(p), "resting")
		all[0].does(nil)
		wantText(t, "well again", whoAnswers(t, p), "a")
	})
}

// A single call shows whether an endpoint is well again; the others do not wait for it.
func TestPoolTrial(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		p := poolOf(t, endpoints, jsonrpc.WithStrategy(jsonrpc.Ordered()))
		all[0].does(down)
		wantText(t, "down", whoAnswers(t, p), "b")
		time.Sleep(time.Second)
		all[0].does(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
			time.Sleep(10 * time.Second)
			return io.NopCloser(strings.NewReader(response(string(m.Body), `"a"`))), nil
		})
		trial := startCall(t.Context(), t, p.Client, "who")
		wantText(t, "meanwhile", asks(t, p, 3), "bbb")
		wantText(t, "states", states(p), "trial,up")
		time.Sleep(10 * time.Second)
		trial.want("a")
		wantText(t, "states", states(p), "up,up")
	})
}

// A trial whose caller gives up decides nothing: the next call is another.
func TestPoolTrialGivenUp(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		p := poolOf(t, endpoints, jsonrpc.WithStrategy(jsonrpc.Ordered()))
		all[0].does(down)
		wantText(t, "down", whoAnswers(t, p), "b")
		time.Sleep(time.Second)
		all[0].does(func(ctx context.Context, _ *transport.Message) (io.ReadCloser, error) {
			<-ctx.Done()
			return nil, &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
		})
		ctx, cancel := context.WithCancel(t.Context())
		trial := startCall(ctx, t, p.Client, "who")
		cancel()
		trial.wantErr(context.Canceled, true)
		all[0].does(nil)
		wantText(t, "the next", whoAnswers(t, p), "a")
	})
}

// A panic, or the end of the goroutine, in what the caller gave does not leave the
// endpoint with a call under way for ever.
func TestPoolPanic(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("a")
		p := poolOf(t, endpoints)
		all[0].does(func(context.Context, *transport.Message) (io.ReadCloser, error) { panic("oops") })
		func() {
			defer func() { _ = recover() }()
			whoAnswers(t, p)
		}()
		if s := p.Stats()[0]; s.InFlight != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// With a probe an endpoint is found out before a call meets it, and comes back without
// one.
func TestPoolProbe(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		all[0].does(saysError(7, "syncing"))
		probe := jsonrpc.Probe{Method: "health", Params: jsonrpc.Args{1}, Interval: 10 * time.Second}
		p := poolOf(t, endpoints, jsonrpc.WithProbe(probe))
		wantText(t, "states", states(p), "resting,up")
		if s := p.Stats()[0]; s.Failures != 1 || jsonrpc.CodeOf(s.Err) != 7 {
			t.Errorf("%+v", s)
		}
		all[0].count()
		wantText(t, "not well", asks(t, p, 4), "bbbb")
		if n := all[0].count(); n != 0 {
			t.Errorf("a call met it %d times", n)
		}
		all[0].does(nil)
		time.Sleep(time.Second)
		synctest.Wait()
		wantText(t, "states", states(p), "up,up")
		all[0].mu.Lock()
		wantText(t, "probe", strings.Join(all[0].heard, " "), `{"jsonrpc":"2.0","method":"health","params":[1],"id":7}`)
		all[0].mu.Unlock()

		// At the interval, less a tenth.
		all[1].count()
		time.Sleep(time.Minute)
		if n := all[1].count(); n != 6 {
			t.Errorf("%d probes in a minute", n)
		}
		all[1].does(func(ctx context.Context, _ *transport.Message) (io.ReadCloser, error) { // silence
			<-ctx.Done()
			return nil, &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
		})
		time.Sleep(16 * time.Second)
		synctest.Wait()
		if s := p.Stats()[1]; s.State == jsonrpc.EndpointUp || s.Failures == 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A check of one's own decides, even by a panic.
func TestPoolProbeCheck(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		_, endpoints := backends("abc")
		p := poolOf(t, endpoints, jsonrpc.WithProbe(jsonrpc.Probe{Check: func(ctx context.Context, c *jsonrpc.Client) error {
			switch name, err := jsonrpc.Call[string](ctx, c, "who", nil); {
			case err != nil || name == "a":
				return fmt.Errorf("%s, %w", name, err)
			case name == "b":
				panic("oops")
			}
			return nil
		}}))
		wantText(t, "states", states(p), "resting,resting,up")
	})
}

// A classifier of one's own decides what is repeated and what is a failure.
func TestPoolClassifier(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		all[0].does(saysError(17, "busy"))
		p := poolOf(t, endpoints, jsonrpc.WithClassifier(func(err error) jsonrpc.Outcome {
			o := jsonrpc.Classify(err)
			if jsonrpc.CodeOf(err) == 17 { // it has done nothing
				o.Class, o.Sent, o.RetryAfter = jsonrpc.ClassUnavailable, false, time.Hour
			}
			return o
		}))
		wantText(t, "outcome", whoAnswers(t, p), "b")
		if rest := time.Until(p.Stats()[0].RestUntil); rest != time.Hour {
			t.Errorf("it rests for %v", rest)
		}
	})
}
