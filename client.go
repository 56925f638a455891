package jsonrpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"

	"example.com/jsonrpc/transport"
)

// A Client calls the methods of one JSON-RPC server. It may be used by many
// goroutines at once. Make one with [Dial] or [NewClient].
//
// The errors of its methods can be told apart with errors.As and errors.Is:
//
//	*Error              the server said no: its code, message and data
//	*HTTPError          the HTTP response was not an ordinary one
//	*ParseResponseError the reply was not JSON
//	*ValidationError    the reply was JSON, but not the response to the request
//	*DecodeError        the result did not fit the Go value
//	*MessageError       the message was refused before it was sent
//	*transport.Error    the message could not be sent, or its reply not be read
//	ErrNoResponse, ErrReplyTooLarge, ErrClosed, and those of the context
//
// A context that ends ends the call at once, and no other.
type Client struct {
	rt         transport.RoundTripper
	settings   settings
	invoke     Invoker // nil if nothing goes around roundTrip
	coalescer  *coalescer
	unseen     bool  // invoke is the coalescer's alone: nobody looks at exchanges
	pool       *Pool // that it is the client of; nil of others
	endpoint   string
	addsHeader bool // to each message, because the transport does not
	closed     atomic.Bool
	auth       atomic.Pointer[knownAuth]
	desk       desk // for requests of the server's in event streams
}

// NewClient returns a client that sends its messages through rt, which may be a
// transport of your own. [Dial] is simpler for the usual ones. If rt has a
// method String, what it returns names the server in errors and logs.
func NewClient(rt transport.RoundTripper, opts ...ClientOption) (*Client, error) {
	set := defaultSettings()
	for _, opt := range opts {
		if opt != nil {
			opt.applyClient(&set)
		}
	}
	return newClient(rt, set, true)
}

func newClient(rt transport.RoundTripper, set settings, addsHeader bool) (*Client, error) {
	if set.err != nil {
		return nil, fmt.Errorf("jsonrpc: %w", set.err)
	}
	c := &Client{rt: rt, settings: set, desk: newDesk()}
	c.addsHeader = addsHeader && (set.header != nil || set.query != nil || set.cookies != nil)
	if s, ok := rt.(fmt.Stringer); ok {
		c.endpoint = set.secrets.mask(s.String())
	}
	c.settings.custom = false
	if set.coalescing != nil {
		c.coalescer = &coalescer{client: c, set: *set.coalescing}
	}
	c.invoke = c.chain(&c.settings)
	c.unseen = len(set.interceptors) == 0 && set.logger == nil
	return c, nil
}

// chain returns the invoker with the interceptors of s around it, nil if there
// are none.
func (c *Client) chain(s *settings) Invoker {
	interceptors := s.interceptors
	if s.logger != nil {
		interceptors = append(slices.Clip(interceptors), logInterceptor(s.logger, s.trim))
	}
	if c.pool != nil {
		interceptors = towardsPool(interceptors)
	}
	last := c.roundTrip
	if c.coalescer != nil {
		last = c.coalescer.invoke
	}
	switch {
	case len(interceptors) > 0 && c.pool != nil && c.coalescer == nil:
		return chain(last, interceptors) // the pool tells of each attempt
	case len(interceptors) > 0:
		return chain(tellAttempts(last), interceptors)
	case c.coalescer != nil:
		return last
	}
	return nil
}

// Close closes the client's connections. Calls after it end in [ErrClosed], and so do
// those that wait to be sent: with others ([WithCoalescing]), or again.
func (c *Client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	if c.pool != nil {
		return c.pool.close()
	}
	if closer, ok := c.rt.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// String returns where the client sends its messages, without secrets.
func (c *Client) String() string { return c.endpoint }

// Transport returns what carries the client's messages. It is for tools that send
// what no client should: what goes through it has none of the client's checks,
// and of its options only those that [Dial] has given to the transport. The client
// of a [Pool] has none, and returns nil.
func (c *Client) Transport() transport.RoundTripper { return c.rt }

// Call calls a method and decodes its result into the variable that result
// points to, by the rules of encoding/json. If result is nil, the result is
// checked and dropped. After an error the variable may hold anything.
//
// Params are [Args], [Named], any value that encodes as a JSON array or object,
// or nil for none.
func (c *Client) Call(ctx context.Context, method string, params, result any, opts ...CallOption) error {
	x, err := c.newExchange(opts)
	if err == nil {
		defer x.free()
		if err = x.single(method, params, ID{}, result, false); err == nil {
			err = c.run(ctx, x)
		}
	}
	return c.wrap(x, method, err)
}

// Request calls a method and returns the JSON of its result, as it came.
func (c *Client) Request(ctx context.Context, method string, params any, opts ...CallOption) (json.RawMessage, error) {
	var result json.RawMessage
	if err := c.Call(ctx, method, params, &result, opts...); err != nil {
		return nil, err
	}
	return result, nil
}

// Notify sends a notification. No response is due, so that only sending can
// fail; but what a server says against it all the same, as an HTTP status or an
// error object, is returned.
func (c *Client) Notify(ctx context.Context, method string, params any, opts ...CallOption) error {
	x, err := c.newExchange(opts)
	if err == nil {
		defer x.free()
		if err = x.single(method, params, ID{}, nil, true); err == nil {
			err = c.run(ctx, x)
		}
	}
	return c.wrap(x, method, err)
}

// Send sends any message: a [Request], a [Notification], a *[Batch], or a [Raw]
// text.
//
// The error of a single request is its own. That of a batch is about the batch
// as a whole; a request that fails alone has its error in the [Reply], and in
// its [Result]. If validation is on and the reply to a batch breaks the rules,
// there are both a Reply, with what can be trusted, and a [*ValidationError].
func (c *Client) Send(ctx context.Context, m Message, opts ...CallOption) (*Reply, error) {
	if m == nil {
		return nil, c.wrap(nil, "", &MessageError{Reason: "the message is nil"})
	}
	x, err := c.newExchange(opts)
	if err != nil {
		return nil, c.wrap(nil, "", err)
	}
	defer x.free()
	if err = m.prepare(x); err != nil {
		return nil, c.wrap(x, "", err)
	}
	x.keep = true
	err = c.wrap(x, x.label(), c.runChunks(ctx, x))
	for i := range x.items {
		it := &x.items[i]
		if it.answered {
			it.err = c.wrap(x, it.method, it.err)
		} else if err != nil {
			it.err = err
		}
		if it.done != nil {
			*it.done = it.err
		}
	}
	if err != nil && !x.batch {
		return nil, err
	}
	return &Reply{Responses: x.Responses(), Strays: x.strays, Text: x.text}, err
}

// NewRequest returns a request with an id drawn from the client's generator, so
// that it prints exactly as it is sent.
func (c *Client) NewRequest(method string, params any) Request {
	return Request{Method: method, Params: params, ID: c.settings.ids()}
}

// run carries out the exchange.
func (c *Client) run(ctx context.Context, x *Exchange) error {
	if c.closed.Load() {
		x.fail(ErrClosed)
		return ErrClosed
	}
	invoke := c.invoke
	if x.set.custom {
		invoke = c.chain(x.set)
	}
	if x.set.progress != nil {
		return c.runTracked(ctx, x, invoke)
	}
	if x.set.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.set.timeout)
		defer cancel()
	}
	if invoke == nil {
		return c.roundTrip(ctx, x)
	}
	return invoke(ctx, x)
}

