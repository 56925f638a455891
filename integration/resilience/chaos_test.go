package resilience_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

var (
	chaosCalls = flag.Int("chaos.calls", 20_000, "how many calls TestChaos makes")
	chaosSeed  = flag.Uint64("chaos.seed", 1, "what TestChaos's faults are made of")
	chaosTable = flag.Bool("chaos.table", false, "have TestChaos write its table into docs/reliability.md")
)

// What the calls of the suite have in common.
const (
	callers     = 32                                // at the same time
	callTime    = slowdown * time.Second            // a call's deadline
	attemptTime = slowdown * 250 * time.Millisecond // an attempt's, for those who make several
	overtime    = 30 * time.Second                  // after which a call that has passed its deadline counts as hung
	cellsAtOnce = 8                                 // most of them do nothing but wait
	probability = 0.1                               // that a message meets the fault
)

// The clients of the suite.
const (
	bare      = "bare"
	resilient = "retry"
	pooled    = "pool"
)

var chaosClients = []string{bare, resilient, pooled}

// TestChaos makes calls over real sockets to servers that fail in each way there
// is, with a bare client, one with Retry and Gate, and a pool of three servers of
// which one fails. Whatever happens: each call ends once, in time, with its own
// answer or an error of a known type; one that is not idempotent is never carried
// out twice, which the servers count.
func TestChaos(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	var cells []cell
	for _, scheme := range []string{"http", "ws", "tcp"} {
		for i := range chaosFaults {
			f := &chaosFaults[i]
			if scheme == "http" || !f.httpOnly {
				cells = append(cells, cell{scheme: scheme, fault: f})
			}
		}
	}
	each := max(*chaosCalls/len(cells)/len(chaosClients)+1, 2*callers)
	began := time.Now()
	places := make(chan struct{}, cellsAtOnce)
	if *chaosTable { // figures are not to be those of a crowd
		places = make(chan struct{}, 1)
	}
	var running sync.WaitGroup
	for i := range cells {
		cells[i].results = map[string]*tally{}
		for _, kind := range chaosClients {
			cells[i].results[kind] = &tally{name: fmt.Sprintf("%s, %s, %s", cells[i].scheme, cells[i].fault.name, kind), errors: map[string]int{}}
		}
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			for _, kind := range chaosClients {
				cells[i].run(t, kind, each, *chaosSeed+uint64(i))
			}
		})
	}
	running.Wait()
	report(t, cells, time.Since(began))
}

// A cell is one way to fail by one transport.
type cell struct {
	scheme  string
	fault   *chaosFault
	results map[string]*tally // by client
}

// A tally is what became of the calls.
type tally struct {
	name                string
	calls, good         atomic.Int64
	safeCalls, safeGood atomic.Int64

	mu     sync.Mutex
	errors map[string]int // under mu; by kind
}

// run makes the calls of one cell with one kind of client.
func (c *cell) run(t *testing.T, kind string, calls int, seed uint64) {
	result := c.results[kind]
	servers := 1
	if kind == pooled {
		servers = 3
	}
	var endpoints []*jsonrpctest.Server
	var urls []string
	for n := range servers {
		srv := newChaosServer()
		if n == 0 {
			srv.SetFaults(c.fault.plan(seed, c.scheme))
			srv.RefuseConnections(c.fault.refuse)
		}
		e, err := srv.Listen(c.scheme + "://127.0.0.1:0")
		if err != nil {
			t.Errorf("%s: %v", result.name, err)
			return
		}
		defer func() { _ = e.Close() }() // all calls are over
		endpoints, urls = append(endpoints, srv), append(urls, e.URL)
	}
	client, err := newChaosClient(t.Context(), kind, urls)
	if err != nil {
		t.Errorf("%s: %v", result.name, err)
		return
	}
	defer func() { _ = client.Close() }() // as above
	size := int64(max(c.fault.batch, 1))
	var next atomic.Int64
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for n := next.Add(size); n < int64(calls)+size; n = next.Add(size) {
				if size > 1 {
					sendBatch(t, client, result, n, size)
				} else {
					oneCall(t, client, result, n)
				}
			}
		})
	}
	running.Wait()
	for _, key := range repeated(endpoints) {
		t.Errorf("%s: %s was carried out more than once", result.name, key)
	}
	for _, srv := range endpoints {
		srv.CloseStreams() // a WebSocket in mid-frame would wait for its close handshake
	}
}

