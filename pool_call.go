package jsonrpc

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.com/jsonrpc/transport"
)

// A search finds the endpoints for the attempts of one call.
type search struct {
	pool    *Pool
	session string
	turn    uint64      // of this attempt
	stream  bool        // one on a stream is wanted
	spent   []*endpoint // are not to be asked, or asked again
	tried   []Attempt   // those that failed
	waiting []wait      // connections under way
	cold    *endpoint   // the best that has no connection, of those passed over
	made    int         // attempts
}

// A wait is for an endpoint's connection.
type wait struct {
	*endpoint
	*dialing
}

// patience is how long a call waits for one connection before another is made for it.
const patience = 250 * time.Millisecond

// usable reports whether a call may go to the endpoint now, without waiting.
func (s *search) usable(e *endpoint) bool {
	if !e.open() || slices.Contains(s.spent, e) || s.stream && e.ready.Load() && e.conn() == nil {
		return false
	}
	if e.ready.Load() {
		return true
	}
	if s.cold == nil && !slices.ContainsFunc(s.waiting, func(w wait) bool { return w.endpoint == e }) {
		s.cold = e
	}
	return false
}

// more reports whether another endpoint may be gone to, or connected to, besides the
// connections under way that the call waits for.
func (s *search) more(underWay int) bool {
	n := s.pool.set.attempts
	return n <= 0 || len(s.tried)+underWay < n
}

// next returns the endpoint for the next attempt, acquired; trial says that it shows
// whether the endpoint is well.
func (s *search) next(ctx context.Context) (e *endpoint, trial bool, err error) {
	if !s.more(0) {
		return nil, false, s.failed()
	}
	s.turn = s.pool.turn.Add(1) - 1
	if e, trial = s.now(); e != nil {
		return e, trial, nil
	}
	return s.wait(ctx)
}

// now returns the endpoint for the next attempt, if there is one that needs no
// waiting. A better one that is not connected is connected to for later calls.
func (s *search) now() (e *endpoint, trial bool) {
	s.cold = nil
	m := s.pool.members.Load()
	for i := range m.tiers {
		for {
			if e = s.pool.pick(&m.tiers[i], s); e == nil {
				break
			}
			trial, entered := e.enter(false)
			if entered {
				if s.cold != nil {
					s.cold.connect()
				}
				return e, trial
			}
			if e.gone.Load() {
				s.spent = append(s.spent, e)
			} // otherwise another call has just begun the trial
		}
	}
	return nil, false
}

// wait is next for when there is none that needs no waiting.
func (s *search) wait(ctx context.Context) (e *endpoint, trial bool, err error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	impatient := true
	for {
		changed := s.pool.change.changed()
		s.waiting = slices.DeleteFunc(s.waiting, s.over)
		if !s.more(0) {
			return nil, false, s.failed()
		}
		if e, trial = s.now(); e != nil {
			return e, trial, nil
		}
		if s.cold != nil && s.more(len(s.waiting)) && (impatient || len(s.waiting) == 0) {
			s.waiting = append(s.waiting, wait{s.cold, s.cold.connect()})
			impatient = false
			timer.Reset(patience)
			continue
		}
		if len(s.waiting) == 0 {
			break
		}
		select {
		case <-changed:
		case <-timer.C:
			impatient = true
		case <-ctx.Done():
			return nil, false, s.gaveUp(ctx)
		case <-s.pool.ctx.Done():
			return nil, false, ErrClosed
		}
	}
	if e = s.leastTired(); e != nil {
		return s.force(ctx, e)
	}
	return nil, false, s.failed()
}

var (
	errNotLasting     = errors.New("the connection ended at once")
	errAttemptTimeout = errors.New("the endpoint took too long (WithAttemptTimeout)")
)

