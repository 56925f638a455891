package zmq

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

const (
	defaultConnections = 4
	defaultAnswerWait  = 30 * time.Second
)

// A REQ is a [transport.RoundTripper] over REQ sockets, each of which sends a
// message and then waits for its answer, so that no id is needed to tell answers
// apart. There is a connection for each call under way, up to
// Options.Connections; further calls wait for one.
//
// A call that is cancelled drops its connection: there, the answer would be
// taken for that of the next call. A notification is answered too, by an empty
// message as a rule, which is read and dropped.
type REQ struct {
	endpoint string
	options  Options

	places  chan struct{} // holds one for each connection in use
	readers sync.WaitGroup

	mu     sync.Mutex // for what follows, and for the lanes
	lanes  map[*lane]struct{}
	idle   []*lane // the one used last is at the end
	closed chan struct{}
}

// DialREQ connects REQ sockets to a server's REP or ROUTER socket, for
// [jsonrpc.NewClient]. It makes the first connection at once, so that a wrong
// address or password shows, and others when they are needed. Endpoint and
// errors are those of [Dial].
func DialREQ(ctx context.Context, endpoint string, opts *Options) (*REQ, error) {
	r := &REQ{endpoint: endpoint, lanes: map[*lane]struct{}{}, closed: make(chan struct{})}
	if opts != nil {
		r.options = *opts
	}
	if r.options.NoDelimiter {
		return nil, connectError(errors.New("the option NoDelimiter is for Dial: a REQ socket always sends the delimiter"))
	}
	if r.options.Connections <= 0 {
		r.options.Connections = defaultConnections
	}
	if r.options.AnswerWait <= 0 {
		r.options.AnswerWait = defaultAnswerWait
	}
	r.places = make(chan struct{}, r.options.Connections)
	l, _, err := r.take(ctx)
	if err != nil {
		return nil, err
	}
	r.answered(l, answer{})
	return r, nil
}

// String returns the endpoint as [jsonrpc.Dial] takes it, for errors and logs.
func (r *REQ) String() string { return "zmq-req+" + r.endpoint }

// RoundTrip sends m and, if a reply is due, waits for it. If ctx ends before a
// connection is free, m has not been sent.
func (r *REQ) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	if len(m.Header) > 0 || len(m.Query) > 0 {
		return nil, &transport.Error{Op: "send", Err: transport.ErrNoHeaders}
	}
	l, asked, err := r.take(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.stream.Write(ctx, m.Body); err != nil {
		if !r.end(l, asked, nil) { // the reader knows why
			return (<-asked).reply()
		}
		return nil, err
	}
	if !m.Reply {
		r.leave(l, asked)
		return nil, nil
	}
	select {
	case a := <-asked:
		return a.reply()
	case <-ctx.Done():
		if !r.end(l, asked, nil) { // it came in this moment
			return (<-asked).reply()
		}
		return nil, &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
	}
}

// Close closes the connections. Calls under way end in [jsonrpc.ErrClosed].
func (r *REQ) Close() error {
	r.mu.Lock()
	if !r.isClosed() {
		close(r.closed)
	}
	lanes := r.lanes
	r.lanes = map[*lane]struct{}{}
	r.mu.Unlock()
	for l := range lanes {
		r.end(l, nil, jsonrpc.ErrClosed)
	}
	r.readers.Wait()
	return nil
}

func (r *REQ) isClosed() bool {
	select {
	case <-r.closed:
		return true
	default:
		return false
	}
}
