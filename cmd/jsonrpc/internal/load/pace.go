package load

import (
	"math"
	"time"
)

// A due is a call of an open loop, and when it is to be made.
type due struct {
	n  int64
	at time.Time
}

// pace hands out calls when they are due, until the plan's end. What nobody takes
// it keeps, and the call is late.
func (r *run) pace(dues chan<- due) {
	defer close(dues)
	over := make(<-chan time.Time) // never
	if !r.end.IsZero() {
		timer := time.NewTimer(r.Duration)
		defer timer.Stop()
		over = timer.C
	}
	woke := r.begin
	all := r.dueBefore(math.MaxInt64)
	for n := range all {
		at := r.begin.Add(r.dueAt(n))
		if time.Now().Before(at) {
			if !r.wait(at) {
				return
			}
			woke = time.Now()
		}
		if at.Before(woke) {
			at = woke // our own clock was late, and not for want of a place
		}
		select { // whoever is free makes it, at the end too
		case dues <- due{n, at}:
			continue
		default:
		}
		select {
		case dues <- due{n, at}:
		case <-over:
			r.unsent = all - n
			return
		case <-r.ctx.Done():
			r.unsent = r.dueBefore(time.Since(r.begin)) - n
			return
		}
	}
	if r.Duration > 0 && all != r.Count { // the last interval is as long as the others
		_ = r.wait(r.end)
	}
}

// dueAt returns when call n is due, since the beginning.
func (r *run) dueAt(n int64) time.Duration {
	return time.Duration(float64(n) / r.Rate * float64(time.Second))
}

// dueBefore returns how many calls are due before a time.
func (r *run) dueBefore(t time.Duration) int64 {
	if r.Duration > 0 {
		t = min(t, r.Duration)
	}
	n := int64(math.MaxInt64)
	if t < math.MaxInt64 {
		n = int64(math.Ceil(t.Seconds()*r.Rate - 1e-9))
	}
	if r.Count > 0 {
		n = min(n, r.Count)
	}
	return n
}

// wait waits until a time and reports whether the run goes on.
func (r *run) wait(until time.Time) bool {
	const lateness = 2 * time.Millisecond // of Go's timers where nothing else goes on
	if far := time.Until(until) - lateness; far > 0 {
		timer := time.NewTimer(far)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.ctx.Done():
			return false
		}
	}
	if near := time.Until(until); near > 0 {
		r.pause(near)
	}
	return r.ctx.Err() == nil
}
