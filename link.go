package jsonrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"example.com/jsonrpc/transport"
)

// A link is one connection of a conn, from its start to its end.
type link struct {
	conn    *conn
	stream  transport.Stream
	secrets *secrets
	busy    func()          // tells the stream of more calls than one; nil if it does not ask
	ctx     context.Context // ends with the link; handlers get it
	cancel  context.CancelCauseFunc
	since   time.Time     // when it was made
	done    chan struct{} // closed once the reader has gone

	desk    desk            // for requests of the server's
	inbox   inbox           // notifications on their way to the handler
	earlier <-chan struct{} // closed once those of the link before are handled; nil if there was none
	handled chan struct{}   // closed once those of this link are

	mu      sync.Mutex // for what follows
	waiting map[ID]*waiter
	spare   []*waiter // to be used again
	asked   map[ID]*asked
	calls   int   // messages that wait
	owed    bool  // an answer may come that nobody waits for
	err     error // why the link has ended, nil before
}

// A waiter is a message whose reply is awaited.
type waiter struct {
	ids    []ID
	left   int // ids whose responses have not come
	batch  bool
	ended  bool        // frames is closed
	frames chan *frame // has room for all, so that the reader never waits; closed when the link ends
	one    [1]ID       // the ids of a single request
}

// release gives the memory of w back. It must have been delivered or forgotten.
// It stays with the link: a channel of one synctest bubble is of no use to another.
func (l *link) release(w *waiter) {
	const maxSpare = 256
	for len(w.frames) > 0 {
		_ = (<-w.frames).Close()
	}
	w.ids, w.one[0] = nil, ID{}
	l.mu.Lock()
	defer l.mu.Unlock()
	if cap(w.frames) == 2 && len(l.spare) < maxSpare && l.err == nil {
		l.spare = append(l.spare, w)
	}
}

// spareWaiterLocked returns a waiter for a single request. The caller must hold
// l.mu.
func (l *link) spareWaiterLocked() *waiter {
	n := len(l.spare)
	if n == 0 {
		return &waiter{frames: make(chan *frame, 2)}
	}
	w := l.spare[n-1]
	l.spare = l.spare[:n-1]
	return w
}

// A frame is a message from the server. Its memory is used again after Close.
type frame struct {
	text []byte
	read int
	err  error // why the text, which is the start of a message, is all there is of it
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
	if f.read, f.err = 0, nil; cap(f.text) <= maxPooled {
		frames.Put(f)
	}
	return nil
}

func newLink(c *conn, stream transport.Stream, earlier <-chan struct{}) *link {
	l := &link{
		conn: c, stream: stream, secrets: c.set.shown.with(c.secrets), since: time.Now(), done: make(chan struct{}),
		desk: newDesk(), earlier: earlier, handled: make(chan struct{}), waiting: map[ID]*waiter{},
	}
	l.ctx, l.cancel = context.WithCancelCause(c.ctx)
	if s, ok := stream.(interface{ Busy() }); ok {
		l.busy = s.Busy
	}
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
			l.spoilt(spoilt)
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
	if l.err != nil {
		return
	}
	err = l.secrets.maskTree(err) // a child process says why
	l.err = err
	l.cancel(err)
	for _, w := range l.waiting {
		if !w.ended {
			w.ended = true
			close(w.frames)
		}
	}
	clear(l.waiting)
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
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.spareWaiterLocked()
	var err error
	if w.ids, w.batch, err = idsOf(m, w.one[:0]); err != nil {
		return nil, err
	}
	if len(w.ids) >= cap(w.frames) {
		w.frames = make(chan *frame, len(w.ids)+1)
	}
	if l.err != nil {
		return nil, &transport.Error{Op: "send", Err: l.err}
	}
	for _, id := range w.ids {
		if l.waiting[id] != nil {
			return nil, errInFlight(id)
		}
	}
	for _, id := range w.ids {
		if l.waiting[id] == nil { // a raw batch may have one twice
			l.waiting[id] = w
			w.left++
		}
	}
	if l.calls++; l.calls > 1 && l.busy != nil {
		l.busy()
	}
	return w, nil
}

