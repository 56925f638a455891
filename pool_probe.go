package jsonrpc

import (
	"context"
	"math/rand/v2"
	"time"
)

// probe has the endpoints probed until they go, if the pool has a probe.
func (p *Pool) probe(added []*endpoint) {
	if p.set.probe.Check == nil {
		return
	}
	for _, e := range added {
		p.start(e.probeAlways)
	}
}

// probeAlways probes the endpoint at intervals and at the end of each rest.
func (e *endpoint) probeAlways() {
	for {
		e.probeOnce()
		pause := e.pool.set.probe.Interval
		pause -= rand.N(pause/10 + 1)
		if until := e.health.until.Load(); until != 0 {
			pause = max(time.Duration(until-e.pool.now()), 0)
		}
		if sleep(e.ctx, pause) != nil {
			return
		}
	}
}

// probeOnce finds out whether the endpoint is well.
func (e *endpoint) probeOnce() {
	set := &e.pool.set.probe
	ctx, cancel := context.WithTimeout(e.ctx, set.Timeout)
	defer cancel()
	err := e.makeReady(ctx)
	if err == nil {
		_, err = safely(func() (any, error) { return nil, set.Check(ctx, e.client.Load()) })
	}
	switch {
	case e.ctx.Err() != nil:
	case err == nil:
		e.answered(true)
	default:
		e.failures.Add(1)
		o := e.pool.outcome(err)
		if !atFault(o) {
			o = Outcome{Class: ClassUnavailable, Sent: true} // an answer, and not the one that was wanted
		}
		e.failed(o, e.mask(err), true)
	}
}

// makeReady waits until the endpoint's client is made.
func (e *endpoint) makeReady(ctx context.Context) error {
	if e.client.Load() != nil {
		return nil
	}
	d := e.connect()
	select {
	case <-d.done:
		return d.err
	case <-ctx.Done():
		return connectError(context.Cause(ctx))
	}
}
