package resilience

import (
	"context"
	"sync"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// Dedupe has calls that ask the same at the same time share one message and its
// answer: the same method, params, other members, headers and options, at the same
// endpoint (see [jsonrpc.Exchange.Key]). Each caller keeps its own context and decodes
// the answer for itself; the message is given up when the last of them leaves. Only
// single requests that are idempotent are shared ([jsonrpc.WithIdempotent]). A panic
// inside is that of each caller who waits.
//
// The context of the message is that of the first caller, with the latest deadline
// of them all: if your jsonrpc.Auth takes the user from the context, or the key of a
// jsonrpc.Sticky the session, Dedupe would give one the answer to another.
type Dedupe struct{}

func (d Dedupe) rank() int                      { return rankDedupe }
func (d Dedupe) with(jsonrpc.Classifier) Policy { return d }

// Interceptor returns the policy by itself.
func (d Dedupe) Interceptor() jsonrpc.Interceptor {
	flights := &flights{all: map[string]*flight{}}
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			if x.Batch() || !x.Idempotent() || ctx.Err() != nil {
				return next(ctx, x)
			}
			key, ok := x.Key()
			if !ok {
				return next(ctx, x)
			}
			f := flights.join(ctx, x.Endpoint()+" "+key, x, next)
			select {
			case <-f.done:
				if f.panicked != nil {
					panic(f.panicked)
				}
				return x.Adopt(f.x, f.err)
			case <-ctx.Done():
				flights.leave(f, ctx.Err())
				return x.Adopt(x.Part(), &transport.Error{Op: "read", Sent: true, Err: ended(ctx)})
			}
		}
	}
}

// flights are the messages under way that others may join.
type flights struct {
	mu  sync.Mutex // for all, and for what it says of a flight
	all map[string]*flight
}

// A flight is a message under way and those who wait for it.
type flight struct {
	flights *flights
	key     string
	ending  context.Context // ends when nobody waits any longer, or it has landed
	cancel  context.CancelCauseFunc
	done    chan struct{} // closed once what follows is set
	x       *jsonrpc.Exchange
	err     error

	panicked any // what an interceptor inside panicked with: for those who wait

	// Under flights.mu.
	waiting  int
	deadline time.Time // the latest of those who wait
	endless  bool      // one of them has none
}

// joinedLocked adds one who waits, until the deadline if there is one. The caller
// must hold flights.mu.
func (f *flight) joinedLocked(deadline time.Time) {
	f.waiting++
	f.endless = f.endless || deadline.IsZero()
	if deadline.After(f.deadline) {
		f.deadline = deadline
	}
}

// A flightContext is the context of a flight: it ends when nobody waits any
// longer, and so no later than the latest deadline of those who do. Its error is that
// of the last: to those inside, a deadline is another thing than a caller who leaves.
type flightContext struct {
	context.Context // has the values
	flight          *flight
}

func (c flightContext) Done() <-chan struct{} { return c.flight.ending.Done() }

func (c flightContext) Err() error { return context.Cause(c.flight.ending) }

// AfterFunc spares the contexts made of c a goroutine each.
func (c flightContext) AfterFunc(f func()) (stop func() bool) {
	return context.AfterFunc(c.flight.ending, f)
}

func (c flightContext) Deadline() (time.Time, bool) {
	c.flight.flights.mu.Lock()
	defer c.flight.flights.mu.Unlock()
	return c.flight.deadline, !c.flight.endless
}

// join joins the flight with the key, or begins it.
func (fs *flights) join(ctx context.Context, key string, x *jsonrpc.Exchange, next jsonrpc.Invoker) *flight {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	deadline, _ := ctx.Deadline()
	if f := fs.all[key]; f != nil {
		f.joinedLocked(deadline)
		return f
	}
	f := &flight{flights: fs, key: key, done: make(chan struct{}), x: x.Part()}
	f.ending, f.cancel = context.WithCancelCause(context.Background())
	f.joinedLocked(deadline)
	fs.all[key] = f
	values := context.WithoutCancel(ctx)
	go func() {
		defer f.cancel(context.Canceled)
		defer close(f.done)
		defer fs.land(f)
		defer func() { f.panicked = recover() }()
		f.err = next(flightContext{values, f}, f.x)
	}()
	return f
}

// land takes f off: who comes now asks anew.
func (fs *flights) land(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.all[f.key] == f {
		delete(fs.all, f.key)
	}
}

// leave is for one who waits no longer, because of err, the error of a context. The
// last ends the flight.
func (fs *flights) leave(f *flight, err error) {
	fs.mu.Lock()
	f.waiting--
	last := f.waiting == 0
	if last && fs.all[f.key] == f {
		delete(fs.all, f.key) // nobody is to join what is about to end
	}
	fs.mu.Unlock()
	if last {
		f.cancel(err)
	}
}
