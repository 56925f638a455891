package jsonrpc

import (
	"context"
	"errors"
	"time"
)

// place makes a subscription on one of the pool's endpoints.
func (p *Pool) place(ctx context.Context, s *Subscription) error {
	s.ctx = context.WithoutCancel(ctx) // it may have the session's key
	return p.placeBy(ctx, s, &search{pool: p, stream: true, session: p.set.strategy.session(ctx, nil)})
}

// placeBy makes a subscription at the first endpoint that can be had of those that
// search finds. To ask twice does no harm: what is asked for ends with its connection.
func (p *Pool) placeBy(ctx context.Context, s *Subscription, search *search) error {
	for {
		e, trial, err := search.next(ctx)
		if err != nil {
			if errors.Is(err, ErrNoEndpoint) && !p.streams() {
				return errNoStream
			}
			return err
		}
		if e.conn() == nil { // that shows only once its client is made
			search.spent = append(search.spent, e)
			e.unknown(trial)
			e.release()
			continue
		}
		err = e.subscribe(ctx, s, trial)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || !p.outcome(err).Class.Temporary() {
			return err
		}
		search.fail(e, withoutCall(err))
	}
}

// subscribe makes s at the endpoint, which must be acquired, and releases it.
func (e *endpoint) subscribe(ctx context.Context, s *Subscription, trial bool) (err error) {
	finished := false
	defer func() {
		if !finished { // a panic, or a runtime.Goexit, of the caller's own
			e.unknown(trial)
		}
		e.release()
	}()
	err = s.beginOn(ctx, e.conn())
	finished = true
	switch o := e.pool.outcome(err); {
	case !trial && err != nil: // its call was judged, if there was one
	case atFault(o):
		e.failed(o, err, trial)
	case ctx.Err() != nil, o.Class == ClassRefused:
		e.unknown(trial)
	default:
		e.answered(trial)
	}
	return err
}

// streams reports whether any endpoint is one on a stream, or may be. One that comes
// when there are none may be, too.
func (p *Pool) streams() bool {
	all := p.members.Load().all
	for _, e := range all {
		if e.client.Load() == nil || e.conn() != nil {
			return true
		}
	}
	return len(all) == 0
}

// move makes subscriptions that have lost their connection to e on other endpoints. It
// does not wait: connections are locked meanwhile.
func (e *endpoint) move(subs []*Subscription) {
	for _, s := range subs {
		if !e.pool.start(func() { e.pool.moveOne(s, e) }) {
			s.end(ErrClosed)
		}
	}
}

// mostMoving bounds the pause between attempts to make a subscription again.
const mostMoving = 5 * time.Second

// moveOne goes on until the subscription is made, elsewhere than at from if that can be,
// or ends.
func (p *Pool) moveOne(s *Subscription, from *endpoint) {
	for failures := 1; s.lives(); failures++ {
		ctx, cancel := context.WithTimeout(s.ctx, attemptTime)
		stop := context.AfterFunc(p.ctx, cancel)
		search := search{pool: p, stream: true, session: p.set.strategy.session(ctx, nil)}
		if failures == 1 && len(p.members.Load().all) > 1 {
			search.spent = append(search.spent, from)
		}
		err := p.placeBy(ctx, s, &search)
		stop()
		cancel()
		switch {
		case err == nil:
			return
		case p.ctx.Err() != nil:
			s.end(ErrClosed)
			return
		case !p.outcome(err).Class.Temporary() && !errors.Is(err, errRemoved):
			s.lapse(err)
			return
		}
		_ = sleep(p.ctx, backoff(failures, mostMoving)) // which costs nothing while all rest
	}
}

// lives reports whether the subscription has not ended.
func (s *Subscription) lives() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err == nil
}

// sticks reports whether a call with this context belongs to a session, so that it must
// not go with those of others. It is false of no pool.
func (p *Pool) sticks(ctx context.Context) bool {
	return p != nil && p.set.strategy.session(ctx, nil) != ""
}
