package jsonrpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"
)

// A Dialect says how a server is asked for events and how it sends them. Make
// one with [Notifications], [PubSub] or [EthSubscribe].
type Dialect struct {
	// Subscribe is the method that asks for events, with its Params; its result
	// is the subscription's id. If it is empty, the server sends them unasked.
	Subscribe string
	Params    any
	// Unsubscribe takes the id back, as its only param. Empty means none.
	Unsubscribe string
	// Methods are those of the notifications that bring events. With Subscribe,
	// their params have the members subscription, the id, and result, the event.
	Methods []string
}

// Notifications are events that come unasked, as notifications of any of the
// methods: aria2's aria2.onDownloadStart, a language server's
// textDocument/publishDiagnostics.
func Notifications(methods ...string) Dialect { return Dialect{Methods: methods} }

// PubSub are events that come once asked for, as Solana (accountSubscribe,
// accountUnsubscribe, accountNotification) and Substrate send them.
func PubSub(subscribe, unsubscribe, notification string, params any) Dialect {
	return Dialect{Subscribe: subscribe, Params: params, Unsubscribe: unsubscribe, Methods: []string{notification}}
}

// EthSubscribe are the events of Ethereum nodes: EthSubscribe("newHeads").
func EthSubscribe(params ...any) Dialect {
	return PubSub("eth_subscribe", "eth_unsubscribe", "eth_subscription", Args(params))
}

// An Event is one that a [Subscription] brings, or a gap between them.
type Event struct {
	Method string
	// Data is what the server sent: the params of the notification or, of a
	// dialect with Subscribe, their member result.
	Data json.RawMessage
	// Gap, if not nil, stands in the place of events that were missed.
	Gap *Gap
}

// Decode decodes the event's data into the variable v points to.
func (e Event) Decode(v any) error { return misfit(e.Data, decode(e.Data, v, false), nil) }

// A Gap says that events may have been missed, so that what happened between
// From and To should be asked for in another way.
type Gap struct {
	// From is when the connection was found broken, or when the first of the
	// dropped events came.
	From time.Time
	// To is when events could come again, or when the last of the dropped ones
	// came.
	To time.Time
	// Err is why the connection broke; nil if events were dropped only, because
	// the subscriber was too slow.
	Err error
	// Dropped is how many events were dropped.
	Dropped int
}

// A Policy says what happens to events when the subscriber is too slow.
type Policy uint8

const (
	// EndWhenFull ends the subscription with [ErrSlowSubscriber]. It is the
	// default: nothing is lost without being noticed.
	EndWhenFull Policy = iota
	// DropOldest makes room, and puts a [Gap] where events are missing.
	DropOldest
	// Block stops reading from the connection until there is room. Replies to
	// calls wait too: a subscriber that calls on the same connection may wait
	// for ever.
	Block
)

// ErrSlowSubscriber ends a subscription whose queue is full.
var ErrSlowSubscriber = errors.New("the subscriber was too slow: its queue of events is full")

// SubscribeOptions are the settings of a subscription. Nil, and any zero field,
// means the default.
type SubscribeOptions struct {
	// Queue is how many events can wait for the subscriber. The default is 1024. If
	// they have 64 MiB together, no more can wait either.
	Queue int
	// Policy is what happens when more do.
	Policy Policy
}

// A Subscription is a flow of events from a server. It lives on when the
// connection breaks: it is made again on the next one, and a [Gap] says what may
// be missing. Close it when it is no longer wanted.
type Subscription struct {
	client  *Client
	dialect Dialect
	size    int
	policy  Policy
	ctx     context.Context // of a pool: with the values of the caller's

	mu     sync.Mutex // for what follows
	wake   sync.Cond  // signalled when anything has changed
	hub    *hub       // of the newest connection
	link   *link      // that brings the events; nil while there is none
	id     ID         // the server's, of a dialect with Subscribe
	queue  []queuedEvent
	bytes  int       // of data in it
	lostAt time.Time // when the connection broke; zero if it has not
	cause  error     // why
	err    error     // ends the subscription
}

// A queuedEvent waits for the subscriber.
type queuedEvent struct {
	Event
	at time.Time // when it came
}

