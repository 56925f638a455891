package jsonrpc

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// A hub gives events to the subscriptions of a connection.
type hub struct {
	mu    sync.Mutex                 // for what follows; locked before a subscription's
	subs  map[string][]*Subscription // by the method of their notifications
	early map[string]*early          // by method, while subscriptions are asked for
	move  func([]*Subscription)      // takes those that lose the connection, without waiting; nil: they stay for the next
	err   error                      // once closed
}

// early are events that came before it was known for which subscription they
// are: a server may send the first before it answers.
type early struct {
	asking int // subscriptions that are being asked for
	events []arrival
	bytes  int  // of params in all that came
	gap    *Gap // those that there was no room for; nil if there are none

	orphans []orphan // to be taken back once nobody is asking
}

// An orphan is what the server has made for a subscription that was given up.
type orphan struct {
	of   *Subscription
	id   ID
	link *link
}

// maxEarly bounds the events of a method that are kept.
const maxEarly = 1024

func newHub() *hub { return &hub{subs: map[string][]*Subscription{}, early: map[string]*early{}} }

// expect keeps events of a dialect from now on.
func (h *hub) expect(d Dialect) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, method := range d.Methods {
		if h.early[method] == nil {
			h.early[method] = &early{}
		}
		h.early[method].asking++
	}
}

// arrived takes expect back.
func (h *hub) arrived(d Dialect) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, method := range d.Methods {
		if h.early[method].asking--; h.early[method].asking == 0 {
			for _, o := range h.early[method].orphans {
				h.takeBackLocked(o)
			}
			delete(h.early, method)
		}
	}
}

// takeBack has the server end what nobody wants. It does not wait.
func (h *hub) takeBack(o orphan) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.early[o.of.dialect.Methods[0]]; e != nil {
		e.orphans = append(e.orphans, o)
		return
	}
	h.takeBackLocked(o)
}

// takeBackLocked is takeBack when nobody is asking: some servers, such as Solana's, give
// all who ask the same on a connection one id. The caller must hold h.mu.
func (h *hub) takeBackLocked(o orphan) {
	for s := range h.allLocked() {
		s.mu.Lock()
		wanted := s.link == o.link && s.id == o.id
		s.mu.Unlock()
		if wanted {
			return
		}
	}
	go func() {
		ctx, cancel := context.WithTimeout(o.link.ctx, attemptTime)
		defer cancel()
		_ = o.of.unsubscribe(ctx, o.link, o.id) // if it fails, its events are passed over
	}()
}

// add has s get events from now on, and those that came early. They come by l. An
// error means that s or l has ended.
func (h *hub) add(s *Subscription, id ID, l *link) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case h.err != nil:
		return h.err
	case s.err != nil:
		return s.err
	case l.cause() != nil: // if it ends later, lost will find s
		return l.lostError("read")
	}
	s.hub, s.link, s.id = h, l, id
	for _, method := range s.dialect.Methods {
		if !slices.Contains(h.subs[method], s) {
			h.subs[method] = append(h.subs[method], s)
		}
	}
	s.mendLocked()
	for _, method := range s.dialect.Methods {
		if e := h.early[method]; e != nil {
			s.takeLocked(e)
		}
	}
	s.wake.Broadcast()
	return nil
}

// takeLocked takes the events for s from those that came early, without waiting
// for room. The caller must hold s.mu.
func (s *Subscription) takeLocked(e *early) {
	e.events = slices.DeleteFunc(e.events, func(a arrival) bool {
		event, ok := s.eventOfLocked(a)
		if ok {
			s.addLocked(event, a.at)
		}
		return ok
	})
	if e.gap != nil { // some may have been for s
		gap := *e.gap
		s.queue = append(s.queue, queuedEvent{Event{Gap: &gap}, gap.To})
	}
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
	subs, e := h.subs[m.Method], h.early[m.Method]
	if len(subs) == 0 && e == nil { // the common case
		h.mu.Unlock()
		return false
	}
	// Whose the event is must be known before h.mu is given free: one that is kept
	// may be taken at once.
	var (
		a       = arrivalOf(m)
		asked   bool // a subscription has asked for it
		room    [4]delivery
		deliver = room[:0]
	)
	for _, s := range subs {
		s.mu.Lock()
		event, ok := s.eventOfLocked(a)
		s.mu.Unlock()
		if ok {
			deliver = append(deliver, delivery{s, event})
			asked = asked || s.dialect.Subscribe != ""
		}
	}
	if e != nil && a.id != nil && !asked {
		e.keep(a)
		wanted = true
	}
	h.mu.Unlock()
	for _, d := range deliver {
		if !d.to.put(d.event) {
			h.remove(d.to)
		}
	}
	return wanted || len(deliver) > 0
}

