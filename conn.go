package jsonrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"example.com/jsonrpc/transport"
)

// A StreamDialer connects a stream: it is called for the first connection and,
// unless reconnecting is turned off, whenever there is none. The context is about
// this attempt to connect only: it ends once the dialer returns.
type StreamDialer func(ctx context.Context) (transport.Stream, error)

// A conn makes a stream of messages into a [transport.RoundTripper]: it sends
// any number of messages at once and tells the replies apart by their ids, in
// whatever order they come. What the server sends of its own accord goes to the
// handler and to subscriptions.
//
// A connection that breaks fails the calls that were under way, with an error
// that says whether the request may have been sent (see [MaybeSent]); nothing is
// ever sent twice. The next call connects again, with growing pauses between
// attempts that fail.
type conn struct {
	dial     StreamDialer
	name     string
	set      streamSettings
	handler  Handler
	secrets  *secrets
	version1 bool // of what is sent

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	events *hub // subscriptions

	mu        sync.Mutex    // for what follows
	link      *link         // nil if there is none
	handled   chan struct{} // closed once the newest link's notifications are
	attempt   *attempt      // to connect, under way; nil if there is none
	owner     *endpoint     // of a pool; nil if there is none
	news      news          // for the hooks
	failures  int           // attempts that failed, or did not last, in a row
	notBefore time.Time     // of the next attempt
	dialed    bool          // there was a connection once
	ended     error         // why it was the last, if reconnecting is turned off
	closed    bool

	stats    connStats
	trackers trackers
}

// connStats are the counters behind StreamStats.
type connStats struct {
	connects, strays, malformed, dropped atomic.Int64
}

// StreamStats counts what went on on the connection of a client of a stream. All
// are zero for other clients; those of a [Pool] are the sums of its endpoints'. See
// [Client.StreamStats].
type StreamStats struct {
	Connects  int64 // connections made; one if it never broke
	Strays    int64 // responses that nobody waited for: late, duplicate or forged ones
	Malformed int64 // messages that could not be read, and were skipped
	Dropped   int64 // messages of the server's dropped because the handler was too slow
}

// StreamStats returns what went on on the client's connection so far.
func (c *Client) StreamStats() StreamStats {
	if c.pool != nil {
		return c.pool.streamStats()
	}
	conn, ok := c.rt.(*conn)
	if !ok {
		return StreamStats{}
	}
	s := &conn.stats
	return StreamStats{Connects: s.connects.Load(), Strays: s.strays.Load(), Malformed: s.malformed.Load(), Dropped: s.dropped.Load()}
}

const (
	firstBackoff   = 100 * time.Millisecond
	defaultBackoff = 30 * time.Second
	attemptTime    = 30 * time.Second
	lasting        = time.Second // how long a connection must hold to be no failure
	maxRunning     = 100
	maxQueued      = 10_000
	maxQueuedBytes = 64 << 20 // of the messages in one queue, but for a single larger one
)

