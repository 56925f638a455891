package jsonrpc

import (
	"context"
	"time"
)

// poolSettings are what the options of [NewPool] set.
type poolSettings struct {
	dial           []DialOption
	strategy       Strategy
	classify       Classifier
	resting        Resting
	probe          Probe
	attempts       int
	attemptTimeout time.Duration
	err            error
}

func defaultPoolSettings() poolSettings {
	return poolSettings{classify: Classify, resting: Resting{}.orDefault()}
}

type poolOnly func(*poolSettings)

func (o poolOnly) applyPool(p *poolSettings) { o(p) }

// WithStrategy says which endpoint a call goes to. The default is [RoundRobin].
func WithStrategy(s Strategy) PoolOption {
	return poolOnly(func(p *poolSettings) { p.strategy = s })
}

// WithClassifier has c say what the outcome of a call means, instead of [Classify]:
// whether it is an answer, whether the endpoint is at fault, and whether the server
// may have seen the message.
func WithClassifier(c Classifier) PoolOption {
	return poolOnly(func(p *poolSettings) {
		if p.classify = c; c == nil {
			p.err = &MessageError{Reason: "the classifier is nil"}
		}
	})
}

// Resting are the settings of [WithResting]. Any zero field means the default.
type Resting struct {
	// Failures is how many failures in a row, with no answer between, send an
	// endpoint to rest. The default is 3. One is enough that shows by itself that the
	// endpoint is of no use now: it could not be reached, or it said that it is asked
	// too often.
	Failures int
	// First and Max bound how long it rests: First the first time, and twice as long
	// each time it fails again when it comes back, less a random part of at most
	// half. The defaults are a second and a minute. A server that says how long it
	// wants to be left alone (Retry-After) is left alone for as long, a day at most.
	First time.Duration
	Max   time.Duration
}

func (r Resting) orDefault() Resting {
	if r.Failures <= 0 {
		r.Failures = 3
	}
	if r.First <= 0 {
		r.First = time.Second
	}
	if r.Max <= 0 {
		r.Max = time.Minute
	}
	r.Max = max(r.Max, r.First)
	return r
}

// WithResting says when endpoints rest, and for how long. Afterwards a single call, or
// the probe if there is one, shows whether the endpoint is well again; until then it
// gets no others.
func WithResting(r Resting) PoolOption {
	return poolOnly(func(p *poolSettings) { p.resting = r.orDefault() })
}

// A Probe is how a pool finds out whether an endpoint is well, see [WithProbe].
type Probe struct {
	// Interval is the time between two probes of an endpoint, less a random tenth at
	// most. The default is 10 seconds.
	Interval time.Duration
	// Timeout bounds a probe. The default is 5 seconds.
	Timeout time.Duration
	// Method is called with Params; any result is good, any error is not.
	Method string
	Params any
	// Check, if not nil, is called instead, with a client of the endpoint alone, which
	// it must not close. It must end soon after ctx does.
	Check func(ctx context.Context, c *Client) error
}

// WithProbe has each endpoint probed at an interval, beginning at once, which connects
// to all of them. One that fails rests, and one that rests comes back when a probe at
// the end of its rest succeeds, so that no call has to find out.
func WithProbe(probe Probe) PoolOption {
	return poolOnly(func(p *poolSettings) {
		if probe.Interval <= 0 {
			probe.Interval = 10 * time.Second
		}
		if probe.Timeout <= 0 {
			probe.Timeout = 5 * time.Second
		}
		if p.probe = probe; probe.Check == nil {
			if probe.Method == "" {
				p.err = &MessageError{Reason: "a probe needs a Method to call, or a Check"}
			}
			p.probe.Check = func(ctx context.Context, c *Client) error { return c.Call(ctx, probe.Method, probe.Params, nil) }
		}
	})
}

// WithAttempts bounds how many endpoints a call goes to, the first included. The
// default is as many as there are; 1 turns failover off.
func WithAttempts(n int) PoolOption {
	return poolOnly(func(p *poolSettings) { p.attempts = n })
}

// WithAttemptTimeout bounds how long an endpoint may take for a call that may be sent
// to another one then, because it is idempotent. An endpoint has as long as the call if
// no other is well that the call has not been to; so it has for [Rows] and [Open], whose
// results are used while they arrive. The default sets no bound.
func WithAttemptTimeout(d time.Duration) PoolOption {
	return poolOnly(func(p *poolSettings) { p.attemptTimeout = d })
}

// WithSession has a call go to the endpoint of the session with this key, see
// [Sticky].
func WithSession(key string) CallOption { return callOnly(func(s *settings) { s.session = key }) }
