package resilience

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"example.com/jsonrpc"
)

// Retry sends messages again whose outcome is temporary, if that is safe: what was
// certainly not sent, and what is idempotent ([jsonrpc.WithIdempotent]). Of a batch
// it sends the failed items that may be. It waits longer from attempt to attempt,
// and as long as the server asks.
//
// Calls of [jsonrpc.Rows], [jsonrpc.Open] and [jsonrpc.WithProgress] are sent again
// only if they were certainly not sent.
//
// It gives up at once, with a [RetryError] that says so, if the wait would outlast
// the call's deadline.
type Retry struct {
	// Attempts is how often a message is sent at most, the first included. The
	// default is 4.
	Attempts int
	// First is the wait before the second attempt. It doubles from attempt to
	// attempt, to Most. A random part of it, half at most, is left out. The
	// defaults are 100 ms and 10 s.
	First, Most time.Duration
	// MaxWait is the longest that a server may ask to wait for (Retry-After); if
	// it asks for more, the call fails at once. The default is a minute.
	MaxWait time.Duration
	// AttemptTimeout bounds each attempt of what is idempotent and may be sent again,
	// so that one that stalls leaves time for another. The default is none: an attempt
	// may take all the time of the call, as those of other calls may in any case.
	AttemptTimeout time.Duration
	// RateLimited sends again what the server refused with a rate limit, idempotent
	// or not. Servers that count before they work have not carried it out; one
	// behind a gateway that says so may have.
	RateLimited bool
	// Budget bounds the retries of all calls. The default is NewBudget(0.2, 10).
	Budget *Budget
	// Classifier says what an outcome means. The default is [jsonrpc.Classify].
	Classifier jsonrpc.Classifier
}

func (r Retry) rank() int { return rankRetry }

func (r Retry) with(classify jsonrpc.Classifier) Policy {
	if r.Classifier == nil {
		r.Classifier = classify
	}
	return r
}

// Interceptor returns the policy by itself.
func (r Retry) Interceptor() jsonrpc.Interceptor {
	r.Attempts = positive(r.Attempts, 4)
	r.First = positive(r.First, 100*time.Millisecond)
	r.Most = max(positive(r.Most, 10*time.Second), r.First)
	r.MaxWait = positive(r.MaxWait, time.Minute)
	if r.Budget == nil {
		r.Budget = NewBudget(0, 0)
	}
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			r.Budget.called()
			err := r.attempt(ctx, x, next)
			if err == nil && !x.Batch() {
				return nil
			}
			return r.again(ctx, x, next, err)
		}
	}
}

// attempt sends x once.
func (r *Retry) attempt(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error {
	if r.AttemptTimeout > 0 && x.Idempotent() && x.Copyable() { // what may not be sent again has all the time there is
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.AttemptTimeout)
		defer cancel()
	}
	return next(ctx, x)
}

// again sends x, or what of it may be, until that helps or it must give up. err is
// that of the first attempt, and so is the error it returns: that of x as a whole.
func (r *Retry) again(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker, err error) error {
	sent := false // an attempt may have been, of what is sent again
	for attempts := 1; ; attempts++ {
		f := r.failed(x, err)
		if len(f.indexes) == 0 {
			return err
		}
		sent = sent || f.sent
		wait := max(r.backoff(attempts), f.retryAfter)
		if reason, ended := r.giveUp(ctx, attempts, wait, f.retryAfter); reason != "" {
			return gaveUp(err, attempts, reason, ended)
		}
		sleep(ctx, wait)
		if ctx.Err() != nil {
			return gaveUp(err, attempts, "the call ended while it waited for the next", ended(ctx))
		}
		if len(f.indexes) == f.of {
			err = afterSent(r.attempt(ctx, x, next), sent)
			continue
		}
		part := x.Part(f.indexes...)
		partErr := x.Adopt(part, afterSent(r.attempt(ctx, part, next), sent))
		if f.covered {
			err = partErr
		}
	}
}

// gaveUp returns err with the reason why there was no other attempt. A batch whose
// items failed alone has no error as a whole, and gets none.
func gaveUp(err error, attempts int, reason string, ended error) error {
	if err == nil {
		return nil
	}
	return &RetryError{Attempts: attempts, Reason: reason, Err: err, ended: ended}
}

// giveUp returns why there must not be another attempt, if there is a reason.
func (r *Retry) giveUp(ctx context.Context, attempts int, wait, asked time.Duration) (reason string, _ error) {
	switch left, ends := left(ctx); {
	case ctx.Err() != nil:
		return "the call has ended", ended(ctx)
	case attempts >= r.Attempts:
		return "no more are allowed", nil
	case asked > r.MaxWait:
		return fmt.Sprintf("the next has to wait %v, more than the %v that calls may", round(asked), r.MaxWait), nil
	case ends && left <= wait && asked == wait:
		return fmt.Sprintf("the next has to wait %v, and the deadline is in %v", round(asked), round(left)), nil
	case ends && left <= wait:
		return fmt.Sprintf("the deadline, in %v, leaves no time for another", round(left)), nil
	case !r.Budget.take():
		return "the budget for retries is used up", nil
	}
	return "", nil
}

// round makes a duration fit to be read.
func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}

// failed is what of a message failed and may be sent again.
type failed struct {
	indexes    []int
	of         int           // how many items there are
	sent       bool          // one of them may have been sent, and not been refused
	covered    bool          // the error as a whole is about these items only
	retryAfter time.Duration // the longest that was asked for
}

func (r *Retry) failed(x *jsonrpc.Exchange, err error) failed {
	f := failed{}
	again := x.Copyable()
	open, others := 0, 0 // items that have only the error as a whole; those that may not be sent again
	for i, it := range x.Items() {
		f.of++
		itemErr := it.Err
		if !it.Answered || !x.Batch() {
			itemErr = err
		}
		if itemErr == nil {
			continue
		}
		o := outcome(r.Classifier, x, itemErr)
		limited := r.RateLimited && o.Class == jsonrpc.ClassRateLimited && !it.Notification
		may := o.MayRepeat(it.Idempotent && again) || limited
		if !it.Answered {
			open++
			if !may {
				others++
			}
		}
		if may {
			f.indexes = append(f.indexes, i)
			f.sent = f.sent || o.Sent && !limited
			f.retryAfter = max(f.retryAfter, o.RetryAfter)
		}
	}
	f.covered = err == nil || open > 0 && others == 0
	return f
}

// backoff returns how long to wait after so many attempts.
func (r *Retry) backoff(attempts int) time.Duration {
	wait := r.Most
	if doubled := r.First << (attempts - 1); attempts < 32 && doubled < r.Most && doubled > 0 {
		wait = doubled
	}
	return wait - rand.N(wait/2+1)
}
