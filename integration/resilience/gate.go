package resilience

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"example.com/jsonrpc"
)

// Gate stops all calls to an endpoint that has said that it is asked too often
// (HTTP 429, or an error that means it), until the time that it named. A call
// whose deadline comes sooner, or that would have to wait too long, fails at once.
// The call that was told so fails as well, unless a [Retry] sends it again.
type Gate struct {
	// Max is the longest that a call waits at the gate. The default is a minute.
	Max time.Duration
	// Pause is how long the gate stays closed if the server named no time. The
	// default is a second. It stays closed for a day at most, whatever the server
	// names.
	Pause time.Duration
	// Classifier says what an outcome means. The default is [jsonrpc.Classify].
	Classifier jsonrpc.Classifier
}

// longest is for how long a server can have itself left alone: some send a time
// where a number of seconds is due.
const longest = 24 * time.Hour

func (g Gate) rank() int { return rankGate }

func (g Gate) with(classify jsonrpc.Classifier) Policy {
	if g.Classifier == nil {
		g.Classifier = classify
	}
	return g
}

// Interceptor returns the policy by itself.
func (g Gate) Interceptor() jsonrpc.Interceptor {
	g.Max = positive(g.Max, time.Minute)
	g.Pause = positive(g.Pause, time.Second)
	gates := &byEndpoint[gate]{make: func(string) *gate { return new(gate) }}
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			gate := gates.of(x)
			if err := gate.wait(ctx, g.Max); err != nil {
				return err
			}
			err := next(ctx, x)
			if err == nil && !x.Batch() {
				return nil
			}
			for o := range outcomes(g.Classifier, x, err) {
				if o.Class == jsonrpc.ClassRateLimited {
					gate.close(positive(min(o.RetryAfter, longest), g.Pause))
				}
			}
			return err
		}
	}
}

// A gate is that of one endpoint.
type gate struct {
	until atomic.Pointer[time.Time] // it opens; nil if it never was closed
}

// closedFor returns how long the gate will be closed.
func (g *gate) closedFor() time.Duration {
	until := g.until.Load()
	if until == nil {
		return 0
	}
	return time.Until(*until)
}

// close closes the gate for d at least.
func (g *gate) close(d time.Duration) {
	until := time.Now().Add(d)
	for {
		old := g.until.Load()
		if old != nil && !old.Before(until) || g.until.CompareAndSwap(old, &until) {
			return
		}
	}
}

// wait waits until the gate is open.
func (g *gate) wait(ctx context.Context, most time.Duration) error {
	begin := time.Now()
	for closed := g.closedFor(); closed > 0; closed = g.closedFor() {
		reason := fmt.Sprintf("the server asked to be left alone for another %v", round(closed))
		left, ends := left(ctx)
		switch {
		case ctx.Err() != nil:
			return (&RefusedError{By: "gate", Reason: reason, Wait: closed, Err: ended(ctx)}).asError()
		case closed > most-time.Since(begin):
			return (&RefusedError{By: "gate", Reason: fmt.Sprintf("%s, more than the %v that calls wait", reason, most), Wait: closed}).asError()
		case ends && left <= closed:
			return (&RefusedError{By: "gate", Reason: fmt.Sprintf("%s, and the deadline is in %v", reason, round(left)), Wait: closed}).asError()
		}
		sleep(ctx, closed)
	}
	return nil
}