func newConn(name string, dial StreamDialer, s *settings) *conn {
	c := &conn{dial: dial, name: name, set: s.stream, handler: s.handler, secrets: s.secrets, version1: s.version1, events: newHub()}
	if c.set.maxBackoff <= 0 {
		c.set.maxBackoff = defaultBackoff
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// String names the server in errors.
func (c *conn) String() string { return c.name }

// Close ends the connection in its own orderly way, and with it all calls,
// handlers and subscriptions.
func (c *conn) Close() error {
	c.mu.Lock()
	c.closed = true
	l := c.link
	c.mu.Unlock()
	c.events.close(ErrClosed) // first: the reader may be waiting for a subscriber
	var err error
	if l != nil {
		l.end(ErrClosed)
		err = l.stream.Close()
		<-l.done
	}
	c.cancel()
	return err
}

// An attempt to connect is shared by all who wait for it.
type attempt struct {
	done chan struct{}
	link *link
	err  error
}

// connected returns the connection, and makes one if there is none.
func (c *conn) connected(ctx context.Context) (*link, error) {
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return nil, ErrClosed
	case c.link != nil:
		l := c.link
		c.mu.Unlock()
		if l.cause() == nil {
			return l, nil
		}
		c.lost(l) // it broke in this moment
		return c.connected(ctx)
	case c.dialed && c.set.noReconnect:
		err := c.ended
		c.mu.Unlock()
		return nil, &transport.Error{Op: "connect", Err: fmt.Errorf("reconnecting is turned off, and the connection has ended: %w", err)}
	}
	a := c.attemptLocked()
	c.mu.Unlock()
	select {
	case <-a.done:
		return a.link, a.err
	case <-ctx.Done():
		return nil, &transport.Error{Op: "connect", Err: context.Cause(ctx)}
	case <-c.ctx.Done(): // a dialer may not listen
		return nil, ErrClosed
	}
}

// attemptLocked joins the attempt under way or begins one. The caller must hold
// c.mu.
func (c *conn) attemptLocked() *attempt {
	if c.attempt == nil {
		c.attempt = &attempt{done: make(chan struct{})}
		go c.try(c.attempt, time.Until(c.notBefore))
	}
	return c.attempt
}

// try makes one attempt to connect, after a pause.
func (c *conn) try(a *attempt, pause time.Duration) {
	var stream transport.Stream
	err := sleep(c.ctx, pause)
	if err == nil {
		ctx, cancel := context.WithTimeout(c.ctx, attemptTime)
		stream, err = c.dial(ctx)
		cancel()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(a.done)
	c.attempt = nil
	if err == nil && c.closed {
		_ = stream.Close()
		err = ErrClosed
	}
	if err != nil {
		c.failedLocked()
		if a.err = connectError(err); c.closed {
			a.err = ErrClosed
		} else if c.events.live() {
			c.attemptLocked() // subscribers do not ask for it
		}
		c.tellLocked(ConnectFailed, a.err)
		return
	}
	c.dialed = true
	c.stats.connects.Add(1)
	c.link = newLink(c, stream, c.handled)
	c.handled = c.link.handled
	a.link = c.link
	c.tellLocked(Connected, nil)
	c.events.resume(c.link)
	go c.link.read()
}

// failedLocked has the next attempt wait. The caller must hold c.mu.
func (c *conn) failedLocked() {
	c.failures++
	c.notBefore = time.Now().Add(backoff(c.failures, c.set.maxBackoff))
}

// connectError is err, which a StreamDialer returned, as a *transport.Error.
func connectError(err error) error {
	if e := (*transport.Error)(nil); errors.As(err, &e) {
		return err
	}
	return &transport.Error{Op: "connect", Err: err}
}

// lost is told that l has ended, by its reader or by who finds it first.
func (c *conn) lost(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != l {
		return
	}
	c.link = nil
	c.tellLocked(ConnectionLost, l.cause())
	if c.closed {
		return
	}
	if c.set.noReconnect {
		c.ended = l.cause()
		c.events.close(c.ended)
		return
	}
	if time.Since(l.since) >= lasting {
		c.failures, c.notBefore = 0, time.Time{}
	} else { // a server that takes connections only to close them
		c.failedLocked()
	}
	c.events.lost(l.cause())
	if c.events.live() {
		c.attemptLocked()
	}
}

// report tells the error hook of something that concerns no call.
func (c *conn) report(err error) {
	if c.set.onError != nil {
		c.set.onError(c.set.shown.with(c.secrets).maskTree(err))
	}
}

// backoff returns the pause after so many failures: doubling, up to limit, less
// a random part, so that many clients do not come back at once.
func backoff(failures int, limit time.Duration) time.Duration {
	d := min(firstBackoff<<min(failures-1, 20), limit)
	return d/2 + rand.N(d/2+1)
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// RoundTrip sends m and, if a reply is due, waits for it.
func (c *conn) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	if len(m.Header) > 0 || len(m.Query) > 0 {
		return nil, &transport.Error{Op: "send", Err: transport.ErrNoHeaders}
	}
	l, err := c.linkFor(ctx, m)
	if err != nil {
		return nil, err
	}
	if !m.Reply {
		l.unawaited()
		return nil, l.write(ctx, m.Body)
	}
	w, err := l.expect(m)
	if err != nil {
		if l.cause() != nil && linkOf(m) == nil { // it broke in this moment
			return c.RoundTrip(ctx, m)
		}
		return nil, err
	}
	l.ask(m)
	if err := l.write(ctx, m.Body); err != nil {
		ids := l.forget(w)
		if !sent(err) {
			l.notAsked(m)
		} else if ctx.Err() != nil { // it may be sent yet
			l.sendCancel(ids)
		}
		l.release(w)
		return nil, err
	}
	if w.batch {
		return &batchReply{ctx: ctx, link: l, waiter: w}, nil
	}
	f, err := l.wait(ctx, w)
	if err != nil && asks(m) {
		select { // what is there at the server must not be forgotten
		case came, ok := <-w.frames:
			f, err = l.got(came, ok)
		default:
		}
	}
	l.release(w)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// linkFor returns the connection for m: the one it must be, or any.
func (c *conn) linkFor(ctx context.Context, m *transport.Message) (*link, error) {
	if l := linkOf(m); l != nil {
		return l, nil
	}
	return c.connected(ctx)
}

// linkOf returns the only connection that m may use, nil if it may use any.
func linkOf(m *transport.Message) *link {
	if x, ok := m.Info.(*Exchange); ok {
		return x.set.stream.link
	}
	return nil
}

// sent reports whether the message may have been sent in spite of err.
func sent(err error) bool {
	e := (*transport.Error)(nil)
	return errors.As(err, &e) && e.Sent
}

// idsOf appends the ids of the requests in m to ids.
func idsOf(m *transport.Message, ids []ID) (_ []ID, batch bool, err error) {
	x, ok := m.Info.(*Exchange)
	if !ok { // a RoundTrip by somebody else
		x = &Exchange{}
		if err := Raw(m.Body).prepare(x); err != nil {
			return nil, false, err
		}
	}
	for i := range x.items {
		if it := &x.items[i]; !it.notification {
			ids = append(ids, it.id)
		}
	}
	return ids, x.batch, nil
}

// errInFlight is for an id that another call is waiting with.
func errInFlight(id ID) error {
	return &MessageError{Reason: fmt.Sprintf("a request with the id %v is under way on this connection", id)}
}
