package gethrpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// maxQueue bounds the events that wait for the channel's reader.
const maxQueue = 20_000

// unsubscribeTimeout bounds how long the server may take to end a subscription.
const unsubscribeTimeout = 10 * time.Second

// EthSubscribe is Subscribe in the namespace eth.
func (c *Client) EthSubscribe(ctx context.Context, channel any, args ...any) (*ClientSubscription, error) {
	return c.Subscribe(ctx, "eth", channel, args...)
}

// Subscribe calls NAMESPACE_subscribe with args and sends the events to channel,
// decoded into the type of its items. The context is for the call alone. Events
// that nobody takes wait, 20,000 at most; then the subscription ends with
// [ErrSubscriptionQueueOverflow].
//
// The channel must be one that can be sent to; Subscribe panics otherwise, as that
// of go-ethereum does. It is not closed.
func (c *Client) Subscribe(ctx context.Context, namespace string, channel any, args ...any) (*ClientSubscription, error) {
	to := reflect.ValueOf(channel)
	if to.Kind() != reflect.Chan || to.Type().ChanDir()&reflect.SendDir == 0 {
		panic(fmt.Sprintf("gethrpc: the channel of Subscribe is a %T, want one that can be sent to", channel))
	}
	if to.IsNil() {
		panic("gethrpc: the channel of Subscribe is nil")
	}
	if !c.stream {
		return nil, ErrNotificationsUnsupported
	}
	dialect := jsonrpc.PubSub(namespace+"_subscribe", namespace+"_unsubscribe", namespace+"_subscription", params(args))
	sub, err := jsonrpc.Subscribe(ctx, c.client, dialect, &jsonrpc.SubscribeOptions{Queue: maxQueue})
	if err != nil {
		return nil, convert(err)
	}
	s := &ClientSubscription{sub: sub, channel: to, errs: make(chan error, 1), ended: make(chan struct{})}
	s.ctx, s.quit = context.WithCancelCause(context.Background())
	s.remove = c.subs.add(s)
	go s.forward()
	return s, nil
}

// A ClientSubscription sends the events of a subscription to a channel.
type ClientSubscription struct {
	sub     *jsonrpc.Subscription
	channel reflect.Value
	ctx     context.Context
	quit    context.CancelCauseFunc
	remove  func()
	errs    chan error
	ended   chan struct{} // closed once nothing more is sent to channel
	once    sync.Once
}

// Err returns a channel with the reason why the subscription has ended, if it was
// not Unsubscribe: a connection that was lost, for one, so that the program can ask
// for what it missed and subscribe again. It is nil if the client was closed.
// Unsubscribe closes the channel.
func (s *ClientSubscription) Err() <-chan error { return s.errs }

// Unsubscribe ends the subscription, at the server too. Nothing is sent to its
// channel once Unsubscribe has returned. It may be called more than once.
func (s *ClientSubscription) Unsubscribe() {
	s.once.Do(func() {
		s.quit(errUnsubscribed)
		<-s.ended
		close(s.errs)
	})
}

// forward sends events until the subscription ends.
func (s *ClientSubscription) forward() {
	defer close(s.ended)
	defer s.remove()
	err := s.send()
	if s.ctx.Err() != nil {
		err = context.Cause(s.ctx)
	}
	ctx, cancel := context.WithTimeout(context.Background(), unsubscribeTimeout)
	defer cancel()
	_ = s.sub.Close(ctx) // if the server cannot be told, the connection has ended
	switch {
	case err == errUnsubscribed:
	case errors.Is(err, jsonrpc.ErrClosed):
		s.errs <- nil
	case errors.Is(err, jsonrpc.ErrSlowSubscriber):
		s.errs <- ErrSubscriptionQueueOverflow
	default:
		s.errs <- err
	}
}

var errUnsubscribed = errors.New("unsubscribed")

func (s *ClientSubscription) send() error {
	for event, err := range s.sub.Events(s.ctx) {
		switch {
		case err != nil:
			return err
		case event.Gap != nil: // of a client that was given to New
			return lostError(event.Gap.Err)
		}
		value := reflect.New(s.channel.Type().Elem())
		if err := json.Unmarshal(event.Data, value.Interface()); err != nil {
			return fmt.Errorf("gethrpc: an event does not fit: %w", err)
		}
		chosen, _, _ := reflect.Select([]reflect.SelectCase{
			{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(s.ctx.Done())},
			{Dir: reflect.SelectSend, Chan: s.channel, Send: value.Elem()},
		})
		if chosen == 0 {
			return s.ctx.Err()
		}
	}
	return nil
}

// subscriptions are those of a client. One of go-ethereum's ends with its
// connection, and its users wait for that, where one of package jsonrpc goes on
// with the next.
type subscriptions struct {
	mu  sync.Mutex
	set map[*ClientSubscription]struct{} // under mu
}

func (ss *subscriptions) add(s *ClientSubscription) (remove func()) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.set == nil {
		ss.set = map[*ClientSubscription]struct{}{}
	}
	ss.set[s] = struct{}{}
	return func() {
		ss.mu.Lock()
		defer ss.mu.Unlock()
		delete(ss.set, s)
	}
}

// lost ends all subscriptions.
func (ss *subscriptions) lost(err error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for s := range ss.set {
		s.quit(lostError(err))
	}
}

func lostError(err error) error { return fmt.Errorf("gethrpc: the connection was lost: %w", err) }

// A watched stream tells of its end.
type watched struct {
	transport.Stream
	lost   func(error)
	closed atomic.Bool
}

func (w *watched) Read(ctx context.Context, buf []byte) ([]byte, error) {
	buf, err := w.Stream.Read(ctx, buf)
	if _, spoilt := errors.AsType[*transport.FrameError](err); err != nil && !spoilt && ctx.Err() == nil && !w.closed.Load() {
		w.lost(err)
	}
	return buf, err
}

func (w *watched) Close() error {
	w.closed.Store(true)
	return w.Stream.Close()
}
