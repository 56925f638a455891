package jsonrpc

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

// An Endpoint is a server of a [Pool].
type Endpoint struct {
	// URL is what [Dial] takes.
	URL string
	// Address, if not empty, is the HOST:PORT to connect to instead of the host in URL,
	// see [WithAddress].
	Address string
	// Name stands for the endpoint in errors and statistics. The default is URL without
	// user, password and query, and Address.
	Name string
	// Priority is the better the smaller it is. Endpoints get calls only if none with a
	// better one is well.
	Priority int
	// Weight is how many calls it gets for one of an endpoint with the weight 1, which
	// is what 0 means.
	Weight int
	// Options are for this endpoint, after those of the pool. Interceptors and a log
	// among them are around each attempt, and what they change in a message is for this
	// endpoint alone. [WithTimeout] among them has no effect: that is the call's, and
	// [WithAttemptTimeout] bounds what an endpoint may take.
	Options []DialOption
	// Dial, if not nil, makes the client instead of URL and Options. It is called when
	// the endpoint comes, without waiting for it, and again when it is wanted if it has
	// failed; ctx ends after 30 seconds, or with the endpoint. The client is the pool's
	// from then on, which closes it. A Name is needed.
	Dial func(ctx context.Context) (*Client, error)
}

// key is what makes an endpoint the same as another.
func (e Endpoint) key() string { return e.Name + "\x00" + e.URL + "\x00" + e.Address }

// An endpoint is a server of a pool, from when it comes to when it goes.
type endpoint struct {
	pool *Pool
	key  string
	name string
	hash uint64 // of key, for sessions
	make func(ctx context.Context) (*Client, error)
	ctx  context.Context // ends when it goes
	stop context.CancelFunc

	priority, weight atomic.Int64

	client   atomic.Pointer[Client] // nil before it was made
	ready    atomic.Bool            // a call would not have to wait for a connection
	gone     atomic.Bool            // it gets no new calls
	inFlight atomic.Int64
	calls    atomic.Int64
	failures atomic.Int64
	health   health
	closing  sync.Once

	mu      sync.Mutex // for dialing
	dialing *dialing   // under way, or the last; nil if there was none
}

// A dialing is an attempt to make the connection that calls wait for.
type dialing struct {
	done chan struct{}
	err  error
}

// newEndpoint prepares an endpoint, without connecting to it.
func (p *Pool) newEndpoint(spec Endpoint) (_ *endpoint, err error) {
	e := &endpoint{pool: p, key: spec.key(), name: spec.Name, hash: hashOf(spec.key())}
	e.ctx, e.stop = context.WithCancel(p.ctx)
	defer func() {
		if err != nil {
			e.stop()
		}
	}()
	if e.make = spec.Dial; e.make != nil {
		if spec.Name == "" {
			return nil, &MessageError{Reason: "an endpoint with a function that dials needs a Name"}
		}
		return e, nil
	}
	d := p.dialSettings(spec)
	if d.err != nil {
		return nil, d.err
	}
	name, _, _ := strings.Cut(spec.URL, ":")
	if s, known := schemes.Load(strings.ToLower(name)); known && s.(Scheme).RoundTripper != nil { // which may connect
		u, err := url.Parse(spec.URL)
		if err != nil {
			return nil, &MessageError{Reason: "the URL cannot be parsed"}
		}
		if d.noteURL(u); e.name == "" {
			u.User, u.RawQuery, u.Fragment = nil, "", ""
			e.name = d.secrets.mask(u.String())
		}
		e.make = func(ctx context.Context) (*Client, error) { return p.dialSettings(spec).dial(ctx, spec.URL) }
		return e, nil
	}
	c, err := d.dial(p.ctx, spec.URL)
	if wrong := (*MessageError)(nil); errors.As(err, &wrong) { // the caller says the rest
		return nil, wrong
	}
	if err != nil {
		return nil, err
	}
	if e.name == "" {
		e.name = c.endpoint
	}
	e.adopt(c)
	return e, nil
}

