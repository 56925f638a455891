package jsonrpc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Pool is many servers, its endpoints, as one client. All that a [Client] can do
// it can: what takes a [Caller] takes a *Pool, and what takes a *Client takes its
// Client. Interceptors, a log, [WithCoalescing], [WithMaxBatch] and [WithTimeout] are
// around the pool, so that a call that goes to several endpoints is one call to them.
//
//	pool, err := jsonrpc.NewPool(ctx, jsonrpc.URLs("https://a.example", "https://b.example"),
//		jsonrpc.WithIdempotent("get*"))
//	sound, err := jsonrpc.Call[string](ctx, pool, "cat", nil)
//	sub, err := jsonrpc.Subscribe(ctx, pool.Client, jsonrpc.EthSubscribe("newHeads"), nil)
//
// A call whose outcome is an answer, an error of the server's included, has ended.
// Otherwise it goes to another endpoint if that may help and is safe: the message was
// certainly not sent, or the request is idempotent (see [WithIdempotent]). What an
// outcome means is [Classify]'s to say, or [WithClassifier]'s. A batch goes on with
// those of its items for which that is so.
//
// An endpoint that fails rests for a while (see [Resting]). If all rest they are asked
// all the same, but for those that said themselves how long they want to be left alone.
//
// Endpoints on streams are connected to when they are first wanted, and again when
// they are wanted next; calls do not wait for one of them while there is another. A
// subscription whose connection is lost is made again on another endpoint, with a
// [Gap] between.
//
// Close closes all connections and returns once the pool's goroutines have ended.
type Pool struct {
	*Client

	set   poolSettings
	begin time.Time // what times of endpoints count from
	ctx   context.Context
	stop  context.CancelFunc
	turn  atomic.Uint64 // of RoundRobin

	members atomic.Pointer[members]
	change  notice // that an endpoint may have become of use, or of none

	setting sync.Mutex // held while the endpoints are set

	mu      sync.Mutex         // for what follows
	running sync.WaitGroup     // the goroutines; not added to once ended
	ended   bool               // nothing more is started
	goers   map[*endpoint]bool // endpoints that go, and are not closed yet
}

// NewPool returns a client of the endpoints that source tells. It waits for the first
// it tells, or until ctx ends, but not for connections. [DialOption]s are for the
// connections to all endpoints; an [Endpoint] can have more of its own.
func NewPool(ctx context.Context, source Source, opts ...PoolOption) (*Pool, error) {
	p := &Pool{begin: time.Now(), set: defaultPoolSettings()}
	for _, opt := range opts {
		if opt != nil {
			opt.applyPool(&p.set)
		}
	}
	d := &dialSettings{settings: defaultSettings()}
	d.apply(p.set.dial)
	switch {
	case source == nil:
		d.fail("the source of the pool's endpoints is nil: URLs makes one of fixed addresses")
	case d.stream.noReconnect:
		d.fail("WithoutReconnect has no place in a pool: an endpoint that was lost once would be lost for ever")
	case d.address != "":
		d.fail("WithAddress has no place in a pool: use the field Address of an Endpoint")
	}
	if d.err == nil {
		d.err = p.set.err
	}
	c, err := newClient(nil, d.settings, false)
	if err != nil {
		return nil, err
	}
	c.pool, c.endpoint, p.Client = p, "pool", c
	c.invoke = c.chain(&c.settings)
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.members.Store(&members{})
	if err := p.follow(ctx, source); err != nil {
		_ = p.Close()
		return nil, fmt.Errorf("jsonrpc: the endpoints of the pool: %w", d.secrets.maskTree(err))
	}
	return p, nil
}

