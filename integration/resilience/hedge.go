package resilience

import (
	"context"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/hedgepolicy"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// Hedge sends a call again, with another id, while the first is still under way,
// if that is slow, and takes the answer that comes first; the others are
// cancelled. It trades some more calls for shorter waits in the slowest few. Only
// messages that are idempotent as a whole are hedged ([jsonrpc.WithIdempotent]),
// and not those of [jsonrpc.Rows], [jsonrpc.Open] and [jsonrpc.WithProgress].
//
// An attempt that fails is no answer while another is under way. One that panics
// ends the call with its panic.
type Hedge struct {
	// Delay is how long to wait for an answer before the next is sent. 0, the
	// default, is as long as all but the slowest twentieth of the latest calls to
	// the endpoint took; there is no hedging before 20 calls are known.
	Delay time.Duration
	// Max is how many are sent besides the first. The default is 1.
	Max int
	// Budget bounds the hedges of all calls. The default is NewBudget(0.1, 10).
	Budget *Budget
	// Classifier says what an outcome means. The default is [jsonrpc.Classify].
	Classifier jsonrpc.Classifier
}

func (h Hedge) rank() int { return rankHedge }

func (h Hedge) with(classify jsonrpc.Classifier) Policy {
	if h.Classifier == nil {
		h.Classifier = classify
	}
	return h
}

// Interceptor returns the policy by itself.
func (h Hedge) Interceptor() jsonrpc.Interceptor {
	if h.Budget == nil {
		h.Budget = NewBudget(0.1, 10)
	}
	type executor struct{ failsafe.Executor[*attempt] }
	executors := &byEndpoint[executor]{make: func(string) *executor { return &executor{h.build()} }}
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			if !x.Idempotent() || !x.Copyable() || ctx.Err() != nil {
				return next(ctx, x)
			}
			h.Budget.called()
			race := &race{hedge: &h, next: next, x: x}
			return race.run(ctx, executors.of(x).Executor)
		}
	}
}

func (h *Hedge) build() failsafe.Executor[*attempt] {
	builder := hedgepolicy.NewBuilderWithDelayQuantile[*attempt](0.95, 100, 20)
	if h.Delay > 0 {
		builder = hedgepolicy.NewBuilderWithDelay[*attempt](h.Delay)
	}
	builder.WithMaxHedges(positive(h.Max, 1))
	builder.CancelIf(func(a *attempt, _ error) bool { return a.final })
	return failsafe.With[*attempt](builder.Build())
}

// A race is a call and its hedges.
type race struct {
	hedge *Hedge
	next  jsonrpc.Invoker
	x     *jsonrpc.Exchange

	mu      sync.Mutex // for what follows
	begun   int
	running int
	last    *attempt // that ended, and was one
	sent    bool     // one that failed may have been
	over    bool     // x is the caller's again
}

// An attempt is one of a race.
type attempt struct {
	x     *jsonrpc.Exchange
	err   error
	final bool // the race is over

	panicked any // what an interceptor inside panicked with: for the caller
}

// run has the first answer, or the last failure, be the outcome of the call.
func (r *race) run(ctx context.Context, executor failsafe.Executor[*attempt]) error {
	winner, _ := executor.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[*attempt]) (*attempt, error) {
		return r.attempt(e.Context()), nil
	})
	if winner != nil && winner.panicked != nil {
		panic(winner.panicked)
	}
	r.mu.Lock()
	r.over = true
	if winner == nil || winner.x == nil {
		winner = r.last // what came last was no attempt, but the lack of one
	}
	sent := r.sent
	r.mu.Unlock()
	if winner != nil {
		return r.x.Adopt(winner.x, afterSent(winner.err, sent))
	}
	err := error(&transport.Error{Op: "read", Sent: true, Err: ended(ctx)})
	return r.x.Adopt(r.x.Part(), err)
}

// attempt sends the message: the first time with its own ids. It runs on a goroutine
// of its own, where a panic would end the program.
func (r *race) attempt(ctx context.Context) (a *attempt) {
	defer func() {
		if p := recover(); p != nil {
			a = &attempt{panicked: p, final: true}
		}
	}()
	a = r.begin()
	if a.x != nil {
		a.err = r.next(ctx, a.x)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
	if a.x != nil {
		r.last = a
		r.sent = r.sent || a.err != nil && jsonrpc.MaybeSent(a.err)
	}
	// An attempt that failed is no answer only while another is under way.
	a.final = r.running == 0 || a.x != nil && !outcome(r.hedge.Classifier, a.x, a.err).Class.Temporary()
	return a
}

// begin returns an attempt, without a message if there is to be none.
func (r *race) begin() *attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun++
	r.running++
	switch {
	case r.over: // x may be anybody's
		return &attempt{}
	case r.begun == 1:
		return &attempt{x: r.x.Part()}
	case !r.hedge.Budget.take():
		return &attempt{}
	}
	part, err := r.x.Copy()
	if err != nil {
		part = nil
	}
	return &attempt{x: part}
}
