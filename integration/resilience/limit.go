package resilience

import (
	"context"
	"fmt"
	"time"

	"github.com/failsafe-go/failsafe-go/ratelimiter"
	"golang.org/x/sync/semaphore"

	"example.com/jsonrpc"
)

// RateLimit lets so many calls go to an endpoint in a time, and has the others
// wait for their turn. A call whose turn comes after its deadline fails at once
// and takes no turn. Each request and notification of a batch counts.
type RateLimit struct {
	// Calls is how many calls may go, or how much their cost may be. 0 is no limit.
	Calls int
	// Per is the time for which Calls counts. The default is a second.
	Per time.Duration
	// Burst lets them go at once, Calls in each Per. The default spreads them
	// evenly: one in each Per/Calls.
	Burst bool
	// MaxWait is the longest that a call waits for its turn. The default is a
	// minute.
	MaxWait time.Duration
	// Cost says what a call of the method costs, as providers count "compute
	// units"; 0 is free. The default is 1. A call that costs more than 1 waits
	// longer before it goes. It is called by many goroutines at once.
	Cost func(method string) int
}

func (l RateLimit) rank() int                      { return rankRateLimit }
func (l RateLimit) with(jsonrpc.Classifier) Policy { return l }

// Interceptor returns the policy by itself.
func (l RateLimit) Interceptor() jsonrpc.Interceptor {
	l.Per = positive(l.Per, time.Second)
	l.MaxWait = positive(l.MaxWait, time.Minute)
	if l.Calls <= 0 {
		return Classifier(nil).Interceptor()
	}
	type one struct{ limiter }
	limiters := &byEndpoint[one]{make: func(string) *one {
		if l.Burst {
			return &one{newBursts(l.Calls, l.Per)}
		}
		return &one{ratelimiter.NewSmoothWithMaxRate[any](max(l.Per/time.Duration(l.Calls), 1))}
	}}
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			cost := cost(x, l.Cost)
			if cost == 0 {
				return next(ctx, x)
			}
			if err := l.wait(ctx, limiters.of(x).limiter, cost); err != nil {
				return err
			}
			return next(ctx, x)
		}
	}
}

// A limiter gives turns: it returns how long to wait for one, or -1 if that is more than
// most, and then no turn is taken.
type limiter interface {
	TryReservePermits(cost uint, most time.Duration) (wait time.Duration)
}

// wait waits for the turn of what costs so much.
func (l *RateLimit) wait(ctx context.Context, limiter limiter, cost int) error {
	most := l.MaxWait
	left, ends := left(ctx)
	if ends && left < most {
		most = max(left, 0)
	}
	wait := time.Duration(-1)
	if float64(cost)*float64(l.Per)/float64(l.Calls) <= float64(l.MaxWait)+2*float64(l.Per) { // which the limiter may overflow with
		wait = limiter.TryReservePermits(uint(cost), most)
	}
	switch {
	case wait < 0 && ends && left <= most:
		return (&RefusedError{By: "rate limit", Reason: fmt.Sprintf("the call's turn comes after its deadline, in %v", round(left))}).asError()
	case wait < 0:
		return (&RefusedError{By: "rate limit", Reason: fmt.Sprintf("the call's turn comes later than the %v that calls wait", l.MaxWait)}).asError()
	case wait > 0:
		sleep(ctx, wait)
	}
	if ctx.Err() != nil {
		return (&RefusedError{By: "rate limit", Reason: "the call waited for its turn", Err: ended(ctx)}).asError()
	}
	return nil
}

// Concurrency lets so many messages be under way to an endpoint at once, and has
// the others wait for a place, in order.
type Concurrency struct {
	// Max is how many messages may be under way, or how much their cost may be. 0
	// is no limit. What costs more than Max goes alone.
	Max int
	// MaxWait is the longest that a call waits for its place. The default is a
	// minute.
	MaxWait time.Duration
	// Cost says what a call of the method costs; 0 is free. A batch costs as much
	// as its requests and notifications. The default is 1 for a message of either
	// kind. It is called by many goroutines at once.
	Cost func(method string) int
}

func (c Concurrency) rank() int                      { return rankConcurrency }
func (c Concurrency) with(jsonrpc.Classifier) Policy { return c }

// Interceptor returns the policy by itself.
func (c Concurrency) Interceptor() jsonrpc.Interceptor {
	c.MaxWait = positive(c.MaxWait, time.Minute)
	if c.Max <= 0 {
		return Classifier(nil).Interceptor()
	}
	places := &byEndpoint[semaphore.Weighted]{make: func(string) *semaphore.Weighted { return semaphore.NewWeighted(int64(c.Max)) }}
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			weight := int64(1)
			if c.Cost != nil {
				weight = int64(min(cost(x, c.Cost), c.Max))
			}
			if weight == 0 {
				return next(ctx, x)
			}
			places := places.of(x)
			if err := c.wait(ctx, places, weight); err != nil {
				return err
			}
			defer places.Release(weight)
			return next(ctx, x)
		}
	}
}

// wait waits for a place.
func (c *Concurrency) wait(ctx context.Context, places *semaphore.Weighted, weight int64) error {
	if ctx.Err() == nil && places.TryAcquire(weight) {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, c.MaxWait)
	defer cancel()
	err := places.Acquire(waiting, weight)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return (&RefusedError{By: "concurrency", Reason: "the call waited for a place", Err: ended(ctx)}).asError()
	}
	return (&RefusedError{By: "concurrency", Reason: fmt.Sprintf("no place became free in the %v that calls wait", c.MaxWait)}).asError()
}
