package jsonrpc

import (
	"bytes"
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
func (e Event) Decode(v any) error { return decodeResult(e.Data, v, nil) }

// A Gap says that events may have been missed, so that what happened between
// From and To should be asked for in another way.
type Gap struct {
	From, To time.Time
	// Err is why the connection broke; nil if events were dropped because the
	// subscriber was too slow.
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
	// Queue is how many events can wait for the subscriber. The default is 1024.
	Queue int
	// Policy is what happens when more do.
	Policy Policy
}

// A Subscription is a flow of events from a server. It lives on when the
// connection breaks: it is made again on the next one, and a [Gap] says what may
// be missing. Close it when it is no longer wanted.
type Subscription struct {
	client  *Client
	hub     *hub
	dialect Dialect
	size    int
	policy  Policy

	mu     sync.Mutex // for what follows
	wake   sync.Cond  // signalled when anything has changed
	id     ID         // the server's, of a dialect with Subscribe
	queue  []Event
	lostAt time.Time // when the connection broke; zero if it has not
	cause  error     // why
	err    error     // ends the subscription
}

// Subscribe asks the server for events. The client must have been dialled to a
// stream: ws, wss, tcp, tls, unix or exec. Opts may be nil.
func Subscribe(ctx context.Context, c *Client, d Dialect, opts *SubscribeOptions) (*Subscription, error) {
	conn, ok := c.rt.(*conn)
	if !ok {
		return nil, c.wrap(nil, d.Subscribe, &MessageError{Reason: "subscriptions need a stream (ws, wss, tcp, tls, unix or exec): this client has none"})
	}
	if len(d.Methods) == 0 {
		return nil, c.wrap(nil, d.Subscribe, &MessageError{Reason: "the dialect names no method of notifications"})
	}
	if opts == nil {
		opts = &SubscribeOptions{}
	}
	s := &Subscription{client: c, hub: conn.events, dialect: d, size: opts.Queue, policy: opts.Policy}
	if s.size <= 0 {
		s.size = 1024
	}
	s.wake.L = &s.mu
	s.hub.expect(d)
	defer s.hub.arrived(d)
	id := ID{}
	if d.Subscribe == "" {
		// There must be a connection for anything to come by.
		if _, err := conn.connected(ctx); err != nil {
			return nil, c.wrap(nil, "", err)
		}
	} else {
		var err error
		if id, err = s.ask(ctx); err != nil {
			return nil, err
		}
	}
	s.hub.add(s, id)
	return s, nil
}

// ask calls the dialect's Subscribe.
func (s *Subscription) ask(ctx context.Context) (ID, error) {
	id, err := Call[ID](ctx, s.client, s.dialect.Subscribe, s.dialect.Params)
	return id, err
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
	for len(s.queue) == 0 {
		switch {
		case ctx.Err() != nil:
			return Event{}, context.Cause(ctx)
		case s.err != nil:
			return Event{}, s.err
		}
		s.wake.Wait()
	}
	event := s.queue[0]
	s.queue[0] = Event{}
	s.queue = s.queue[1:]
	s.wake.Broadcast()
	return event, nil
}

// put adds an event to the queue.
func (s *Subscription) put(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.policy == Block && len(s.queue) >= s.size && s.err == nil {
		s.wake.Wait()
	}
	if s.err != nil {
		return
	}
	if len(s.queue) >= s.size {
		if s.policy == EndWhenFull {
			s.err = ErrSlowSubscriber
			s.wake.Broadcast()
			go s.hub.remove(s)
			return
		}
		s.dropLocked()
	}
	s.queue = append(s.queue, e)
	s.wake.Broadcast()
}

// dropLocked makes room for one event, leaving a gap at the front. The caller
// must hold s.mu.
func (s *Subscription) dropLocked() {
	now := time.Now()
	if gap := s.queue[0].Gap; gap != nil && gap.Dropped > 0 && len(s.queue) > 1 {
		s.queue = slices.Delete(s.queue, 1, 2)
		gap.To = now
		gap.Dropped++
		return
	}
	s.queue[0] = Event{Gap: &Gap{From: now, To: now, Dropped: 1}}
	if len(s.queue) > 1 {
		s.queue = slices.Delete(s.queue, 1, 2)
		s.queue[0].Gap.Dropped++
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
	s.hub.remove(s)
	s.mu.Lock()
	ended, id := s.err != nil, s.id
	s.mu.Unlock()
	s.end(ErrClosed)
	if ended || s.dialect.Unsubscribe == "" {
		return nil
	}
	return s.client.Call(ctx, s.dialect.Unsubscribe, Args{id}, nil)
}

// A hub gives events to the subscriptions of a connection.
type hub struct {
	mu     sync.Mutex                 // for what follows
	subs   map[string][]*Subscription // by the method of their notifications
	asking map[string]int             // subscriptions being asked for, by method
	early  []*ServerMessage           // events that may be for those
	err    error                      // once closed
}

const maxEarly = 1024

func newHub() *hub { return &hub{subs: map[string][]*Subscription{}, asking: map[string]int{}} }

// expect keeps events of a dialect from now on: the first may come before it is
// known for which subscription they are.
func (h *hub) expect(d Dialect) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, method := range d.Methods {
		h.asking[method]++
	}
}

// arrived takes expect back.
func (h *hub) arrived(d Dialect) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, method := range d.Methods {
		if h.asking[method]--; h.asking[method] == 0 {
			delete(h.asking, method)
			h.early = slices.DeleteFunc(h.early, func(m *ServerMessage) bool { return m.Method == method })
		}
	}
}

