package jsonrpc

import (
	"bytes"
	"context"
	"errors"
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
	// Window is how long a call waits for others to go with. The default is
	// not at all: a call goes out at once if none is under way, and otherwise
	// together with all that came in the meantime.
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
	x    *Exchange
	done chan struct{} // holds something once one of the following is set

	alone bool // the caller is to send it by itself
	text  []byte
	raw   []byte
	err   error

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
	g.ctx, g.x = ctx, x
	co.queue = append(co.queue, g)
	if co.set.Window > 0 && !co.timing {
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
	alone := g.alone
	var err error
	if !alone {
		err = g.outcome()
	}
	*g = gathered{done: g.done}
	co.used.Put(g)
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
	return co.carry(ctx, x)
}

// carry sends x, unless the client was closed while it waited: it would make a
// connection that nobody closes.
func (co *coalescer) carry(ctx context.Context, x *Exchange) error {
	if co.client.closed.Load() {
		x.reset()
		x.fail(ErrClosed)
		return ErrClosed
	}
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
	return !g.alone, g.alone
}

// outcome is what has become of the call, decoded by its own goroutine.
func (g *gathered) outcome() error {
	x := g.x
	x.reset()
	it := &x.items[0]
	it.answered, it.err = true, g.err
	x.text, x.size, x.endpoint = g.text, int64(len(g.text)), g.endpoint
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
		if size += len(co.queue[n].x.msg.Body) + 1; size > co.set.MaxBytes && n > 0 {
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

// send sends calls as one batch and gives each its outcome.
func (co *coalescer) send(calls []*gathered) {
	ctx, cancel := whileAnyWaits(calls)
	defer cancel()
	x, _ := co.client.newExchange(nil) // fails by its options only
	defer x.free()
	x.batch, x.keep = true, true
	x.items = slices.Grow(x.many[:0], len(calls))
	text := append(x.buf[:0], '[')
	for i, g := range calls {
		if i > 0 {
			text = append(text, ',')
		}
		from := len(text)
		text = append(text, g.x.msg.Body...)
		it := &g.x.items[0]
		x.add(item{method: it.method, id: it.id, from: from, to: len(text)})
	}
	x.buf = append(text, ']')
	x.msg.Body = x.buf
	err := co.carry(ctx, x)
	if refused, size := refusedWhole(err); refused {
		co.sendSmaller(calls, size)
		return
	}
	again := calls[:0:0] // by themselves: it is the batch's reply that was too large
	for i, g := range calls {
		it := &x.items[i]
		if errors.Is(err, ErrReplyTooLarge) && x.idempotent(it) {
			again = append(again, g)
			continue
		}
		g.raw, g.err, g.endpoint, g.secrets = it.raw, it.err, x.endpoint, x.secrets
		if g.err == nil && !it.answered {
			if g.err = err; err == nil {
				g.err = ErrNoResponse
			}
		}
		if g.x.keep {
			g.text = responseText(it)
		}
		g.done <- struct{}{}
	}
	co.letGo(again)
}

// sendSmaller sends calls again, whose batch was refused, for its size alone or not.
func (co *coalescer) sendSmaller(calls []*gathered, size bool) {
	half := len(calls) / 2
	switch {
	case co.refuses.Load(), half == 0:
		co.letGo(calls)
	case half == 1: // no batch could be smaller
		if !size { // other calls may be smaller
			co.refuses.Store(true)
		}
		co.letGo(calls)
	default:
		co.send(calls[:half])
		if co.refuses.Load() {
			co.letGo(calls[half:])
		} else {
			co.send(calls[half:])
		}
	}
}

// letGo has each call sent by itself, by its own caller.
func (co *coalescer) letGo(calls []*gathered) {
	co.mu.Lock()
	defer co.mu.Unlock()
	co.busy += len(calls) // each gives its place free
	for _, g := range calls {
		g.alone = true
		g.done <- struct{}{}
	}
}

// responseText is a response as it would have come alone, for logs.
func responseText(it *item) []byte {
	if e := (*Error)(nil); errors.As(it.err, &e) {
		return appendError(it.id, e, false)
	}
	if it.err != nil {
		return nil
	}
	return appendResponse(`{"jsonrpc":"2.0","result":`, bytes.Clone(it.raw), `,"id":`, it.id)
}

// refusedWhole reports whether err says that a server did not look into a batch, and
// whether that was for its size.
func refusedWhole(err error) (refused, size bool) {
	if page := (*HTTPError)(nil); errors.As(err, &page) {
		switch {
		case page.StatusCode == http.StatusRequestEntityTooLarge:
			return true, true
		case page.StatusCode == http.StatusUnauthorized: // whatever is sent
			return false, false
		case page.StatusCode >= 500: // it may have begun
			return false, false
		}
	}
	said := (*Error)(nil)
	return errors.As(err, &said) && said.Code != CodeInternalError && said.Code != -32005 && Classify(err).Class == ClassAnswer, false
}

// whileAnyWaits returns a context that ends once those of all calls have. If they all
// have deadlines, it has the latest of them, so that it ends as the last call does.
func whileAnyWaits(calls []*gathered) (context.Context, context.CancelFunc) {
	values := context.WithoutCancel(calls[0].ctx)
	if slices.ContainsFunc(calls, func(g *gathered) bool { return g.ctx.Done() == nil }) {
		return values, func() {} // one waits to the end
	}
	var (
		ctx          context.Context
		cancel       context.CancelFunc
		latest, ends = latestDeadline(calls)
	)
	if ends {
		ctx, cancel = context.WithDeadline(values, latest)
	} else {
		ctx, cancel = context.WithCancel(values)
	}
	var left atomic.Int64
	left.Store(int64(len(calls)))
	stops := make([]func() bool, len(calls))
	for i, g := range calls {
		stops[i] = context.AfterFunc(g.ctx, func() {
			if left.Add(-1) == 0 && (!ends || time.Now().Before(latest)) { // or it ends by itself
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// latestDeadline returns the latest deadline of calls, if all have one.
func latestDeadline(calls []*gathered) (latest time.Time, all bool) {
	for _, g := range calls {
		deadline, ok := g.ctx.Deadline()
		if !ok {
			return latest, false
		}
		if deadline.After(latest) {
			latest = deadline
		}
	}
	return latest, true
}
