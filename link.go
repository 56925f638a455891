package jsonrpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"example.com/jsonrpc/transport"
)

// A link is one connection of a conn, from its start to its end.
type link struct {
	conn   *conn
	stream transport.Stream
	ctx    context.Context // ends with the link; handlers get it
	cancel context.CancelCauseFunc
	done   chan struct{} // closed once the reader has gone

	running chan struct{} // a place for each request of the server's in work
	inbox   inbox         // notifications on their way to the handler

	mu      sync.Mutex // for what follows
	waiting map[ID]*waiter
	calls   int   // messages that wait
	err     error // why the link has ended, nil before
}

// A waiter is a message whose reply is awaited.
type waiter struct {
	ids    []ID
	left   int // responses that have not come
	batch  bool
	frames chan *frame // has room for all, so that the reader never waits
}

// A frame is a message from the server. Its memory is used again after Close.
type frame struct {
	text []byte
	read int
}

var frames = sync.Pool{New: func() any { return new(frame) }}

// Bytes returns what was not read yet.
func (f *frame) Bytes() []byte { return f.text[f.read:] }

// Read reads the text.
func (f *frame) Read(p []byte) (int, error) {
	n := copy(p, f.text[f.read:])
	if f.read += n; n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close gives the memory back.
func (f *frame) Close() error {
	const maxPooled = 64 << 10
	if f.read = 0; cap(f.text) <= maxPooled {
		frames.Put(f)
	}
	return nil
}

func newLink(c *conn, stream transport.Stream) *link {
	l := &link{
		conn: c, stream: stream, done: make(chan struct{}),
		running: make(chan struct{}, maxRunning), waiting: map[ID]*waiter{},
	}
	l.ctx, l.cancel = context.WithCancelCause(c.ctx)
	l.inbox.wake.L = &l.inbox.mu
	return l
}

// read reads until the stream ends.
func (l *link) read() {
	go l.handleNotifications()
	for {
		f := frames.Get().(*frame)
		var err error
		f.text, err = l.stream.Read(context.Background(), f.text[:0])
		if err == nil {
			if !l.route(f) {
				_ = f.Close()
			}
			continue
		}
		_ = f.Close()
		if spoilt := (*transport.FrameError)(nil); errors.As(err, &spoilt) {
			l.malformed(spoilt)
			continue
		}
		if err == io.EOF {
			err = errors.New("the server closed the connection")
		}
		l.end(err)
		break
	}
	l.conn.lost(l)
	_ = l.stream.Close()
	l.inbox.close()
	close(l.done)
}

// end fails all that waits on the link. The first reason counts.
func (l *link) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
		l.cancel(err)
	}
}

// cause returns why the link has ended, nil if it has not.
func (l *link) cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *link) malformed(err error) {
	l.conn.stats.malformed.Add(1)
	l.conn.report(fmt.Errorf("jsonrpc: a message from %s was skipped: %w", l.conn.name, err))
}

