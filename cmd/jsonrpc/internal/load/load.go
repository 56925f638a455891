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
// place are late by as much. What this machine's clock is late by is not counted:
// it is none of the server's.
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

	pause func(time.Duration) // [pause], or for a test with a clock of its own
}

// Run carries out the plan, until its end or that of ctx. Each sample is given to
// live, if it is not nil, as soon as it is there. Calls that the end of ctx cuts
// short are not counted.
func Run(ctx context.Context, p Plan, live func(Sample)) *Result {
	if p.Interval <= 0 {
		p.Interval = time.Second
	}
	if p.pause == nil {
		p.pause = pause
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
	unsent int64 // read when all is over
	shards []*shard
	spare  *shard    // to exchange for one that is read
	last   Histogram // of the newest sample
}

func newRun(ctx context.Context, p Plan) *run {
	const most = 16
	r := &run{Plan: p, ctx: ctx, shards: make([]*shard, min(p.Concurrency, most)), spare: newShard()}
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
	work := r.closedLoop
	if r.Rate > 0 {
		dues := make(chan due)
		workers.Go(func() { r.pace(dues) })
		work = func(s *shard) { r.openLoop(s, dues) }
	}
	for i := range r.Concurrency {
		s := r.shards[i%len(r.shards)]
		workers.Go(func() { work(s) })
	}
	done := make(chan struct{})
	go func() {
		workers.Wait()
		close(done)
	}()
	result := newResult(r.Concurrency, r.Rate)
	result.Started = r.begin
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

// closedLoop makes one call after the other.
func (r *run) closedLoop(s *shard) {
	for r.ctx.Err() == nil {
		n := r.next.Add(1) - 1
		now := time.Now()
		if r.Count > 0 && n >= r.Count || !r.end.IsZero() && !now.Before(r.end) {
			return
		}
		r.call(s, due{n, now}, now)
	}
}

// openLoop makes calls when they are due.
func (r *run) openLoop(s *shard, dues <-chan due) {
	for d := range dues {
		r.call(s, d, time.Now())
	}
}

func (r *run) call(s *shard, d due, began time.Time) {
	class := r.Call(r.ctx, d.n)
	if r.ctx.Err() != nil {
		return // it was cut short
	}
	ended := time.Now()
	s.record(ended.Sub(d.at), ended.Sub(began), class)
}
