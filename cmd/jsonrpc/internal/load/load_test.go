package load

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// within checks a time to one part in a hundred: histograms have three digits.
func within(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got < want-want/100 || got > want+want/100 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// A server that answers in 10 ms and, once, stalls for a second.
func stalling(at time.Duration) func(context.Context, int64) string {
	begin := time.Now()
	return func(context.Context, int64) string {
		since := time.Since(begin)
		if since >= at && since < at+time.Second {
			time.Sleep(at + time.Second - since)
		}
		time.Sleep(10 * time.Millisecond)
		return ""
	}
}

// A closed loop hides a stall: it makes one slow call where a hundred should have
// been made. An open loop shows it.
func TestOpenLoopShowsAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := Run(t.Context(), Plan{pause: time.Sleep, Call: stalling(5 * time.Second), Concurrency: 1, Duration: 10 * time.Second}, nil)
		open := Run(t.Context(), Plan{pause: time.Sleep, Call: stalling(5 * time.Second), Concurrency: 1, Rate: 50, Duration: 10 * time.Second}, nil)
		within(t, "closed, 99 %", time.Duration(closed.Latency.ValueAtQuantile(99)), 10*time.Millisecond)
		if p90 := time.Duration(open.Latency.ValueAtQuantile(90)); p90 < 500*time.Millisecond {
			t.Errorf("open, 90 %%: %v: the stall is hidden", p90)
		}
		within(t, "open, made to answered, 90 %", time.Duration(open.Service.ValueAtQuantile(90)), 10*time.Millisecond)
		within(t, "open, longest", time.Duration(open.Latency.Max()), 1010*time.Millisecond)
		if open.Elapsed != 10*time.Second {
			t.Errorf("open: %v long", open.Elapsed)
		}
		if open.Calls != 500 || open.Unsent != 0 {
			t.Errorf("%d calls, %d unsent", open.Calls, open.Unsent)
		}
	})
}

func TestRateThatIsTooHigh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context, int64) string { time.Sleep(101 * time.Millisecond); return "" }
		r := Run(t.Context(), Plan{pause: time.Sleep, Call: slow, Concurrency: 2, Rate: 100, Duration: 10 * time.Second}, nil)
		// Two at a time: from 0 on a hundred times, from 10 ms on once less.
		if r.Calls != 199 || r.Unsent != 801 {
			t.Errorf("%d calls, %d unsent", r.Calls, r.Unsent)
		}
	})
}

func TestCountAndErrorsAndSamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var numbers atomic.Int64
		call := func(_ context.Context, n int64) string {
			numbers.Add(n)
			time.Sleep(100 * time.Millisecond)
			if n%10 == 0 {
				return "error -32000"
			}
			return ""
		}
		var live []Sample
		r := Run(t.Context(), Plan{pause: time.Sleep, Call: call, Concurrency: 4, Count: 100}, func(s Sample) { live = append(live, s) })
		if r.Calls != 100 || r.Failed() != 10 || r.Errors["error -32000"] != 10 || numbers.Load() != 99*100/2 {
			t.Errorf("%+v", r)
		}
		within(t, "elapsed", r.Elapsed, 2500*time.Millisecond)
		if r.Throughput() < 39 || r.Throughput() > 41 {
			t.Errorf("%v calls a second", r.Throughput())
		}
		if len(live) != 3 || len(r.Samples) != 3 {
			t.Fatalf("%d samples", len(live))
		}
		var calls, errors int64
		for _, s := range live {
			calls += s.Calls
			errors += s.Errors["error -32000"]
			within(t, "sample", s.P99, 100*time.Millisecond)
		}
		if calls != 100 || errors != 10 {
			t.Errorf("%d calls and %d errors in samples", calls, errors)
		}
		within(t, "last sample", live[2].Length, 500*time.Millisecond)
	})
}

func TestWarmUpIsNotMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		call := func(context.Context, int64) string {
			if time.Since(begin) < time.Second {
				time.Sleep(200 * time.Millisecond) // cold
				return "cold"
			}
			time.Sleep(10 * time.Millisecond)
			return ""
		}
		r := Run(t.Context(), Plan{pause: time.Sleep, Call: call, Concurrency: 1, WarmUp: time.Second, Count: 10}, nil)
		if r.Calls != 10 || r.Failed() != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		call := func(ctx context.Context, _ int64) string {
			select {
			case <-time.After(time.Second):
				return ""
			case <-ctx.Done():
				return "canceled"
			}
		}
		for _, rate := range []float64{0, 2} {
			r := Run(ctx, Plan{pause: time.Sleep, Call: call, Concurrency: 3, Rate: rate, Duration: time.Hour}, nil)
			if r.Failed() != 0 || rate == 0 && r.Calls != 3 {
				t.Errorf("rate %v: %+v", rate, r)
			}
		}
	})
}