// Subscribe asks the server for events. The client must have been dialled to a
// stream: ws, wss, tcp, tls, unix or exec. Opts may be nil.
func Subscribe(ctx context.Context, c *Client, d Dialect, opts *SubscribeOptions) (*Subscription, error) {
	conn, ok := c.rt.(*conn)
	if !ok && c.pool == nil {
		return nil, c.wrap(nil, d.Subscribe, errNoStream)
	}
	if len(d.Methods) == 0 {
		return nil, c.wrap(nil, d.Subscribe, &MessageError{Reason: "the dialect names no method of notifications"})
	}
	if opts == nil {
		opts = &SubscribeOptions{}
	}
	s := &Subscription{client: c, dialect: d, size: opts.Queue, policy: opts.Policy}
	if s.size <= 0 {
		s.size = 1024
	}
	s.wake.L = &s.mu
	if c.settings.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.settings.timeout)
		defer cancel()
	}
	var err error
	if c.pool != nil {
		err = c.pool.place(ctx, s)
	} else {
		err = s.beginOn(ctx, conn)
	}
	if err != nil {
		return nil, c.explain(ctx, d.Subscribe, err)
	}
	return s, nil
}

var errNoStream = &MessageError{Reason: "subscriptions need a stream (ws, wss, tcp, tls, unix or exec): this client has none"}

// beginOn is begin on the connection there is, or the next.
func (s *Subscription) beginOn(ctx context.Context, c *conn) error {
	l, err := c.connected(ctx)
	if err == nil {
		err = s.begin(ctx, l)
	}
	return err
}

// begin asks for the events, if they have to be asked for, and has them come. All
// of this is about one connection: the subscription's id means nothing on
// another.
func (s *Subscription) begin(ctx context.Context, l *link) error {
	hub := l.conn.events
	if s.dialect.Subscribe == "" {
		return hub.add(s, ID{}, l)
	}
	hub.expect(s.dialect)
	defer hub.arrived(s.dialect)
	id, err := Call[ID](ctx, s.client, s.dialect.Subscribe, s.dialect.Params,
		asksOn(l, func(reply []byte) { s.answeredLate(l, reply) }))
	if err != nil {
		return err
	}
	if err = hub.add(s, id, l); err != nil {
		_ = s.unsubscribe(l.ctx, l, id) // closed in the meantime
	}
	return err
}

// answeredLate takes back what the server has made for a request that nobody waits for
// any longer, of which reply is the reply.
func (s *Subscription) answeredLate(l *link, reply []byte) {
	var e envelope
	_, err := e.scan(reply, skipSpace(reply, skipMark(reply)), false)
	if err != nil || e.result == nil || isNull(e.result) || s.dialect.Unsubscribe == "" {
		return
	}
	if id, ok := parseID(e.result); ok {
		l.conn.events.takeBack(orphan{s, id, l})
	}
}

// resume makes the subscription again on a new connection, l.
func (s *Subscription) resume(l *link) {
	err := s.begin(l.ctx, l)
	if err == nil || l.cause() != nil { // the next connection is another chance
		return
	}
	l.conn.events.remove(s)
	s.lapse(err)
}

// lapse ends the subscription because it could not be made again.
func (s *Subscription) lapse(err error) {
	call := (*callError)(nil)
	if !errors.As(err, &call) {
		errors.As(s.client.wrap(nil, s.dialect.Subscribe, err), &call)
	}
	lapsed := *call
	lapsed.err = fmt.Errorf("the subscription could not be made again: %w", call.err)
	s.end(&lapsed)
}

// Events yields the events as they come, until ctx ends, the loop is left, or
// the subscription ends; then, unless the loop was left, it yields the reason.
// The loop can be entered again, and goes on with the next event.
//
//	for event, err := range sub.Events(ctx) {
//		if err != nil {
//			return err
//		}
//		if event.Gap != nil {
//			fetchMissed(event.Gap.From, event.Gap.To)
//			continue
//		}
//		…
//	}
func (s *Subscription) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			event, err := s.next(ctx)
			if !yield(event, err) || err != nil {
				return
			}
		}
	}
}

