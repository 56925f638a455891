package nats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A Requester publishes messages on a subject and brings back what a server
// replies. It implements [transport.RoundTripper]. Make one with [Dial].
type Requester struct {
	nc      *natsgo.Conn
	dialer  *dialer
	name    string
	subject string
	inbox   string // of the replies, without the last part
	header  http.Header
	wait    time.Duration
	outbox  chan *outgoing
	closed  chan struct{}
	writer  sync.WaitGroup

	published atomic.Int64 // messages that may have been sent

	mu    sync.Mutex             // for what follows
	up    chan struct{}          // closed while there is a connection
	cause error                  // why there is none
	calls map[string]chan answer // by the last part of their inbox; nil once closed
	last  uint64                 // of those
}

// An outgoing message is one for the writer.
type outgoing struct {
	msg  *natsgo.Msg
	done chan error
}

// An answer is a reply, or why there is none.
type answer struct {
	text []byte
	err  error
}

// Dial connects to one of the NATS servers, each a URL (nats://HOST:PORT or
// tls://HOST:PORT), with commas between them, for calls to a subject. The
// transport it returns is for [jsonrpc.NewClient].
//
// It connects again whenever it has to, to any server of the cluster. An error is
// a *[transport.Error] with Op "connect".
func Dial(ctx context.Context, servers, subject string, opts *Options) (*Requester, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if o.ReconnectWait <= 0 {
		o.ReconnectWait = defaultReconnectWait
	}
	n, err := o.natsOptions(servers)
	if err == nil && o.Queue != "" {
		err = errors.New("the option Queue is for DialSubscription: servers have their queue group in Serve")
	}
	if err == nil {
		err = checkSubject(subject, false)
	}
	if err != nil {
		return nil, connectError(err)
	}
	n.MaxReconnect = -1
	n.IgnoreAuthErrorAbort = true // credentials may become good again, and calls do not wait for ever
	n.ReconnectBufSize = -1       // calls wait for the connection here, where their contexts count
	n.ReconnectWait, n.ReconnectJitter, n.ReconnectJitterTLS = 250*time.Millisecond, 250*time.Millisecond, 250*time.Millisecond
	r := &Requester{
		name: strings.TrimSuffix(servers, "/") + "/" + subject, subject: subject, header: o.Header, wait: o.ReconnectWait,
		outbox: make(chan *outgoing), closed: make(chan struct{}),
		up: make(chan struct{}), calls: map[string]chan answer{},
	}
	close(r.up)
	r.listen(&n)
	if r.nc, r.dialer, err = connect(ctx, &n); err != nil {
		return nil, err
	}
	r.inbox = r.nc.NewInbox()
	sub, err := r.nc.Subscribe(r.inbox+".*", r.take)
	if err == nil {
		err = errors.Join(sub.SetPendingLimits(-1, -1), flush(ctx, r.nc, r.dialer)) // take never waits
	}
	if err != nil {
		shut(r.nc, r.dialer)
		return nil, connectError(fmt.Errorf("the inbox for replies: %w", err))
	}
	r.writer.Go(r.write)
	return r, nil
}

// String returns the URL, for errors and logs.
func (r *Requester) String() string { return r.name }

// RoundTrip publishes m and, if a reply is due, waits for it.
func (r *Requester) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	if len(m.Query) > 0 {
		return nil, &transport.Error{Op: "send", Err: transport.ErrNoHeaders}
	}
	msg := &natsgo.Msg{Subject: r.subject, Data: m.Body, Header: r.headerOf(m)}
	answered, err := r.send(ctx, m, msg)
	if err != nil {
		return nil, err
	}
	if !m.Reply {
		return nil, nil
	}
	defer r.forget(msg.Reply)
	select {
	case a := <-answered:
		if a.err != nil {
			return nil, a.err
		}
		return reply{bytes.NewBuffer(a.text)}, nil
	case <-ctx.Done():
		return nil, &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
	}
}

// reply implements [transport.BytesReply].
type reply struct{ *bytes.Buffer }

func (reply) Close() error { return nil }

// headerOf returns the headers of a message, nil if it has none.
func (r *Requester) headerOf(m *transport.Message) natsgo.Header {
	if len(r.header)+len(m.Header) == 0 {
		return nil
	}
	header := maps.Clone(r.header)
	if header == nil {
		header = http.Header{}
	}
	maps.Copy(header, m.Header)
	return natsgo.Header(header)
}

