package resilience

import (
	"context"
	"fmt"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"example.com/jsonrpc"
)

// Breaker refuses calls to an endpoint that fails, at once, and lets a few through
// after a while to see whether it works again. What a failure is, is decided by
// the class of the outcome ([jsonrpc.Class.Failure]): unavailable, unreachable,
// timeout and broken are; an error that the application means is a success, and so
// is a rate limit. A call that its caller gave up says nothing, but as a trial.
type Breaker struct {
	// Rate is the share of failures among the calls of the last Period that opens
	// the breaker, if there were Calls at least. The defaults are 0.5, 10 calls and
	// 10 s. Each message is one call, and a batch fails if one of its items does.
	Rate   float64
	Calls  int
	Period time.Duration
	// Delay is how long it refuses calls before it lets Trials through. If all of
	// them succeed it closes, if one fails it opens again. The defaults are 5 s and
	// 1.
	Delay  time.Duration
	Trials int
	// OnChange is called when a breaker changes its state, by the goroutine of the
	// call that changed it.
	OnChange func(BreakerChange)
	// Classifier says what an outcome means. The default is [jsonrpc.Classify].
	Classifier jsonrpc.Classifier
}

// A BreakerChange is the change of a [Breaker]'s state.
type BreakerChange struct {
	Endpoint string // see [jsonrpc.Exchange.Endpoint]
	From, To string // "closed", "half-open" or "open"
}

func (b Breaker) rank() int { return rankBreaker }

func (b Breaker) with(classify jsonrpc.Classifier) Policy {
	if b.Classifier == nil {
		b.Classifier = classify
	}
	return b
}

// Interceptor returns the policy by itself.
func (b Breaker) Interceptor() jsonrpc.Interceptor {
	type breaker struct {
		circuitbreaker.CircuitBreaker[any]
	}
	breakers := &byEndpoint[breaker]{make: func(endpoint string) *breaker { return &breaker{b.build(endpoint)} }}
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			breaker := breakers.of(x)
			if !breaker.TryAcquirePermit() {
				return refusedBy(breaker.CircuitBreaker)
			}
			failure, known := false, false // a panic of the caller's own tells nothing
			defer func() {
				switch {
				case known && failure:
					breaker.RecordFailure()
				case known:
					breaker.RecordSuccess()
				case breaker.IsHalfOpen():
					breaker.RecordFailure() // or its place among the trials would be lost
				}
			}()
			err := next(ctx, x)
			failure, known = b.failure(x, err)
			return err
		}
	}
}

// build returns the breaker of one endpoint.
func (b *Breaker) build(endpoint string) circuitbreaker.CircuitBreaker[any] {
	builder := circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(min(positive(b.Rate, 0.5), 1), uint(positive(b.Calls, 10)), positive(b.Period, 10*time.Second)).
		WithDelay(positive(b.Delay, 5*time.Second)).
		WithSuccessThreshold(uint(positive(b.Trials, 1)))
	if b.OnChange != nil {
		builder.OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			b.OnChange(BreakerChange{Endpoint: endpoint, From: e.OldState.String(), To: e.NewState.String()})
		})
	}
	return builder.Build()
}

func refusedBy(breaker circuitbreaker.CircuitBreaker[any]) error {
	wait := breaker.RemainingDelay()
	reason := "it is open because calls failed"
	if wait > 0 {
		reason += fmt.Sprintf(", for another %v", round(wait))
	} else {
		reason = "it is half-open, and its trials are under way"
	}
	return (&RefusedError{By: "breaker", Reason: reason, Wait: wait}).asError()
}

// failure reports whether x, of which err is the error, failed by the server's
// fault, if that is known.
func (b *Breaker) failure(x *jsonrpc.Exchange, err error) (failure, known bool) {
	if err == nil && !x.Batch() {
		return false, true
	}
	if isRefusal(err) {
		return false, false
	}
	for o := range outcomes(b.Classifier, x, err) {
		switch {
		case o.Class.Failure():
			return true, true
		case o.Class == jsonrpc.ClassCanceled, o.Class == jsonrpc.ClassRefused:
			return false, false
		}
	}
	return false, true
}