// next waits for the next event.
func (s *Subscription) next(ctx context.Context) (Event, error) {
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock() // so that it cannot come between the check and the wait
		defer s.mu.Unlock()
		s.wake.Broadcast()
	})
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case ctx.Err() != nil:
			return Event{}, context.Cause(ctx)
		case len(s.queue) > 0:
			event := s.queue[0].Event
			s.queue[0] = queuedEvent{}
			s.queue, s.bytes = s.queue[1:], s.bytes-len(event.Data)
			s.wake.Broadcast()
			return event, nil
		case s.err != nil:
			return Event{}, s.err
		}
		s.wake.Wait()
	}
}

// put adds an event to the queue. It reports whether the subscription lives on.
func (s *Subscription) put(e Event) bool {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	full := func() bool { return len(s.queue) >= s.size || tooMuch(s.bytes, len(e.Data)) }
	for s.policy == Block && full() && s.err == nil {
		s.wake.Wait()
	}
	if s.err != nil {
		return false
	}
	if full() {
		if s.policy == EndWhenFull {
			s.err = ErrSlowSubscriber
			s.wake.Broadcast()
			return false
		}
		s.dropLocked()
		for tooMuch(s.bytes, len(e.Data)) {
			s.dropLocked()
		}
	}
	s.addLocked(e, now)
	s.wake.Broadcast()
	return true
}

// addLocked adds an event to the queue. The caller must hold s.mu.
func (s *Subscription) addLocked(e Event, at time.Time) {
	s.queue, s.bytes = append(s.queue, queuedEvent{e, at}), s.bytes+len(e.Data)
}

// dropLocked makes room for one event: the oldest become a part of a gap at the
// front. The caller must hold s.mu.
func (s *Subscription) dropLocked() {
	oldest := &s.queue[0]
	if oldest.Gap == nil {
		s.bytes -= len(oldest.Data)
		*oldest = queuedEvent{Event{Gap: &Gap{From: oldest.at, To: oldest.at, Dropped: 1}}, oldest.at}
	}
	if len(s.queue) > 1 {
		next := s.queue[1]
		if next.Gap == nil {
			s.bytes -= len(next.Data)
			next.Gap = &Gap{To: next.at, Dropped: 1}
		}
		oldest.Gap.extend(next.Gap)
		s.queue = slices.Delete(s.queue, 1, 2)
	}
}

// extend makes one gap of g and the next.
func (g *Gap) extend(next *Gap) {
	g.To = next.To
	g.Dropped += next.Dropped
	if g.Err == nil {
		g.Err = next.Err
	}
}

// mendLocked puts a gap where the connection was broken, however full the queue
// is. The caller must hold s.mu.
func (s *Subscription) mendLocked() {
	if s.lostAt.IsZero() {
		return
	}
	now := time.Now()
	gap := &Gap{From: s.lostAt, To: now, Err: s.cause}
	s.lostAt, s.cause = time.Time{}, nil
	if n := len(s.queue); n > 0 && s.queue[n-1].Gap != nil {
		s.queue[n-1].Gap.extend(gap)
	} else {
		s.queue = append(s.queue, queuedEvent{Event{Gap: gap}, now})
	}
}

// end ends the subscription: what is queued can still be read, then err.
func (s *Subscription) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		s.wake.Broadcast()
	}
}

// Close ends the subscription and tells the server. Events that wait can still
// be read; after them comes [ErrClosed].
func (s *Subscription) Close(ctx context.Context) error {
	s.end(ErrClosed) // first: the reader may be waiting for room
	s.mu.Lock()
	hub, l, id := s.hub, s.link, s.id
	s.link, s.id = nil, ID{}
	s.mu.Unlock()
	if hub != nil {
		hub.remove(s)
	}
	return s.unsubscribe(ctx, l, id)
}

// unsubscribe takes a subscription on l back. There is nothing to take back on a
// connection that has ended.
func (s *Subscription) unsubscribe(ctx context.Context, l *link, id ID) error {
	if l == nil || l.cause() != nil || s.dialect.Subscribe == "" || s.dialect.Unsubscribe == "" {
		return nil
	}
	err := s.client.Call(ctx, s.dialect.Unsubscribe, Args{id}, nil, onLink(l))
	if l.cause() != nil {
		return nil
	}
	return err
}