// forget gives the ids of w free and returns those it was waiting for. Replies
// that come later are strays.
func (l *link) forget(w *waiter) []ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []ID
	for _, id := range w.ids {
		if l.waiting[id] == w {
			ids = append(ids, id)
		}
	}
	l.forgetLocked(w)
	l.owed = l.owed || len(ids) > 0
	return ids
}

// unawaited notes that something was sent that no answer is awaited to. Servers
// answer notifications all the same, and without an id, or answer late.
func (l *link) unawaited() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owed = true
}

// forgetLocked gives the ids of w free. The caller must hold l.mu.
func (l *link) forgetLocked(w *waiter) {
	if w.left == 0 {
		return
	}
	w.left = 0
	l.calls--
	for _, id := range w.ids {
		if l.waiting[id] == w {
			delete(l.waiting, id)
		}
	}
}

// wait waits for the next frame for w.
func (l *link) wait(ctx context.Context, w *waiter) (*frame, error) {
	select {
	case f, ok := <-w.frames:
		return l.got(f, ok)
	default:
	}
	done := ctx.Done()
	switch {
	case w.batch:
		return l.waitBatch(ctx, w)
	case done == nil:
		f, ok := <-w.frames
		return l.got(f, ok)
	}
	select {
	case f, ok := <-w.frames:
		return l.got(f, ok)
	case <-done:
		return nil, l.giveUp(ctx, w)
	}
}

// waitBatch is wait for a batch, which may have what was due, and not want to believe
// it.
func (l *link) waitBatch(ctx context.Context, w *waiter) (*frame, error) {
	select {
	case f, ok := <-w.frames:
		return l.got(f, ok)
	case <-ctx.Done():
		return nil, l.giveUp(ctx, w)
	case <-l.ctx.Done():
	}
	select { // servers answer and hang up: it may be there all the same
	case f, ok := <-w.frames:
		return l.got(f, ok)
	default:
		l.forget(w)
		return nil, l.lostError("read")
	}
}

// giveUp is for a wait that ctx has ended.
func (l *link) giveUp(ctx context.Context, w *waiter) error {
	l.sendCancel(l.forget(w))
	return &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
}

func (l *link) got(f *frame, ok bool) (*frame, error) {
	if !ok {
		return nil, l.lostError("read")
	}
	if f.err != nil {
		defer func() { _ = f.Close() }()
		return nil, &transport.Error{Op: "read", Sent: true, Err: f.err}
	}
	return f, nil
}

// lostError says why the link has ended.
func (l *link) lostError(op string) error {
	return &transport.Error{Op: op, Sent: true, Err: l.cause()}
}

// write sends a message. If that fails because the link has ended, the error says
// why, as soon as the reader knows.
func (l *link) write(ctx context.Context, text []byte) error {
	err := l.stream.Write(ctx, text)
	if err == nil || ctx.Err() != nil {
		return err
	}
	_ = sleep(l.ctx, 100*time.Millisecond)
	if cause := l.cause(); cause != nil {
		return &transport.Error{Op: "send", Sent: sent(err), Err: cause}
	}
	return err
}

// sendCancel tells the server, where it has a message for that, that nobody
// waits for the responses with these ids any more.
func (l *link) sendCancel(ids []ID) {
	notice := l.conn.set.cancelNotice
	if notice == nil || len(ids) == 0 {
		return
	}
	go func() {
		for _, id := range ids {
			text, err := noticeText(notice(id))
			if err != nil {
				l.conn.report(fmt.Errorf("jsonrpc: the notice of a cancelled call: %w", err))
				return
			}
			if text != nil {
				l.unawaited()
				_ = l.stream.Write(l.ctx, text)
			}
		}
	}()
}

// noticeText returns the text of a notification; nil if m is nil.
func noticeText(m Message) ([]byte, error) {
	switch m.(type) {
	case nil:
		return nil, nil
	case Notification, Raw:
		x := &Exchange{}
		err := m.prepare(x)
		return x.msg.Body, err
	}
	return nil, &MessageError{Reason: fmt.Sprintf("a %T was given: it must be a Notification or a Raw", m)}
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