// send publishes a message, once there is a connection to publish it on. It
// returns where its reply will be, if one is due.
func (r *Requester) send(ctx context.Context, m *transport.Message, msg *natsgo.Msg) (<-chan answer, error) {
	for {
		if err := r.await(ctx); err != nil {
			return nil, &transport.Error{Op: "send", Err: err}
		}
		answered, err := r.expect(m, msg)
		if err != nil {
			return nil, err
		}
		err = r.publish(ctx, m, msg)
		if err == nil {
			return answered, nil
		}
		r.forget(msg.Reply)
		if !errors.Is(err, natsgo.ErrReconnectBufExceeded) {
			return nil, err
		}
		r.broken(r.nc, nil) // and it was not sent
	}
}

// await waits for a connection.
func (r *Requester) await(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.mu.Lock()
	up, cause := r.up, r.cause
	r.mu.Unlock()
	select {
	case <-up:
		return nil
	default:
	}
	patience := time.NewTimer(r.wait)
	defer patience.Stop()
	select {
	case <-up:
		return nil
	case <-r.closed:
		return jsonrpc.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-patience.C:
		return fmt.Errorf("no connection to NATS for %v: %w", r.wait, cause)
	}
}

// expect makes an inbox for the reply to a message, if one is due.
func (r *Requester) expect(m *transport.Message, msg *natsgo.Msg) (<-chan answer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		return nil, &transport.Error{Op: "send", Err: jsonrpc.ErrClosed}
	}
	if !m.Reply {
		return nil, nil
	}
	r.last++
	token := strconv.FormatUint(r.last, 36)
	msg.Reply = r.inbox + "." + token
	answered := make(chan answer, 1) // so that nobody waits to hand it over
	r.calls[token] = answered
	return answered, nil
}

// forget takes expect back.
func (r *Requester) forget(inbox string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.calls, r.tokenOf(inbox))
}

func (r *Requester) tokenOf(inbox string) string {
	return strings.TrimPrefix(strings.TrimPrefix(inbox, r.inbox), ".")
}

// publish has the writer publish a message: that can block while the NATS server
// does not read, and a context may end before.
func (r *Requester) publish(ctx context.Context, m *transport.Message, msg *natsgo.Msg) error {
	o := &outgoing{msg: msg, done: make(chan error, 1)}
	select {
	case r.outbox <- o:
	case <-r.closed:
		return &transport.Error{Op: "send", Err: jsonrpc.ErrClosed}
	case <-ctx.Done():
		return &transport.Error{Op: "send", Err: context.Cause(ctx)}
	}
	select {
	case err := <-o.done:
		switch {
		case err == nil, errors.Is(err, natsgo.ErrReconnectBufExceeded):
			return err
		}
		return &transport.Error{Op: "send", Sent: !unsent(err), Err: err}
	case <-ctx.Done():
		m.Keep()
		return &transport.Error{Op: "send", Sent: true, Err: context.Cause(ctx)}
	}
}

// unsent reports whether an error of nats.go says that a message was not sent.
func unsent(err error) bool {
	return errors.Is(err, natsgo.ErrReconnectBufExceeded) || errors.Is(err, natsgo.ErrMaxPayload) ||
		errors.Is(err, natsgo.ErrConnectionClosed) || errors.Is(err, natsgo.ErrHeadersNotSupported)
}

// write is the writer.
func (r *Requester) write() {
	for {
		select {
		case o := <-r.outbox:
			r.published.Add(1)
			err := r.nc.PublishMsg(o.msg)
			if unsent(err) {
				r.published.Add(-1)
			}
			if errors.Is(err, natsgo.ErrMaxPayload) {
				err = &jsonrpc.MessageError{Reason: fmt.Sprintf("the message has %d bytes, and the NATS server takes %d at most, headers included (max_payload)",
					len(o.msg.Data), r.nc.MaxPayload()), Err: err}
			}
			o.done <- err
		case <-r.closed:
			return
		}
	}
}

// Close sends what was published, for 2 seconds at most, and closes the
// connection. Calls under way end in [jsonrpc.ErrClosed].
func (r *Requester) Close() error {
	r.mu.Lock()
	first, up := r.calls != nil, r.up
	if first {
		r.failLocked(&transport.Error{Op: "read", Sent: true, Err: jsonrpc.ErrClosed})
		r.calls = nil
		close(r.closed)
	}
	r.mu.Unlock()
	if first {
		select {
		case <-up:
			shut(r.nc, r.dialer)
		default: // there is nothing to wait for
			r.dialer.cut()
			r.nc.Close()
		}
	}
	r.writer.Wait()
	return nil
}
