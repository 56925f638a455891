package jsonrpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"
)

// incoming takes in a message of the server's own, the object at i.
func (l *link) incoming(text []byte, i int) {
	var (
		e envelope
		m *ServerMessage
	)
	end, err := e.scan(text, i, false)
	if err == nil && !utf8.Valid(text[i:end]) {
		err = errUTF8
	}
	if err == nil {
		m, err = e.serverMessage()
	}
	if err != nil {
		l.malformed(&ParseResponseError{Reply: l.secrets.start(text), Err: err})
		return
	}
	if !m.Notification() {
		l.serve(m)
		return
	}
	if l.conn.trackers.publish(m) || l.conn.events.publish(m) || l.conn.handler == nil {
		return
	}
	if !l.inbox.put(m) {
		l.conn.stats.dropped.Add(1)
		l.conn.report(fmt.Errorf("jsonrpc: the handler is %d notifications behind: %q was dropped", l.inbox.len(), clean(m.Method, 100)))
	}
}

// serve answers a request of the server's. Requests are worked on side by side,
// because a handler may wait for the server.
func (l *link) serve(m *ServerMessage) {
	handler, place := l.desk.take(l.conn.handler)
	if place == nil { // it asks and asks, and does not read
		l.conn.stats.dropped.Add(1)
		l.conn.report(droppedRequest(l.conn.name, m))
		return
	}
	go func() {
		defer func() { <-place }()
		text, err := respond(l.ctx, handler, m, l.conn.version1)
		reportPanic(l.conn.report, m, err)
		if err := l.stream.Write(l.ctx, text); err != nil && l.ctx.Err() == nil {
			l.conn.report(fmt.Errorf("jsonrpc: the response to %q was not sent: %w", clean(m.Method, 100), err))
		}
	}()
}

// serverMessage returns the notification or request that e, which has a method, is.
func (e *envelope) serverMessage() (*ServerMessage, error) {
	switch {
	case e.ambiguous():
		return nil, errors.New("a member of the envelope is there twice")
	case e.method[0] != '"':
		return nil, errors.New("the method is not a string")
	}
	m := &ServerMessage{Method: unquote(e.method), Params: bytes.Clone(e.params)}
	if e.id != nil && !isNull(e.id) {
		id, ok := parseID(e.id)
		if !ok || len(id.text) > maxIDText {
			return nil, errors.New("the request's id is no id")
		}
		m.ID = id
	}
	return m, nil
}

// A desk has the places of requests of the server's: one for each that is in work,
// and one for each that is being refused because there are too many.
type desk struct{ running, refusing chan struct{} }

func newDesk() desk {
	return desk{make(chan struct{}, maxRunning), make(chan struct{}, maxRunning)}
}

// take returns who is to handle a request, h if there is a place, and where one has
// to be given back after it; nil if there is none at all.
func (d *desk) take(h Handler) (_ Handler, place chan struct{}) {
	select {
	case d.running <- struct{}{}:
		return h, d.running
	default:
	}
	select {
	case d.refusing <- struct{}{}:
		return refuser, d.refusing
	default:
		return nil, nil
	}
}

func droppedRequest(name string, m *ServerMessage) error {
	return fmt.Errorf("jsonrpc: %s sends requests and reads no responses: %q was dropped", name, clean(m.Method, 100))
}

// refuser handles requests that are too many.
var refuser = HandlerFunc(func(context.Context, *ServerMessage) (any, error) {
	return nil, &Error{Code: codeBusy, Message: "too many requests at once"}
})

// codeBusy is of those that are left to implementations (clause 5.1).
const codeBusy = -32000

// handleNotifications gives notifications to the handler in the order in which
// they came, after those of the connection before.
func (l *link) handleNotifications() {
	defer close(l.handled)
	if l.earlier != nil {
		<-l.earlier
	}
	for {
		m := l.inbox.take()
		if m == nil {
			return
		}
		_, err := safely(func() (any, error) { return l.conn.handler.Handle(l.ctx, m) })
		reportPanic(l.conn.report, m, err)
	}
}

// An inbox is a queue between the reader, who never waits, and the handler.
type inbox struct {
	mu     sync.Mutex // for what follows
	wake   sync.Cond
	queue  []*ServerMessage
	bytes  int // of params in it
	closed bool
}

func (q *inbox) put(m *ServerMessage) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) >= maxQueued || tooMuch(q.bytes, len(m.Params)) {
		return false
	}
	q.queue, q.bytes = append(q.queue, m), q.bytes+len(m.Params)
	q.wake.Signal()
	return true
}

// len returns how many messages wait.
func (q *inbox) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.queue)
}

// tooMuch reports whether a queue that holds so many bytes has no room for more.
func tooMuch(held, more int) bool { return held > 0 && held+more > maxQueuedBytes }

// take waits for the next message; nil means that there will be none.
func (q *inbox) take() *ServerMessage {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.queue) == 0 && !q.closed {
		q.wake.Wait()
	}
	if len(q.queue) == 0 {
		return nil
	}
	m := q.queue[0]
	q.queue[0] = nil
	q.queue, q.bytes = q.queue[1:], q.bytes-len(m.Params)
	return m
}

func (q *inbox) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake.Broadcast()
}
