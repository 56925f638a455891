package jsonrpc

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/jsonrpc/transport"
)

// Coalescing are the settings of [WithCoalescing]. Any zero field means the
// default.
type Coalescing struct {
	// Window is how long a call waits for others to go with, unless there are
	// MaxItems before. The default is not at all: a call goes out at once if none
	// is under way, and otherwise together with all that came in the meantime.
	Window time.Duration
	// MaxItems and MaxBytes bound a batch. The defaults are 100 calls and 512
	// KiB.
	MaxItems int
	MaxBytes int
	// InFlight is how many messages may be under way at once before calls
	// gather. The default is 1. A method that takes long holds up those that
	// come after it: raise it if there are such methods.
	InFlight int
}

// WithCoalescing sends calls that are made at about the same time, by any
// goroutines, as one batch. It multiplies the calls a second that a server can
// take, where the cost is in the messages. Each call keeps its own context, id
// and error. Calls with options of their own, notifications, batches, [Rows] and
// [Open] go by themselves.
//
// A batch has the context of one of its calls, as far as values go: if your [Auth]
// takes the user from the context, coalescing would mix users.
//
// A server that refuses batches is found out, and from then on calls go by
// themselves; a batch that is refused as too large is halved and sent again.
// Both are done only if the server has said that it refused the whole: with HTTP
// 413, which is about size alone, or with one error for all (clause 6) that [Classify]
// calls an answer, that did not come with HTTP 401, and that is no internal error
// (-32603), after which nobody knows what was done.
//
// The limit of [WithMaxReply] counts for the reply to a batch as a whole. If that is
// over it, calls that are idempotent (see [WithIdempotent]) are sent again by
// themselves; the others fail with [ErrReplyTooLarge].
//
// On a stream, an interceptor that gives a call up and sends it again while its batch
// is still under way gets an error, since its id is in use: there, a retry with a
// timeout for each attempt does not go with coalescing.
func WithCoalescing(c Coalescing) ClientOption {
	return clientOnly(func(s *settings) {
		if c.MaxItems <= 0 {
			c.MaxItems = 100
		}
		if c.MaxBytes <= 0 {
			c.MaxBytes = 512 << 10
		}
		if c.InFlight <= 0 {
			c.InFlight = 1
		}
		s.coalescing = &c
	})
}

// A coalescer is an Invoker that makes batches of single calls.
type coalescer struct {
	client  *Client
	set     Coalescing
	refuses atomic.Bool // the server does not take batches

	mu     sync.Mutex // for what follows
	queue  []*gathered
	busy   int  // messages under way
	timing bool // the window's timer runs

	used sync.Pool // of *gathered
}

// A gathered is a call that waits to go with others.
type gathered struct {
	ctx  context.Context
	x    *Exchange     // the caller's, who may have given it up, and go on with it
	item item          // of x, as it was
	body []byte        // of x, as it was
	keep bool          // the response is to be kept
	done chan struct{} // holds something once one of the following is set

	left     bool // the caller has given it up; under the coalescer's mu
	alone    bool // the caller is to send it by itself
	text     []byte
	raw      []byte
	size     int64 // of its response, as it would have come alone
	response *http.Response
	err      error

	panicked any      // what the batch panicked with: for the caller
	endpoint string   // of a pool
	secrets  *secrets // of the batch, which may have been authorized
}

