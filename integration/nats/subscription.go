package nats

import (
	"context"
	"errors"
	"fmt"
	"io"

	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc/transport"
)

// Messages that wait to be read, in number and in bytes. Package jsonrpc reads
// them at once, unless a subscription has the policy Block.
const (
	maxWaiting      = 1 << 16
	maxWaitingBytes = 64 << 20
)

// A subscription is what is published on a subject. It implements
// [transport.Stream] as far as one can that only receives.
type subscription struct {
	nc     *natsgo.Conn
	dialer *dialer
	sub    *natsgo.Subscription
}

// DialSubscription connects to one of the NATS servers (see [Dial]) and receives
// what is published on a subject, which may have wildcards. The stream it returns is
// for [jsonrpc.NewStreamClient], which calls it again when the connection has
// broken: only so is it known that something may have been missed. What is
// written to the stream is refused.
//
// An error is a *[transport.Error] with Op "connect".
func DialSubscription(ctx context.Context, servers, subject string, opts *Options) (transport.Stream, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	n, err := o.natsOptions(servers)
	if err == nil && (o.Header != nil || o.ReconnectWait != 0) {
		err = errors.New("the options Header and ReconnectWait are for Dial")
	}
	if err == nil {
		err = checkSubject(subject, true)
	}
	if err != nil {
		return nil, connectError(err)
	}
	n.AllowReconnect = false
	s := &subscription{}
	if s.nc, s.dialer, err = connect(ctx, &n); err != nil {
		return nil, err
	}
	if o.Queue == "" {
		s.sub, err = s.nc.SubscribeSync(subject)
	} else {
		s.sub, err = s.nc.QueueSubscribeSync(subject, o.Queue)
	}
	if err == nil {
		err = errors.Join(s.sub.SetPendingLimits(maxWaiting, maxWaitingBytes), flush(ctx, s.nc, s.dialer))
	}
	if err != nil {
		_ = s.Close()
		return nil, connectError(fmt.Errorf("the subscription to %q: %w", subject, err))
	}
	return s, nil
}

// Read implements [transport.Stream]. If messages were dropped because nobody
// read them in time, the stream ends, and the next one begins with a gap.
func (s *subscription) Read(ctx context.Context, buf []byte) ([]byte, error) {
	msg, err := s.sub.NextMsgWithContext(ctx)
	switch {
	case err == nil:
		return append(buf, msg.Data...), nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return buf, context.Cause(ctx)
	case errors.Is(err, natsgo.ErrSlowConsumer):
		return buf, fmt.Errorf("messages were dropped: %d of them, or %d bytes, were waiting to be read: %w", maxWaiting, maxWaitingBytes, err)
	}
	if cause := s.nc.LastError(); cause != nil {
		err = cause
	}
	if errors.Is(err, io.EOF) || errors.Is(err, natsgo.ErrConnectionClosed) {
		return buf, fmt.Errorf("the connection to NATS was closed: %w", io.EOF)
	}
	return buf, fmt.Errorf("the connection to NATS broke: %w", err)
}

// Write implements [transport.Stream].
func (s *subscription) Write(context.Context, []byte) error {
	return &transport.Error{Op: "send", Err: errors.New("a subscription only receives: call a subject with nats://HOST:PORT/SUBJECT")}
}

// Close implements [transport.Stream].
func (s *subscription) Close() error {
	s.dialer.cut() // nothing is published on it, so there is nothing to wait for
	s.nc.Close()
	return nil
}