// newChaosServer has a method that may be repeated and one that must not be. The
// calls of both are counted.
func newChaosServer() *jsonrpctest.Server {
	srv := jsonrpctest.NewServer(nil)
	srv.HandleFunc("get", func(key string) string { return key })
	srv.HandleFunc("do", func(key string) string { return key })
	srv.CountBy(func(method string, params json.RawMessage) string { return method + string(params) })
	return srv
}

// repeated returns the calls of do that the servers together have carried out more
// than once.
func repeated(servers []*jsonrpctest.Server) (keys []string) {
	all := map[string]int{}
	for _, srv := range servers {
		for key, n := range srv.Executions() {
			if all[key] += n; strings.HasPrefix(key, "do") && all[key] == 2 {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// A chaosClient is a client of any kind.
type chaosClient interface {
	jsonrpc.Caller
	Close() error
}

func newChaosClient(ctx context.Context, kind string, urls []string) (chaosClient, error) {
	if kind == pooled {
		return jsonrpc.NewPool(ctx, jsonrpc.URLs(urls...), jsonrpc.WithIdempotent("get"),
			jsonrpc.WithMaxBackoff(10*time.Millisecond), jsonrpc.WithAttemptTimeout(attemptTime))
	}
	opts := []jsonrpc.DialOption{jsonrpc.WithMaxBackoff(10 * time.Millisecond)}
	if kind == resilient {
		opts = append(opts, jsonrpc.WithIdempotent("get"), resilience.New(
			resilience.Retry{
				Attempts: 6, First: 2 * time.Millisecond, Most: 50 * time.Millisecond, AttemptTimeout: attemptTime,
				Budget: resilience.NewBudget(1, 1000),
			},
			resilience.Gate{Pause: 10 * time.Millisecond},
		))
	}
	for {
		client, err := jsonrpc.Dial(ctx, urls[0], opts...)
		if err == nil || jsonrpc.MaybeSent(err) || ctx.Err() != nil {
			return client, err
		} // the server refuses connections, for a while
	}
}

// within runs f with the deadline of a call, and fails the test if f outlasts it by
// far.
func within(t *testing.T, f func(ctx context.Context)) {
	ctx, cancel := context.WithTimeout(t.Context(), callTime)
	defer cancel()
	began := time.Now()
	f(ctx)
	if took := time.Since(began); took > callTime+overtime {
		t.Errorf("a call with %v to end took %v", callTime, took)
	}
}

// method returns the method of the nth call: every other one may be repeated.
func method(n int64) string {
	if n%2 == 0 {
		return "get"
	}
	return "do"
}

// oneCall makes one call and judges what became of it.
func oneCall(t *testing.T, caller jsonrpc.Caller, result *tally, n int64) {
	key := fmt.Sprintf("call %d", n)
	within(t, func(ctx context.Context) {
		got, err := jsonrpc.Call[string](ctx, caller, method(n), jsonrpc.Args{key})
		result.add(t, method(n), key, got, err)
	})
}

// sendBatch makes calls in a batch, and judges each.
func sendBatch(t *testing.T, caller jsonrpc.Caller, result *tally, n, size int64) {
	within(t, func(ctx context.Context) {
		var b jsonrpc.Batch
		items := make([]*jsonrpc.Result[string], size)
		for i := range items {
			items[i] = jsonrpc.Queue[string](&b, method(n+int64(i)), jsonrpc.Args{fmt.Sprintf("call %d.%d", n, i)})
		}
		_, _ = caller.Send(ctx, &b) // each item has its own error
		for i, item := range items {
			got, err := item.Get()
			result.add(t, method(n+int64(i)), fmt.Sprintf("call %d.%d", n, i), got, err)
		}
	})
}

// add judges the outcome of one call.
func (r *tally) add(t *testing.T, method, key, got string, err error) {
	r.calls.Add(1)
	if method == "get" {
		r.safeCalls.Add(1)
	}
	switch kind := kindOf(err); {
	case err == nil && got == key:
		r.good.Add(1)
		if method == "get" {
			r.safeGood.Add(1)
		}
	case err == nil:
		t.Errorf("%s: %s %s was answered with %q, somebody else's answer", r.name, method, key, got)
	case kind == "":
		t.Errorf("%s: %s %s ended in an error of no known type: %v", r.name, method, key, err)
	default:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.errors[kind]++
	}
}

// kindOf names the type of an error, and is empty if it is none of ours.
func kindOf(err error) string {
	var (
		said    *jsonrpc.Error
		page    *jsonrpc.HTTPError
		parse   *jsonrpc.ParseResponseError
		invalid *jsonrpc.ValidationError
		lost    *transport.Error
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &said):
		return "Error"
	case errors.As(err, &page):
		return "HTTPError"
	case errors.As(err, &parse):
		return "ParseResponseError"
	case errors.As(err, &invalid):
		return "ValidationError"
	case errors.As(err, &lost):
		return "transport.Error"
	case errors.Is(err, jsonrpc.ErrNoResponse):
		return "ErrNoResponse"
	}
	return ""
}

// A chaosFault is a way to fail.
type chaosFault struct {
	name     string
	make     func(r *rand.Rand, reply int) jsonrpctest.Fault // reply is about how many bytes a reply has
	httpOnly bool
	batch    int // calls are made in batches of so many
	refuse   int // connections at the beginning
	any      bool
}

// plan has messages meet the fault at random.
func (f *chaosFault) plan(seed uint64, scheme string) jsonrpctest.FaultPlan {
	reply := 60
	if scheme == "http" { // with its headers
		reply = 160
	}
	r := rand.New(rand.NewPCG(seed, 1))
	return func(*jsonrpctest.Arrival) jsonrpctest.Fault {
		switch {
		case r.Float64() >= probability:
			return jsonrpctest.Fault{}
		case f.any:
			return anyFault(r, reply)
		case f.make == nil:
			return jsonrpctest.Fault{}
		}
		return f.make(r, reply)
	}
}

// always is a fault that is the same each time.
func always(f jsonrpctest.Fault) func(*rand.Rand, int) jsonrpctest.Fault {
	return func(*rand.Rand, int) jsonrpctest.Fault { return f }
}

var chaosFaults = []chaosFault{
	{name: "none"},
	{name: "latency, 5 ms", make: always(jsonrpctest.Latency(5 * time.Millisecond))},
	{name: "429, no headers", make: always(jsonrpctest.Status(429, ""))},
	{name: "429, Retry-After", make: always(jsonrpctest.Status(429, "slow down", "Retry-After: 0.01")), httpOnly: true},
	{name: "429, RateLimit-Reset", make: always(jsonrpctest.Status(429, "", "RateLimit-Reset: 0.01")), httpOnly: true},
	{name: "429 as 200 with an error", make: always(jsonrpctest.Refuse(-32005, "rate limit exceeded"))},
	{name: "503, no body", make: always(jsonrpctest.Status(503, "")), httpOnly: true},
	{name: "502, a page", make: always(jsonrpctest.Status(502, "<h1>Bad Gateway</h1>", "Content-Type: text/html")), httpOnly: true},
	{name: "RST at any byte", make: func(r *rand.Rand, reply int) jsonrpctest.Fault {
		return jsonrpctest.Cut(r.IntN(reply), jsonrpctest.RST)
	}},
	{name: "FIN at any byte", make: func(r *rand.Rand, reply int) jsonrpctest.Fault {
		return jsonrpctest.Cut(r.IntN(reply), jsonrpctest.FIN)
	}},
	{name: "dropped before the work", make: always(jsonrpctest.Drop(jsonrpctest.RST))},
	{name: "stall", make: always(jsonrpctest.Stall())},
	{name: "stall at any byte", make: func(r *rand.Rand, reply int) jsonrpctest.Fault { return jsonrpctest.StallAfter(r.IntN(reply)) }},
	{name: "garbage", make: func(r *rand.Rand, reply int) jsonrpctest.Fault { return jsonrpctest.Garbage(r.Uint64(), 1+r.IntN(100)) }},
	{name: "truncated", make: func(r *rand.Rand, reply int) jsonrpctest.Fault { return jsonrpctest.Truncate(r.IntN(40)) }},
	{name: "duplicate", make: always(jsonrpctest.Duplicate())},
	{name: "wrong id", make: always(jsonrpctest.WrongID())},
	{name: "overtaken", make: always(jsonrpctest.Overtaken(5 * time.Millisecond))},
	{name: "slow trickle", make: always(jsonrpctest.Trickle(20, time.Millisecond))},
	{name: "closed after accept", refuse: 20},
	{name: "batches: refused", make: always(jsonrpctest.RefuseBatches()), batch: 10},
	{name: "batches: FIN at any byte", make: func(r *rand.Rand, reply int) jsonrpctest.Fault {
		return jsonrpctest.Cut(r.IntN(10*reply), jsonrpctest.FIN)
	}, batch: 10},
	{name: "batches: 429", make: always(jsonrpctest.Status(429, "")), batch: 10, httpOnly: true},
	{name: "all of these", any: true},
}

// anyFault is one of the faults above.
func anyFault(r *rand.Rand, reply int) jsonrpctest.Fault {
	for {
		f := &chaosFaults[r.IntN(len(chaosFaults))]
		if f.make != nil && f.batch == 0 {
			return f.make(r, reply)
		}
	}
}