// expect registers the ids of m.
func (l *link) expect(m *transport.Message) (*waiter, error) {
	ids, batch, err := idsOf(m)
	if err != nil {
		return nil, err
	}
	w := &waiter{ids: ids, left: len(ids), batch: batch, frames: make(chan *frame, len(ids)+1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, &transport.Error{Op: "send", Err: l.err}
	}
	for _, id := range ids {
		if l.waiting[id] != nil {
			return nil, errInFlight(id)
		}
	}
	for _, id := range ids {
		l.waiting[id] = w
	}
	l.calls++
	return w, nil
}

// forget gives the ids of w free. Replies that come later are strays.
func (l *link) forget(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgetLocked(w)
}

func (l *link) forgetLocked(w *waiter) {
	gone := true
	for _, id := range w.ids {
		if l.waiting[id] == w {
			delete(l.waiting, id)
			gone = false
		}
	}
	if !gone {
		l.calls--
	}
}

// wait waits for the next frame for w.
func (l *link) wait(ctx context.Context, w *waiter) (*frame, error) {
	select {
	case f := <-w.frames:
		return f, nil
	default:
	}
	select {
	case f := <-w.frames:
		return f, nil
	case <-ctx.Done():
		l.forget(w)
		l.sendCancel(w)
		return nil, &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
	case <-l.ctx.Done():
		select {
		case f := <-w.frames: // it came just before
			return f, nil
		default:
		}
		l.forget(w)
		return nil, &transport.Error{Op: "read", Sent: true, Err: l.cause()}
	}
}

// sendCancel tells the server, where it has a message for that, that nobody
// waits any more.
func (l *link) sendCancel(w *waiter) {
	if l.conn.set.cancelNotice == nil {
		return
	}
	go func() {
		for _, id := range w.ids {
			x := &Exchange{}
			m := l.conn.set.cancelNotice(id)
			if m == nil {
				continue
			}
			if err := m.prepare(x); err != nil {
				l.conn.report(fmt.Errorf("jsonrpc: the notice of a cancelled call: %w", err))
				return
			}
			_ = l.stream.Write(l.ctx, x.msg.Body)
		}
	}()
}

// route gives a message to whom it is for. It reports whether f was handed on.
func (l *link) route(f *frame) bool {
	text := f.text
	i := skipSpace(text, 0)
	if i == len(text) {
		return false
	}
	if text[i] == '[' {
		return l.routeArray(f, i)
	}
	var id, method []byte
	response := false
	end, err := scanRoute(text, i, &id, &method, &response)
	if err == nil && skipSpace(text, end) < len(text) {
		err = syntax(text, skipSpace(text, end), "nothing after the message")
	}
	if err != nil {
		l.malformed(&ParseResponseError{Reply: l.conn.secrets.start(text), Err: err})
		return false
	}
	if method != nil && !response {
		l.incoming(text, i)
		return false
	}
	return l.deliver(f, id, false)
}

// scanRoute finds what tells where the object at i goes. Values are checked
// later, by the one who decodes them.
func scanRoute(text []byte, i int, id, method *[]byte, response *bool) (end int, err error) {
	if i >= len(text) || text[i] != '{' {
		return i, syntax(text, i, "an object")
	}
	return scanObject(text, i, func(name []byte, at int) (int, error) {
		end, err := skipUnchecked(text, at)
		if err == nil {
			switch string(name) {
			case "id":
				*id = text[at:end]
			case "method":
				*method = text[at:end]
			case "result", "error":
				*response = true
			}
		}
		return end, err
	})
}

// routeArray gives an array to the batch that it answers: the one with any of
// its ids. Servers send arrays of notifications too.
func (l *link) routeArray(f *frame, i int) bool {
	text := f.text
	if err := checkSyntax(text); err != nil {
		l.malformed(&ParseResponseError{Reply: l.conn.secrets.start(text), Err: err})
		return false
	}
	var responses []envelope
	for i = skipSpace(text, i+1); text[i] != ']'; {
		var e envelope
		end, err := e.scan(text, i, false)
		if err != nil {
			l.malformed(err)
			return false
		}
		if e.method != nil && e.result == nil && e.error == nil {
			l.incoming(text, i)
		} else {
			responses = append(responses, e)
		}
		if i = skipSpace(text, end); text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	for _, e := range responses {
		if e.id != nil && !isNull(e.id) && l.deliver(f, e.id, true) {
			return true
		}
	}
	return len(responses) > 0 && l.deliver(f, nil, true)
}

// deliver gives f to the message that waits for a response with the id; without
// one, to the only message that waits, if there is one only.
func (l *link) deliver(f *frame, id []byte, array bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var w *waiter
	found := ID{}
	if id == nil || isNull(id) {
		if l.calls == 1 {
			for _, w = range l.waiting {
				break
			}
		}
	} else if parsed, ok := parseID(id); ok {
		for _, form := range parsed.forms() {
			if w = l.waiting[form]; w != nil {
				found = form
				break
			}
		}
	}
	if w == nil {
		l.conn.stats.strays.Add(1)
		if id == nil || isNull(id) {
			go l.conn.report(fmt.Errorf("jsonrpc: %s sent a response without an id: %s", l.conn.name, clean(string(l.conn.secrets.start(f.text)), maxErrorText)))
		}
		return false
	}
	if array || !w.batch || found.IsZero() {
		l.forgetLocked(w) // that is all there will be
	} else {
		delete(l.waiting, found)
		if w.left--; w.left == 0 {
			l.calls--
		}
	}
	w.frames <- f
	return true
}

// batchReply is the reply to a batch: an array, or a message for each request.
type batchReply struct {
	ctx    context.Context
	link   *link
	waiter *waiter
	last   *frame
}

// Next returns the next message.
func (r *batchReply) Next(limit int64) ([]byte, error) {
	f, err := r.link.wait(r.ctx, r.waiter)
	if err != nil {
		return nil, err
	}
	r.drop()
	r.last = f
	if int64(len(f.text)) > limit {
		return nil, tooLarge(limit)
	}
	return f.text, nil
}

// Read is there for the interface: [batchReply.Next] is used instead.
func (r *batchReply) Read([]byte) (int, error) { return 0, io.EOF }

// Close gives up what has not come.
func (r *batchReply) Close() error {
	r.link.forget(r.waiter)
	r.drop()
	return nil
}

func (r *batchReply) drop() {
	if r.last != nil {
		_ = r.last.Close()
		r.last = nil
	}
}

// incoming takes in a message of the server's own, the object at i.
func (l *link) incoming(text []byte, i int) {
	var e envelope
	end, err := e.scan(text, i, false)
	switch {
	case err != nil:
	case !utf8.Valid(text[i:end]):
		err = errUTF8
	case e.found.has(DeviationDuplicate):
		err = errors.New("a member of the envelope is there twice")
	case e.method[0] != '"':
		err = errors.New("the method is not a string")
	}
	if err != nil {
		l.malformed(&ParseResponseError{Reply: l.conn.secrets.start(text), Err: err})
		return
	}
	m := &ServerMessage{Method: unquote(e.method), Params: bytes.Clone(e.params)}
	if e.id != nil && !isNull(e.id) {
		id, ok := parseID(e.id)
		if !ok || len(e.id) > maxIDText {
			l.malformed(&ParseResponseError{Reply: l.conn.secrets.start(text), Err: errors.New("the request's id is no id")})
			return
		}
		m.ID = id
	}
	if !m.Notification() {
		l.serve(m)
		return
	}
	if l.conn.events.publish(m) || l.conn.handler == nil {
		return
	}
	if !l.inbox.put(m) {
		l.conn.stats.dropped.Add(1)
		l.conn.report(fmt.Errorf("jsonrpc: the handler is %d notifications behind: %q was dropped", maxQueued, clean(m.Method, 100)))
	}
}

// serve answers a request of the server's. Requests are worked on side by side,
// because a handler may wait for the server.
func (l *link) serve(m *ServerMessage) {
	select {
	case l.running <- struct{}{}:
	default:
		go func() {
			_ = l.stream.Write(l.ctx, appendError(m.ID, &Error{Code: -32000, Message: "too many requests at once"}))
		}()
		return
	}
	go func() {
		defer func() { <-l.running }()
		text := respond(l.ctx, l.conn.handler, m)
		if err := l.stream.Write(l.ctx, text); err != nil && l.ctx.Err() == nil {
			l.conn.report(fmt.Errorf("jsonrpc: the response to %q was not sent: %w", clean(m.Method, 100), err))
		}
	}()
}

// handleNotifications gives notifications to the handler in the order in which
// they came.
func (l *link) handleNotifications() {
	for {
		m := l.inbox.take()
		if m == nil {
			return
		}
		_, _ = safely(func() (any, error) { return l.conn.handler.Handle(l.ctx, m) })
	}
}

// An inbox is a queue between the reader, who never waits, and the handler.
type inbox struct {
	mu     sync.Mutex // for what follows
	wake   sync.Cond
	queue  []*ServerMessage
	closed bool
}

func (q *inbox) put(m *ServerMessage) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) >= maxQueued {
		return false
	}
	q.queue = append(q.queue, m)
	q.wake.Signal()
	return true
}

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
	q.queue = q.queue[1:]
	return m
}

func (q *inbox) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake.Broadcast()
}