// dialSettings returns the settings that an endpoint is dialled with: what goes around
// calls goes around those of the pool.
func (p *Pool) dialSettings(spec Endpoint) *dialSettings {
	d := &dialSettings{settings: defaultSettings()}
	d.apply(p.set.dial)
	d.interceptors, d.logger, d.coalescing = nil, nil, nil
	if d.apply(spec.Options); spec.Address != "" {
		WithAddress(spec.Address).applyDial(d)
	}
	d.coalescing, d.stream.noReconnect, d.stream.lazy = nil, false, true
	if d.stream.maxBackoff == 0 {
		d.stream.maxBackoff = firstBackoff // it is the endpoint's rest that grows
	}
	return d
}

// adopt makes c the endpoint's client.
func (e *endpoint) adopt(c *Client) {
	c.settings.ids = e.pool.settings.ids // two generators' ids would meet on a connection
	if e.name != "" {
		c.endpoint = e.name
	}
	conn, stream := c.rt.(*conn)
	if !stream {
		e.client.Store(c)
		e.ready.Store(true)
		return
	}
	conn.events.mu.Lock()
	conn.events.move = e.move
	conn.events.mu.Unlock()
	conn.mu.Lock()
	defer conn.mu.Unlock()
	conn.owner = e
	e.client.Store(c)
	e.ready.Store(conn.link != nil)
}

// watch is told of changes of the endpoint's connection, while that is locked.
func (e *endpoint) watch(state ConnectionState) {
	e.ready.Store(state == Connected)
	e.pool.change.tell()
}

// conn returns the endpoint's connection, nil if it has none, being no stream.
func (e *endpoint) conn() *conn {
	if c := e.client.Load(); c != nil {
		conn, _ := c.rt.(*conn)
		return conn
	}
	return nil
}

// connect begins to connect, unless that is under way.
func (e *endpoint) connect() *dialing {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d := e.dialing; d != nil {
		select {
		case <-d.done:
		default:
			return d
		}
	}
	d := &dialing{done: make(chan struct{})}
	if !e.pool.start(func() { e.dial(d) }) {
		d.err = ErrClosed
		close(d.done)
	}
	e.dialing = d
	return d
}

// dial connects, and makes the client before if there is none.
func (e *endpoint) dial(d *dialing) {
	ctx, cancel := context.WithTimeout(e.ctx, attemptTime)
	defer cancel()
	if d.err = e.makeClient(ctx); d.err == nil {
		if conn := e.conn(); conn != nil {
			_, d.err = conn.connected(ctx)
		}
	}
	if d.err != nil && e.ctx.Err() == nil {
		d.err = e.mask(connectError(withoutCall(d.err)))
		e.failures.Add(1)
		e.failed(e.pool.outcome(d.err), d.err, false)
	}
	close(d.done)
	e.pool.change.tell()
}

// mask masks the secrets of the pool and, as far as they are known, of the endpoint.
func (e *endpoint) mask(err error) error {
	if c := e.client.Load(); c != nil {
		err = c.settings.secrets.maskTree(err)
	}
	return e.pool.settings.secrets.maskTree(err)
}

// makeClient makes the client if there is none.
func (e *endpoint) makeClient(ctx context.Context) error {
	if e.client.Load() != nil {
		return nil
	}
	c, err := e.make(ctx)
	switch {
	case err != nil:
		return err
	case c == nil:
		return errors.New("the function that dials returned neither a client nor an error")
	case e.ctx.Err() != nil:
		_ = c.Close()
		return ErrClosed
	}
	e.adopt(c)
	if e.ctx.Err() != nil { // remove may have missed it
		_ = c.Close()
	}
	return nil
}

// acquire notes a call, unless the endpoint has gone. It must be released.
func (e *endpoint) acquire() bool {
	e.inFlight.Add(1)
	if e.gone.Load() {
		e.release()
		return false
	}
	return true
}