// over reports whether w has ended. Without a connection, that was an attempt.
func (s *search) over(w wait) bool {
	select {
	case <-w.done:
	default:
		return w.gone.Load()
	}
	switch {
	case w.err != nil:
		s.fail(w.endpoint, w.err)
	case !w.ready.Load():
		s.fail(w.endpoint, &transport.Error{Op: "connect", Err: errNotLasting})
	}
	return true
}

// gaveUp is the error of a call whose context ended before it was sent, or sent again.
func (s *search) gaveUp(ctx context.Context) error {
	err := withEnded(ctx, &transport.Error{Op: "send", Err: context.Cause(ctx)})
	if len(s.tried) == 0 {
		return err
	}
	return &PoolError{Attempts: append(s.tried, Attempt{Number: len(s.tried) + 1, Err: err})}
}

// fail notes an attempt that failed.
func (s *search) fail(e *endpoint, err error) {
	s.spent = append(s.spent, e)
	s.tried = append(s.tried, Attempt{Number: len(s.tried) + 1, Endpoint: e.name, Err: err})
}

// leastTired returns the endpoint that is best asked while all rest, of those that did
// not ask to be left alone.
func (s *search) leastTired() (best *endpoint) {
	var least rest
	for _, e := range s.pool.members.Load().all {
		r := e.rest()
		if r.until == 0 || r.asked || slices.Contains(s.spent, e) || s.stream && e.ready.Load() && e.conn() == nil {
			continue
		}
		if best == nil || r.before(least) {
			best, least = e, r
		}
	}
	return best
}

// force enters an endpoint that rests, once it is connected.
func (s *search) force(ctx context.Context, e *endpoint) (_ *endpoint, trial bool, err error) {
	if !e.ready.Load() {
		d := e.connect()
		select {
		case <-d.done:
		case <-ctx.Done():
			return nil, false, s.gaveUp(ctx)
		case <-s.pool.ctx.Done():
			return nil, false, ErrClosed
		}
		if d.err != nil {
			s.fail(e, d.err)
			return s.next(ctx)
		}
	}
	if trial, entered := e.enter(true); entered {
		return e, trial, nil
	}
	s.spent = append(s.spent, e)
	return s.next(ctx)
}

// failed is the error of a call that no endpoint is left for.
func (s *search) failed() error {
	switch len(s.tried) {
	case 0:
		return s.pool.noEndpoint()
	case 1:
		return &endpointError{s.tried[0].Endpoint, s.tried[0].Err}
	}
	return &PoolError{Attempts: s.tried}
}

// towardsPool has what interceptors send again go to the pool, as it did the first time,
// and not to the endpoint that it went to.
func towardsPool(interceptors []Interceptor) []Interceptor {
	all := make([]Interceptor, len(interceptors))
	for i, interceptor := range interceptors {
		all[i] = func(next Invoker) Invoker {
			return interceptor(func(ctx context.Context, x *Exchange) error {
				before := x.endpoint
				x.endpoint = ""
				err := next(ctx, x)
				if x.endpoint == "" { // it went nowhere
					x.endpoint = before
				}
				return err
			})
		}
	}
	return all
}

// forward carries out an exchange of the pool's client: it is its innermost Invoker.
func (p *Pool) forward(ctx context.Context, x *Exchange) error {
	if l := x.set.stream.link; l != nil {
		return p.onLink(ctx, x, l)
	}
	s := search{pool: p, session: p.set.strategy.session(ctx, x)}
	return p.forwardBy(ctx, x, &s)
}