// follow has the pool have the endpoints that source tells, and waits for the first.
func (p *Pool) follow(ctx context.Context, source Source) error {
	first := make(chan error, 1)
	p.start(func() {
		begun := false
		for endpoints, err := range source(p.ctx) {
			if err == nil {
				err = p.replace(endpoints)
			}
			switch {
			case p.ctx.Err() != nil:
				return
			case !begun:
				begun = true
				first <- err
			case err != nil:
				p.report(fmt.Errorf("jsonrpc: the endpoints of the pool: %w", err))
			}
		}
		if !begun {
			first <- errors.New("the source told of none")
		}
	})
	select {
	case err := <-first:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Set gives the pool these endpoints instead of those it has. An endpoint that stays,
// which is one with the same Name, URL and Address, keeps its connection and its
// state, and gets the Priority and Weight it now has. One that goes gets no new calls;
// it is closed once those under way have ended, and its subscriptions move. If an
// endpoint is not valid, nothing changes.
//
// A [Source] that goes on telling replaces them in its turn.
func (p *Pool) Set(endpoints ...Endpoint) error {
	if err := p.replace(endpoints); err != nil {
		return fmt.Errorf("jsonrpc: %w", err)
	}
	return nil
}

// replace is Set.
func (p *Pool) replace(endpoints []Endpoint) error {
	p.setting.Lock()
	defer p.setting.Unlock()
	if p.ctx.Err() != nil {
		return ErrClosed
	}
	old := p.members.Load()
	var all, added []*endpoint
	for n, spec := range endpoints {
		key := spec.key()
		if slices.ContainsFunc(all, func(e *endpoint) bool { return e.key == key }) {
			continue
		}
		i := slices.IndexFunc(old.all, func(e *endpoint) bool { return e.key == key })
		if i >= 0 {
			all = append(all, old.all[i])
			continue
		}
		e, err := p.newEndpoint(spec)
		if err != nil {
			for _, e := range added {
				e.remove()
			}
			return fmt.Errorf("number %d: %w", n+1, err)
		}
		all, added = append(all, e), append(added, e)
	}
	p.members.Store(newMembers(all, endpoints))
	for _, e := range old.all {
		if !slices.Contains(all, e) {
			e.remove()
		}
	}
	for _, e := range added {
		if e.client.Load() == nil {
			e.connect()
		}
	}
	p.probe(added)
	p.change.tell()
	return nil
}

// close is Close.
func (p *Pool) close() error {
	p.stop()
	p.setting.Lock()
	all := p.members.Swap(&members{}).all
	p.setting.Unlock()
	p.mu.Lock()
	p.ended = true
	all = slices.AppendSeq(slices.Clone(all), maps.Keys(p.goers))
	p.mu.Unlock()
	errs := make([]error, 0, len(all))
	for _, e := range all {
		errs = append(errs, e.close())
	}
	p.change.tell()
	p.running.Wait()
	return errors.Join(errs...)
}

// start runs f in a goroutine that Close waits for, unless the pool is closed.
func (p *Pool) start(f func()) (running bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.running.Go(f)
	return true
}

// leaving notes that an endpoint goes, or that it is closed.
func (p *Pool) leaving(e *endpoint, goes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if goes {
		if p.goers == nil {
			p.goers = map[*endpoint]bool{}
		}
		p.goers[e] = true
	} else {
		delete(p.goers, e)
	}
}

// report tells of what goes wrong and concerns no call.
func (p *Pool) report(err error) {
	if f := p.settings.stream.onError; f != nil {
		f(p.settings.secrets.maskTree(err))
	}
}

// outcome is what err means.
func (p *Pool) outcome(err error) Outcome {
	if err == nil {
		return Outcome{Sent: true}
	}
	return p.set.classify(err)
}

// now is the time since the pool's begin, never 0.
func (p *Pool) now() int64 { return int64(time.Since(p.begin)) + 1 }

// time is the time that now was.
func (p *Pool) time(now int64) time.Time { return p.begin.Add(time.Duration(now - 1)) }

// A notice tells all who wait for it that something has changed.
type notice struct {
	mu sync.Mutex // for ch
	ch chan struct{}
}

// changed returns a channel that is closed with the next change.
func (n *notice) changed() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch == nil {
		n.ch = make(chan struct{})
	}
	return n.ch
}

func (n *notice) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch != nil {
		close(n.ch)
		n.ch = nil
	}
}