// release ends a call.
func (e *endpoint) release() {
	if e.inFlight.Add(-1) == 0 && e.gone.Load() {
		e.leave()
	}
}

var errRemoved = errors.New("the endpoint was removed from the pool")

// remove has the endpoint close once the calls under way have ended. Its subscriptions
// move at once.
func (e *endpoint) remove() {
	e.gone.Store(true)
	e.pool.leaving(e, true)
	if conn := e.conn(); conn != nil {
		conn.events.lost(errRemoved)
	}
	if e.inFlight.Load() == 0 {
		e.leave()
	}
}

// leave closes an endpoint that nobody uses any more, without waiting.
func (e *endpoint) leave() {
	e.pool.start(func() {
		if conn := e.conn(); conn != nil {
			conn.events.lost(errRemoved) // of subscriptions made since
		}
		_ = e.close()
		e.pool.leaving(e, false)
	})
}

// close closes the endpoint, and ends what goes on at it.
func (e *endpoint) close() (err error) {
	e.closing.Do(func() {
		e.stop()
		if c := e.client.Load(); c != nil {
			err = c.Close()
		}
	})
	return err
}

// attempt carries out x at the endpoint, which must be acquired, and releases it.
func (e *endpoint) attempt(ctx context.Context, x *Exchange, trial bool) (err error) {
	c, set, secrets := e.client.Load(), x.set, x.secrets
	x.client, x.endpoint = c, e.name
	x.set = set.of(c)
	x.secrets = x.set.secrets
	x.msg.Header, x.msg.Query = nil, nil // those of another endpoint may be secret
	finished := false
	defer func() {
		x.client, x.set = e.pool.Client, set
		x.secrets = secrets.and(x.secrets) // the reply may have those of the endpoint in it
		if !finished {                     // a panic, or a runtime.Goexit, of the caller's own
			e.unknown(trial)
		}
		e.release()
	}()
	e.calls.Add(1)
	if x.tracker != nil {
		if conn, ok := c.rt.(*conn); ok {
			if err := conn.trackers.add(x.tracker); err != nil {
				x.fail(err)
				return err
			}
			defer conn.trackers.remove(x.tracker)
		}
	}
	switch {
	case c.invoke != nil:
		x.shared = true
		restore := x.lend()
		defer restore()
		err = c.invoke(ctx, x)
	case x.attempts != nil && e.pool.coalescer == nil:
		err = tellAttempts(c.roundTrip)(ctx, x)
	default:
		err = c.roundTrip(ctx, x)
	}
	finished = true
	if err != nil || x.batch {
		err = secrets.maskTree(err)
		e.judge(x, err, trial)
	} else {
		e.answered(trial)
	}
	return err
}

// of returns s, the settings of a call of a pool, as they are for an endpoint's client:
// its own, and over them the options of the call.
func (s *settings) of(c *Client) *settings {
	if len(s.opts) == 0 {
		return &c.settings
	}
	set := c.settings.with(s.opts)
	set.opts = s.opts
	return set
}

// judge notes what an attempt says about the endpoint.
func (e *endpoint) judge(x *Exchange, err error, trial bool) {
	o := e.pool.outcome(err)
	for i := 0; i < len(x.items) && err == nil; i++ { // an item may say what the whole does not
		if item := e.pool.outcome(x.items[i].err); atFault(item) {
			o, err = item, x.items[i].err
		}
	}
	switch {
	case atFault(o):
		e.failures.Add(1)
		e.failed(o, err, trial)
	case o.Class == ClassCanceled, o.Class == ClassRefused:
		e.unknown(trial)
	default: // the server works, whatever it thinks of the call
		e.answered(trial)
	}
}

// atFault reports whether an outcome speaks against the endpoint.
func atFault(o Outcome) bool { return o.Class.Failure() || o.Class == ClassRateLimited }