// forwardBy carries x out at the endpoints that s finds.
func (p *Pool) forwardBy(ctx context.Context, x *Exchange, s *search) (err error) {
	idempotent := len(x.set.idempotent) > 0 && x.Idempotent()
	x.whole = idempotent && len(p.members.Load().all) > 1
	for attempted := false; ; attempted = true {
		if ctx.Err() != nil { // no endpoint is to blame
			return s.begunTooLate(ctx, x)
		}
		e, trial, none := s.next(ctx)
		switch {
		case none != nil && !attempted:
			x.reset()
			x.fail(none)
			return none
		case none != nil && err == nil: // each item has its own error
			return nil
		case none != nil:
			return none
		}
		err = p.bounded(ctx, x, s, e, trial, idempotent)
		cause := err
		if x.batch {
			rest := p.unsettled(x, err)
			if len(rest) < len(x.items) {
				return p.forwardPart(ctx, x, s, e, rest, err)
			}
			if err == nil {
				cause = x.items[0].err
			}
		} else if err == nil || !p.outcome(err).MayRepeat(idempotent) || x.items[0].decoded {
			return s.last(e, err)
		}
		if ctx.Err() != nil {
			return s.last(e, err)
		}
		s.fail(e, cause)
	}
}

// begunTooLate ends x, since its context has ended.
func (s *search) begunTooLate(ctx context.Context, x *Exchange) error {
	err := s.gaveUp(ctx)
	x.reset()
	x.fail(err)
	return err
}

// last returns the error of a call whose last attempt ended in err.
func (s *search) last(e *endpoint, err error) error {
	if err == nil || len(s.tried) == 0 || s.pool.outcome(err).Class == ClassAnswer {
		return err
	}
	s.fail(e, err)
	return s.failed()
}

// another reports whether there is an endpoint to go to after e that is well.
func (s *search) another(e *endpoint) bool {
	return slices.ContainsFunc(s.pool.members.Load().all, func(other *endpoint) bool {
		return other != e && other.health.until.Load() == 0 && !slices.Contains(s.spent, other)
	})
}

// bounded is an attempt within the time that it has, if there is another endpoint to
// go to.
func (p *Pool) bounded(ctx context.Context, x *Exchange, s *search, e *endpoint, trial, idempotent bool) error {
	if p.set.attemptTimeout > 0 && idempotent && !x.usesUp() && s.another(e) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, p.set.attemptTimeout, errAttemptTimeout)
		defer cancel()
	}
	s.made++
	return e.attempt(ctx, x, trial)
}

// unsettled returns the indexes of the items of a batch that should go to another
// endpoint.
func (p *Pool) unsettled(x *Exchange, err error) (indexes []int) {
	whole := p.outcome(err)
	for i := range x.items {
		it, o := &x.items[i], whole
		if it.answered || err == nil {
			o = p.outcome(it.err)
		}
		if o.MayRepeat(x.idempotent(it)) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// forwardPart has the items of a batch with these indexes carried out at other
// endpoints. The others keep what came of them at e, where the batch ended in err.
func (p *Pool) forwardPart(ctx context.Context, x *Exchange, s *search, e *endpoint, rest []int, err error) error {
	if len(rest) == 0 || ctx.Err() != nil {
		return s.last(e, err)
	}
	cause := err
	if cause == nil {
		cause = x.items[rest[0]].err
	}
	s.fail(e, cause)
	made, part := s.made, x.Part(rest...)
	partErr := p.forwardBy(ctx, part, s)
	if s.made == made { // there was nowhere to go: all keep what came of them
		if err == nil {
			return nil
		}
		return partErr
	}
	for i := range x.items {
		it := &x.items[i]
		if it.err == nil && !it.answered {
			it.err = err
		}
		if it.answered = it.answered || it.err != nil; it.err != nil {
			it.err = &endpointError{e.name, it.err}
		}
	}
	adopted := x.Adopt(part, partErr)
	x.endpoint = part.endpoint
	switch {
	case err == nil:
		return nil
	case adopted != nil:
		return adopted
	}
	return &endpointError{e.name, err}
}

// onLink carries x out on a connection, which is that of one of the endpoints, for the
// sake of a subscription.
func (p *Pool) onLink(ctx context.Context, x *Exchange, l *link) error {
	e := l.conn.owner
	if e == nil || !e.acquire() {
		err := &transport.Error{Op: "send", Err: errRemoved}
		x.reset()
		x.fail(err)
		return err
	}
	return e.attempt(ctx, x, false)
}