// roundTrip is the innermost Invoker. A client may have been closed while a message
// waited to be sent: sending it would make a connection that nobody closes.
func (c *Client) roundTrip(ctx context.Context, x *Exchange) error {
	if c.closed.Load() {
		x.reset()
		x.fail(ErrClosed)
		return ErrClosed
	}
	if c.pool != nil {
		return c.pool.forward(ctx, x)
	}
	x.reset()
	var err error
	switch {
	case ctx.Err() != nil:
		err = &transport.Error{Op: "send", Err: context.Cause(ctx)}
	case len(x.set.auths) == 0:
		x.address(nil)
		err = c.carry(ctx, x)
	default:
		err = c.authorized(ctx, x)
	}
	if err != nil {
		err = x.secrets.maskTree(withEnded(ctx, err))
		x.fail(err)
	}
	return err
}

// authorized carries the message with the headers that authorize it, and once
// more with others if the server refused those.
func (c *Client) authorized(ctx context.Context, x *Exchange) error {
	return x.set.authorized(ctx, x.msg.Body, func(auth http.Header) (refused bool, err error) {
		x.reset()
		x.address(auth)
		err = c.carry(ctx, x)
		return x.HTTPStatus() == http.StatusUnauthorized && !x.carriedOut(), err
	})
}

// withEnded has an err that is the cause of ctx's end found as ctx's own error. A
// context is cancelled, in its own words, if it was made of one whose time is over by
// [WithProgress]: that is a timeout all the same.
func withEnded(ctx context.Context, err error) error {
	ended, cause := ctx.Err(), context.Cause(ctx)
	if ended != nil && cause != context.DeadlineExceeded && !errors.Is(err, ended) && errors.Is(err, cause) {
		return &causeError{err, ended}
	}
	return err
}

// explain adds the method and the endpoint to the error of something that is no
// call, unless it comes from one.
func (c *Client) explain(ctx context.Context, method string, err error) error {
	if e := (*callError)(nil); errors.As(err, &e) {
		return err
	}
	return c.wrap(nil, method, c.settings.secrets.maskTree(withEnded(ctx, err)))
}

// report tells the error hook of something that is no call's error.
func (c *Client) report(err error) {
	if f := c.settings.stream.onError; f != nil {
		f(c.settings.secrets.maskTree(err))
	}
}

// carry sends the message and reads the reply.
func (c *Client) carry(ctx context.Context, x *Exchange) (err error) {
	reply, err := c.rt.RoundTrip(ctx, &x.msg)
	if h := c.settings.stream.shown; h != nil {
		if header := h.header.Load(); header != nil {
			x.secrets = c.authSecrets(x.set.secrets, *header)
		}
	}
	if err != nil {
		return err
	}
	if reply == nil {
		if x.msg.Reply {
			return ErrNoResponse // against the transport's contract
		}
		return nil
	}
	defer func() { // even if what reads it, as a loop over Rows, panics
		if closeErr := reply.Close(); err == nil && closeErr != nil && x.msg.Reply {
			err = &transport.Error{Op: "read", Sent: true, Err: closeErr}
		}
	}()
	return x.read(ctx, reply)
}

// wrap adds the method and the endpoint to an error.
func (c *Client) wrap(x *Exchange, method string, err error) error {
	if err == nil {
		return nil
	}
	s, endpoint := c.settings.secrets, c.endpoint
	if x != nil {
		s = x.secrets
	}
	if c.pool != nil {
		endpoint, err = c.pool.culprit(x, err)
	}
	if e := (*MessageError)(nil); errors.As(err, &e) { // it has not been through roundTrip
		err = s.maskTree(err)
	}
	return &callError{method: method, endpoint: endpoint, err: err, secrets: s}
}
