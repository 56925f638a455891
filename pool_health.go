package jsonrpc

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// health is what a pool knows of an endpoint's well-being. An endpoint is well until
// it fails; it rests; then it is on trial, until a call or a probe shows that it is
// well, or that it should rest again.
type health struct {
	until    atomic.Int64 // when the rest ends, by the pool's now; 0: it is well
	trying   atomic.Bool  // a call is under way that will show whether it is well
	troubled atomic.Bool  // an answer changes something

	mu      sync.Mutex    // for what follows
	row     int           // failures in a row
	rests   int           // in a row
	length  time.Duration // of the last
	since   int64         // when it became well again, by the pool's now
	limited bool          // the server said how long it wants to be left alone
	absent  bool          // it could not be reached
	cause   error         // of the last failure
}

// maxRetryAfter bounds how long a server can have itself left alone.
const maxRetryAfter = 24 * time.Hour

// open reports whether a call may go to the endpoint, be it on trial.
func (e *endpoint) open() bool {
	until := e.health.until.Load()
	return until == 0 || e.pool.now() >= until && e.pool.set.probe.Check == nil && !e.health.trying.Load()
}

// A rest is that of an endpoint.
type rest struct {
	until  int64 // 0 if it does not rest
	asked  bool  // the server has asked for it, and it is not over
	absent bool  // the endpoint could not be reached
}

func (e *endpoint) rest() rest {
	h := &e.health
	h.mu.Lock()
	defer h.mu.Unlock()
	until := h.until.Load()
	return rest{until, h.limited && until > e.pool.now(), h.absent}
}

// before reports whether an endpoint with this rest is sooner of use than another.
func (r rest) before(other rest) bool {
	if r.absent != other.absent {
		return other.absent
	}
	return r.until < other.until
}

// enter acquires the endpoint for a call; trial says that what comes of it shows whether
// the endpoint is well. Force does so even if it rests.
func (e *endpoint) enter(force bool) (trial, entered bool) {
	if !e.acquire() {
		return false, false
	}
	if e.health.until.Load() == 0 {
		return false, true
	}
	if !force && !e.health.trying.CompareAndSwap(false, true) {
		e.release()
		return false, false
	}
	return true, true
}

// answered notes that the endpoint works.
func (e *endpoint) answered(trial bool) {
	if !trial && !e.health.troubled.Load() { // the common case
		return
	}
	h := &e.health
	h.mu.Lock()
	defer h.mu.Unlock()
	h.row = 0
	if until := h.until.Load(); trial && until != 0 && !(h.limited && e.pool.now() < until) {
		h.since = e.pool.now()
		h.limited = false
		h.until.Store(0)
		defer e.pool.change.tell()
	}
	if trial {
		h.trying.Store(false)
	}
	h.troubled.Store(h.until.Load() != 0)
}

// unknown notes that a call ended that says nothing about the endpoint.
func (e *endpoint) unknown(trial bool) {
	if trial {
		e.health.trying.Store(false)
		e.pool.change.tell()
	}
}

// failed notes a failure, and sends the endpoint to rest if it should.
func (e *endpoint) failed(o Outcome, cause error, trial bool) {
	h, set := &e.health, &e.pool.set.resting
	h.mu.Lock()
	defer h.mu.Unlock()
	h.troubled.Store(true)
	h.row++
	h.cause = cause
	if trial {
		h.trying.Store(false)
	}
	now, until := e.pool.now(), h.until.Load()
	asked := min(o.RetryAfter, maxRetryAfter)
	useless := o.Class == ClassRateLimited || o.Class == ClassUnreachable || asked > 0 // one failure shows it
	switch {
	case until > now: // the others that were under way fail too
		if asked > 0 {
			h.limited = true
			h.until.Store(max(until, now+int64(asked)))
		}
		return
	case !trial && until == 0 && !useless && h.row < set.Failures:
		return
	}
	if until == 0 && time.Duration(now-h.since) > h.length {
		h.rests = 0 // it was well for longer than it rested
	}
	h.rests++
	h.limited, h.absent = asked > 0, o.Class == ClassUnreachable
	if h.length = asked; asked == 0 {
		d := min(set.First<<min(h.rests-1, 20), set.Max)
		h.length = d/2 + rand.N(d/2+1)
	}
	h.until.Store(now + int64(h.length))
	h.row = 0
}
