package resilience

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"example.com/jsonrpc"
)

// A Policy is one of [Dedupe], [Retry], [Hedge], [Breaker], [Gate], [RateLimit] and
// [Concurrency], or a [Classifier].
type Policy interface {
	// Interceptor returns the policy as an interceptor with a state of its own,
	// for an order other than that of [New].
	Interceptor() jsonrpc.Interceptor

	rank() int
	with(classify jsonrpc.Classifier) Policy // unless it has one
}

// The ranks of policies, the outermost first.
const (
	rankClassifier = iota
	rankDedupe
	rankRetry
	rankHedge
	rankBreaker
	rankGate
	rankRateLimit
	rankConcurrency
)

// New returns an option with the policies, in the order that works (see the
// package's documentation). Of one kind there may be several, as a limit a second
// and one a day; they keep their order. Without any it is New(Retry{}, Gate{}). It
// can be given to any number of clients.
func New(policies ...Policy) jsonrpc.ClientOption {
	if len(policies) == 0 {
		policies = []Policy{Retry{}, Gate{}}
	}
	policies = slices.Clone(policies)
	slices.SortStableFunc(policies, func(a, b Policy) int { return cmp.Compare(a.rank(), b.rank()) })
	var interceptors []jsonrpc.Interceptor
	var classify jsonrpc.Classifier
	for _, p := range policies {
		if c, ok := p.(Classifier); ok {
			classify = jsonrpc.Classifier(c)
			continue
		}
		interceptors = append(interceptors, p.with(classify).Interceptor())
	}
	return jsonrpc.WithInterceptors(interceptors...)
}

// A Classifier says what outcomes mean to all other policies of a [New] that have
// none of their own, instead of [jsonrpc.Classify].
type Classifier jsonrpc.Classifier

// Interceptor returns one that does nothing.
func (c Classifier) Interceptor() jsonrpc.Interceptor {
	return func(next jsonrpc.Invoker) jsonrpc.Invoker { return next }
}

func (c Classifier) rank() int                      { return rankClassifier }
func (c Classifier) with(jsonrpc.Classifier) Policy { return c }

// outcome says what err means, which is that of x or of an item of it.
func outcome(classify jsonrpc.Classifier, x *jsonrpc.Exchange, err error) jsonrpc.Outcome {
	if classify == nil {
		classify = jsonrpc.Classify
	}
	o := classify(err)
	if o.RetryAfter == 0 && (o.Class == jsonrpc.ClassRateLimited || o.Class == jsonrpc.ClassUnavailable) {
		if r := x.HTTPResponse(); r != nil {
			o.RetryAfter = jsonrpc.RetryAfter(r.Header)
		}
	}
	return o
}

// outcomes yields what became of x, of which err is the error as a whole: of a
// batch also what became of each item that failed alone.
func outcomes(classify jsonrpc.Classifier, x *jsonrpc.Exchange, err error) func(yield func(jsonrpc.Outcome) bool) {
	return func(yield func(jsonrpc.Outcome) bool) {
		if !yield(outcome(classify, x, err)) || !x.Batch() {
			return
		}
		for _, it := range x.Items() {
			if it.Answered && it.Err != nil && !yield(outcome(classify, x, it.Err)) {
				return
			}
		}
	}
}

// maxCost bounds what a message costs: sums do not overflow.
const maxCost = math.MaxInt32

// cost is what x costs if a method costs what of says, or 1.
func cost(x *jsonrpc.Exchange, of func(method string) int) int {
	if of == nil && !x.Batch() {
		return 1
	}
	sum := 0
	for _, it := range x.Items() {
		if of == nil {
			sum++
		} else if c := max(of(it.Method), 0); c < maxCost-sum {
			sum += c
		} else {
			sum = maxCost
		}
	}
	return sum
}

// byEndpoint keeps a T for each endpoint.
type byEndpoint[T any] struct {
	make func(endpoint string) *T

	mu  sync.RWMutex // for all
	all map[string]*T
}

// maxEndpoints bounds what is kept where endpoints come and go.
const maxEndpoints = 10_000

func (b *byEndpoint[T]) of(x *jsonrpc.Exchange) *T {
	endpoint := x.Endpoint()
	b.mu.RLock()
	t := b.all[endpoint]
	b.mu.RUnlock()
	if t != nil {
		return t
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if t = b.all[endpoint]; t != nil {
		return t
	}
	if b.all == nil || len(b.all) == maxEndpoints {
		b.all = map[string]*T{} // those in use come again, with a new state
	}
	t = b.make(endpoint)
	b.all[endpoint] = t
	return t
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// left returns how much time ctx leaves, and whether it has an end at all.
func left(ctx context.Context) (time.Duration, bool) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0, false
	}
	return time.Until(deadline), true
}

// positive returns d, or what is the default if it is not positive.
func positive[T cmp.Ordered](d, byDefault T) T {
	var zero T
	if d <= zero {
		return byDefault
	}
	return d
}