// add has s get events from now on, and those that came early.
func (h *hub) add(s *Subscription, id ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		s.end(h.err)
		return
	}
	s.mu.Lock()
	s.id = id
	s.mu.Unlock()
	defer s.wake.Broadcast()
	for _, method := range s.dialect.Methods {
		if !slices.Contains(h.subs[method], s) {
			h.subs[method] = append(h.subs[method], s)
		}
	}
	h.early = slices.DeleteFunc(h.early, func(m *ServerMessage) bool {
		event, ok := s.eventOf(m)
		if ok { // before any that comes now, so without waiting
			s.mu.Lock()
			s.queue = append(s.queue, event)
			s.mu.Unlock()
		}
		return ok
	})
}

func (h *hub) remove(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, method := range s.dialect.Methods {
		h.subs[method] = slices.DeleteFunc(slices.Clone(h.subs[method]), func(other *Subscription) bool { return other == s })
		if len(h.subs[method]) == 0 {
			delete(h.subs, method)
		}
	}
}

// publish gives a notification to the subscriptions that want it. It reports
// whether there was one.
func (h *hub) publish(m *ServerMessage) (wanted bool) {
	h.mu.Lock()
	subs := h.subs[m.Method]
	if h.asking[m.Method] > 0 && len(h.early) < maxEarly {
		known := slices.ContainsFunc(subs, func(s *Subscription) bool { _, ok := s.eventOf(m); return ok })
		if !known {
			h.early = append(h.early, m)
			wanted = true
		}
	}
	h.mu.Unlock()
	for _, s := range subs {
		if event, ok := s.eventOf(m); ok {
			s.put(event)
			wanted = true
		}
	}
	return wanted
}

// eventOf returns the event in a notification, if it is for s.
func (s *Subscription) eventOf(m *ServerMessage) (Event, bool) {
	if !slices.Contains(s.dialect.Methods, m.Method) {
		return Event{}, false
	}
	if s.dialect.Subscribe == "" {
		return Event{Method: m.Method, Data: m.Params}, true
	}
	var id, result []byte
	if len(m.Params) == 0 || m.Params[0] != '{' {
		return Event{}, false
	}
	_, _ = scanObject(m.Params, 0, func(name []byte, at int) (int, error) {
		end, err := skipValue(m.Params, at)
		switch string(name) {
		case "subscription":
			id = m.Params[at:end]
		case "result":
			result = m.Params[at:end]
		}
		return end, err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == nil || s.id.match(id) == idDiffers {
		return Event{}, false
	}
	return Event{Method: m.Method, Data: bytes.Clone(result)}, true
}

// live reports whether there are subscriptions.
func (h *hub) live() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs) > 0
}

// all returns each subscription once.
func (h *hub) all() (all []*Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, subs := range h.subs {
		for _, s := range subs {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// lost notes when and why the connection broke.
func (h *hub) lost(err error) {
	for _, s := range h.all() {
		s.mu.Lock()
		if s.lostAt.IsZero() {
			s.lostAt, s.cause = time.Now(), err
		}
		s.mu.Unlock()
	}
}

// resubscribe makes the subscriptions again on a new connection, l.
func (h *hub) resubscribe(l *link) {
	for _, s := range h.all() {
		if s.dialect.Subscribe == "" {
			s.mend()
			continue
		}
		h.expect(s.dialect)
		id, err := s.ask(l.ctx)
		if err == nil {
			s.mend() // before what is new
			h.add(s, id)
		}
		h.arrived(s.dialect)
		if err != nil && l.cause() == nil {
			// The server refuses it. If it was the connection, the next one is
			// another chance.
			h.remove(s)
			s.end(fmt.Errorf("jsonrpc: the subscription could not be made again: %w", err))
		}
	}
}

// mend puts a gap where the connection was broken.
func (s *Subscription) mend() {
	s.mu.Lock()
	if s.lostAt.IsZero() {
		s.mu.Unlock()
		return
	}
	gap := &Gap{From: s.lostAt, To: time.Now(), Err: s.cause}
	s.lostAt, s.cause = time.Time{}, nil
	s.mu.Unlock()
	s.put(Event{Gap: gap})
}

// close ends all subscriptions.
func (h *hub) close(err error) {
	for _, s := range h.all() {
		s.end(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.err = err
	}
	clear(h.subs)
}
