// Package load makes many calls and measures how long each takes.
package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Plan says how many calls are made, and when.
//
// Without a rate it is a closed loop: each of Concurrency workers makes its next
// call when its last one is answered. A server that stalls is then asked less
// while it stalls, and the calls that would have waited are never made.
//
// With a rate it is an open loop: calls are due at even intervals, whatever the
// server does, and the latency of one counts from when it was due. Concurrency
// bounds how many are under way at once; those that are due and must wait for a
// place are late by as much.
type Plan struct {
	// Call makes the call with the number n and returns the class of its error,
	// empty if there is none.
	Call func(ctx context.Context, n int64) (class string)
	// Concurrency is how many calls are under way at once, at most.
	Concurrency int
	// Rate is how many calls are due a second; 0 makes a closed loop.
	Rate float64
	// Count is how many calls are measured, 0 for any number.
	Count int64
	// Duration is how long it is measured, 0 for as long as Count takes.
	Duration time.Duration
	// WarmUp is how long calls are made before it is measured.
	WarmUp time.Duration
	// Interval is that of the samples: a second if 0.
	Interval time.Duration
}

// Run carries out the plan, until its end or that of ctx. Each sample is given to
// live, if it is not nil, as soon as it is there.
func Run(ctx context.Context, p Plan, live func(Sample)) *Result {
	if p.Interval <= 0 {
		p.Interval = time.Second
	}
	p.Concurrency = max(p.Concurrency, 1)
	if p.WarmUp > 0 {
		warm := p
		warm.Count, warm.Duration = 0, p.WarmUp
		newRun(ctx, warm).work(nil)
	}
	return newRun(ctx, p).work(live)
}

// A run is one execution of a plan.
type run struct {
	Plan
	ctx    context.Context
	begin  time.Time
	end    time.Time // zero if there is none
	next   atomic.Int64
	shards []*shard
}

func newRun(ctx context.Context, p Plan) *run {
	const most = 16
	r := &run{Plan: p, ctx: ctx, shards: make([]*shard, min(p.Concurrency, most))}
	for i := range r.shards {
		r.shards[i] = newShard()
	}
	return r
}

// work makes the calls.
func (r *run) work(live func(Sample)) *Result {
	r.begin = time.Now()
	if r.Duration > 0 {
		r.end = r.begin.Add(r.Duration)
	}
	var workers sync.WaitGroup
	for i := range r.Concurrency {
		s := r.shards[i%len(r.shards)]
		workers.Go(func() { r.worker(s) })
	}
	done := make(chan struct{})
	go func() {
		workers.Wait()
		close(done)
	}()
	result := &Result{Rate: r.Rate, Concurrency: r.Concurrency}
	tick := time.NewTicker(r.Interval)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			r.sample(result, now, live)
			continue
		case <-done:
		}
		break
	}
	r.finish(result, live)
	return result
}

// worker makes one call after the other.
func (r *run) worker(s *shard) {
	for r.ctx.Err() == nil {
		n := r.next.Add(1) - 1
		if r.Count > 0 && n >= r.Count {
			return
		}
		due, ok := r.await(n)
		if !ok {
			return
		}
		if !r.end.IsZero() && !time.Now().Before(r.end) {
			if r.Rate > 0 && due.Before(r.end) { // it was due, and there was no place for it
				s.unsent.Add(1)
				continue
			}
			return
		}
		began := time.Now()
		class := r.Call(r.ctx, n)
		if r.ctx.Err() != nil {
			return // it was cut short
		}
		ended := time.Now()
		s.record(ended.Sub(due), ended.Sub(began), class)
	}
}

// await waits until call n is due and returns when that was. A worker that had to
// wait is not late, but for what its timer takes: that is not counted. It reports
// whether the call is to be made.
func (r *run) await(n int64) (due time.Time, ok bool) {
	now := time.Now()
	if r.Rate <= 0 {
		return now, true
	}
	due = r.begin.Add(time.Duration(float64(n) / r.Rate * float64(time.Second)))
	if !due.After(now) {
		return due, true
	}
	if !r.end.IsZero() && !due.Before(r.end) {
		return due, false
	}
	timer := time.NewTimer(due.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return time.Now(), true
	case <-r.ctx.Done():
		return due, false
	}
}