// invoke carries out one exchange, alone or with others.
func (co *coalescer) invoke(ctx context.Context, x *Exchange) error {
	if co.refuses.Load() || !co.takes(x) || co.client.pool.sticks(ctx) {
		return co.client.roundTrip(ctx, x)
	}
	co.mu.Lock()
	if co.set.Window == 0 && co.busy < co.set.InFlight {
		co.busy++
		co.mu.Unlock()
		return co.alone(ctx, x)
	}
	g, _ := co.used.Get().(*gathered)
	if g == nil {
		g = &gathered{done: make(chan struct{}, 1)}
	}
	g.ctx, g.x, g.body, g.keep = ctx, x, x.msg.Body, x.keep
	g.item = item{method: x.items[0].method, id: x.items[0].id}
	co.queue = append(co.queue, g)
	switch {
	case co.set.Window > 0 && len(co.queue) >= co.set.MaxItems: // there is nothing to wait for
		co.startLocked()
	case co.set.Window > 0 && !co.timing:
		co.timing = true
		time.AfterFunc(co.set.Window, co.windowEnds)
	}
	co.mu.Unlock()
	select {
	case <-g.done:
	case <-ctx.Done():
		sent, mine := co.withdraw(g)
		if mine {
			return co.alone(ctx, x)
		}
		x.shared = sent // the batch has it
		x.reset()
		err := withEnded(ctx, &transport.Error{Op: "read", Sent: sent, Err: context.Cause(ctx)})
		x.fail(err)
		return err
	}
	alone, panicked := g.alone, g.panicked
	var err error
	if !alone && panicked == nil {
		err = g.outcome()
	}
	*g = gathered{done: g.done}
	co.used.Put(g)
	if panicked != nil {
		panic(panicked)
	}
	if alone {
		return co.alone(ctx, x)
	}
	return err
}

// takes reports whether x can go with others.
func (co *coalescer) takes(x *Exchange) bool {
	if x.batch || !x.msg.Reply || x.set != &co.client.settings || x.header != nil || len(x.msg.Body) > co.set.MaxBytes {
		return false
	}
	return !x.usesUp()
}

// alone sends x by itself; a place for it is taken already.
func (co *coalescer) alone(ctx context.Context, x *Exchange) error {
	defer co.finished()
	return co.client.roundTrip(ctx, x)
}

// withdraw takes g back, whose context has ended. If it was about to go by
// itself, mine says that its caller has to see to that; sent says whether it went
// with others.
func (co *coalescer) withdraw(g *gathered) (sent, mine bool) {
	co.mu.Lock()
	defer co.mu.Unlock()
	if i := slices.Index(co.queue, g); i >= 0 {
		co.queue = slices.Delete(co.queue, i, i+1)
		return false, false
	}
	g.left = true
	return !g.alone, g.alone
}

// outcome is what has become of the call, decoded by its own goroutine.
func (g *gathered) outcome() error {
	x := g.x
	x.reset()
	it := &x.items[0]
	it.answered, it.err = true, g.err
	x.text, x.size, x.response, x.endpoint = g.text, g.size, g.response, g.endpoint
	x.secrets = x.secrets.and(g.secrets)
	if g.err != nil {
		return g.err
	}
	if x.keep {
		it.raw = g.raw
	}
	if it.result != nil {
		it.err = x.decodeResult(&envelope{text: g.raw, result: g.raw}, it)
	}
	return it.err
}

// finished gives the place of a message free, and sends what has gathered.
func (co *coalescer) finished() {
	co.mu.Lock()
	defer co.mu.Unlock()
	co.busy--
	if co.set.Window == 0 {
		co.startLocked()
	}
}

// windowEnds sends all that has gathered.
func (co *coalescer) windowEnds() {
	co.mu.Lock()
	defer co.mu.Unlock()
	co.timing = false
	for len(co.queue) > 0 {
		co.startLocked()
	}
}

// startLocked sends the oldest calls that fit into one message. The caller must
// hold co.mu.
func (co *coalescer) startLocked() {
	size, n := 0, 0
	for n < len(co.queue) && n < co.set.MaxItems {
		if size += len(co.queue[n].body) + 1; size > co.set.MaxBytes && n > 0 {
			break
		}
		n++
	}
	if n == 0 {
		return
	}
	calls := slices.Clone(co.queue[:n])
	co.queue = slices.Delete(co.queue, 0, n)
	co.busy++
	if n == 1 {
		calls[0].alone = true
		calls[0].done <- struct{}{}
		return
	}
	go func() {
		defer co.finished()
		co.send(calls)
	}()
}