// A delivery is an event for a subscription.
type delivery struct {
	to    *Subscription
	event Event
}

func (e *early) keep(a arrival) {
	switch {
	case len(e.events) < maxEarly && !tooMuch(e.bytes, len(a.Params)):
		e.events, e.bytes = append(e.events, a), e.bytes+len(a.Params)
	case e.gap == nil:
		e.gap = &Gap{From: a.at, To: a.at, Dropped: 1}
	default:
		e.gap.extend(&Gap{To: a.at, Dropped: 1})
	}
}

// An arrival is a notification that may bring an event.
type arrival struct {
	*ServerMessage
	at         time.Time
	id, result []byte // the params' members subscription and result; nil if there are none
}

func arrivalOf(m *ServerMessage) arrival {
	a := arrival{ServerMessage: m, at: time.Now()}
	if len(m.Params) == 0 || m.Params[0] != '{' {
		return a
	}
	_, _ = scanObject(m.Params, 0, func(name []byte, at int) (int, error) {
		end, err := skipValue(m.Params, at)
		switch string(name) {
		case "subscription":
			a.id = m.Params[at:end]
		case "result":
			a.result = m.Params[at:end]
		}
		return end, err
	})
	return a
}

// eventOfLocked returns the event that a brings, if it is for s. The caller must
// hold s.mu.
func (s *Subscription) eventOfLocked(a arrival) (Event, bool) {
	switch {
	case s.dialect.Subscribe == "":
		return Event{Method: a.Method, Data: a.Params}, true
	case a.id == nil, s.id.IsZero(), s.id.match(a.id) == idDiffers:
		return Event{}, false
	}
	return Event{Method: a.Method, Data: bytes.Clone(a.result)}, true
}

// live reports whether there are subscriptions.
func (h *hub) live() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs) > 0
}

// allLocked returns each subscription once. The caller must hold h.mu.
func (h *hub) allLocked() map[*Subscription]bool {
	all := map[*Subscription]bool{}
	for _, subs := range h.subs {
		for _, s := range subs {
			all[s] = true
		}
	}
	return all
}

// lost notes when and why the connection broke. Ids of subscriptions end with
// it: on the next one another may get the same.
func (h *hub) lost(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, all := time.Now(), h.allLocked()
	for s := range all {
		s.mu.Lock()
		s.link, s.id = nil, ID{}
		if s.lostAt.IsZero() {
			s.lostAt, s.cause = now, err
		}
		s.mu.Unlock()
	}
	if h.move != nil && len(all) > 0 {
		clear(h.subs)
		h.move(slices.Collect(maps.Keys(all)))
	}
}

// resume makes the subscriptions that lost their connection again on l. It must
// be called before anything is read from l: gaps come before events. Those that came
// early before have ids that mean nothing on l.
func (h *hub) resume(l *link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.early {
		e.events, e.bytes, e.gap = nil, 0, nil
	}
	for s := range h.allLocked() {
		s.mu.Lock()
		switch {
		case s.lostAt.IsZero():
		case s.dialect.Subscribe != "":
			go s.resume(l)
		default:
			s.link = l
			s.mendLocked()
			s.wake.Broadcast()
		}
		s.mu.Unlock()
	}
}

// close ends all subscriptions.
func (h *hub) close(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.allLocked() {
		s.end(err)
	}
	if h.err == nil {
		h.err = err
	}
	clear(h.subs)
}
