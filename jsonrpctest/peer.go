package jsonrpctest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A Peer is a client at the other end of a stream. A server sends it
// notifications, and asks it too.
type Peer struct {
	service service
	stream  transport.Stream
	wire    *wire // nil if there is no socket of our own below
	ctx     context.Context
	cancel  context.CancelFunc
	gone    chan struct{} // closed once nothing more comes from the client

	// Of the one who writes; the wire's disturbance too.
	writing sync.Mutex

	mu      sync.Mutex // for what follows
	asked   int
	waiting map[string]chan json.RawMessage // responses of the client, by our ids
	held    [][][]byte                      // replies that wait to be overtaken
	latest  int                             // the highest number of a message that was answered
	ids     idMap                           // of a player: the client's ids by the recorded ones
	running sync.WaitGroup
}

type peerKey struct{}

// PeerOf returns the client whose message a handler works on, or nil if it did
// not come on a stream.
func PeerOf(ctx context.Context) *Peer {
	p, _ := ctx.Value(peerKey{}).(*Peer)
	return p
}

// Notify sends the client a notification. Params are encoded by the rules of
// encoding/json and left out if they are nil.
func (p *Peer) Notify(method string, params any) error {
	text, err := json.Marshal(jsonrpc.Notification{Method: method, Params: params})
	if err != nil {
		return err
	}
	return p.Send(text)
}

// Send sends the client a text as it is, framed as a message is.
func (p *Peer) Send(text []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.stream.Write(context.Background(), text)
}

// Call asks the client and returns its result. An error of the client's is an
// *[jsonrpc.Error].
func (p *Peer) Call(ctx context.Context, method string, params any) (json.RawMessage, error) {
	answered := make(chan json.RawMessage, 1)
	p.mu.Lock()
	p.asked++
	id := fmt.Sprintf("server-%d", p.asked)
	key := `"` + id + `"`
	p.waiting[key] = answered
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiting, key)
	}()
	text, err := json.Marshal(jsonrpc.Request{Method: method, Params: params, ID: jsonrpc.StringID(id)})
	if err != nil {
		return nil, err
	}
	sent := make(chan error, 1)
	go func() { sent <- p.Send(text) }() // it ends with the connection if the client does not read
	select {
	case err = <-sent:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	select {
	case text := <-answered:
		_, result, problem, _ := asResponse(text)
		if problem == nil {
			return result, nil
		}
		e := &jsonrpc.Error{}
		if err := json.Unmarshal(problem, e); err != nil {
			return nil, fmt.Errorf("the client's error is no error object: %s", problem)
		}
		return nil, e
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.gone:
		return nil, errors.New("jsonrpctest: the client has gone")
	}
}

// remember notes the ids of a message.
func (p *Peer) remember(ids idMap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ids == nil {
		p.ids = idMap{}
	}
	maps.Copy(p.ids, ids)
}

// Close ends the connection.
func (p *Peer) Close() error {
	p.cancel()
	if p.wire != nil {
		return p.wire.Close() // before the stream, which a stalled write may hold up
	}
	return p.stream.Close()
}

// maxInFlight bounds the requests of one connection that are in work. Those that
// come after wait in the connection.
const maxInFlight = 10_000

// serve answers what comes until the stream or ctx ends, and returns once all
// that it has begun is over.
func (p *Peer) serve() error {
	defer p.running.Wait()
	defer func() { _ = p.Close() }() // why it ended is known
	defer context.AfterFunc(p.ctx, func() { _ = p.Close() })()
	player, repeats := p.service.(*Player)
	if repeats {
		p.write(player.greeting(), nil)
	}
	places := make(chan struct{}, maxInFlight)
	handled := make(chan struct{}) // closed once all notifications so far are handled
	close(handled)
	for number := 1; ; number++ {
		text, err := p.stream.Read(context.Background(), nil)
		if spoilt := (*transport.FrameError)(nil); errors.As(err, &spoilt) {
			if errors.Is(spoilt, transport.ErrTooLarge) {
				_ = p.Send(p.service.tooLarge())
			} else {
				_ = p.Send(parseError(err))
			}
			continue
		}
		if err != nil {
			close(p.gone)
			<-handled
			return err
		}
		if p.deliver(text) {
			if repeats {
				p.write(player.told(p, text), nil)
			}
			continue
		}
		in := &incoming{text: text, peer: p}
		p.service.arrive(in)
		before, place, done := handled, number, func() {}
		if isNotification(text) { // in order, and before what comes after it
			ended := make(chan struct{})
			handled, place, done = ended, 0, func() { close(ended) }
		}
		places <- struct{}{}
		p.running.Go(func() {
			out := &outgoing{fault: Fault{drop: new(FIN)}} // for a handler that calls t.FailNow, which ends this goroutine
			defer done()
			defer func() { p.reply(out, place) }()
			defer func() { <-places }()
			<-before
			out = p.service.respond(p.ctx, in)
		})
		if repeats {
			<-handled
		}
	}
}

// deliver gives a response of the client's to the one who asked, and reports
// whether it was one.
func (p *Peer) deliver(text []byte) bool {
	id, _, _, ok := asResponse(text)
	if !ok {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if answered := p.waiting[id]; answered != nil {
		delete(p.waiting, id)
		answered <- text
	}
	return true
}

// reply sends what goes back for a message with that number, 0 for a notification,
// with what goes wrong with it.
func (p *Peer) reply(out *outgoing, number int) {
	f := &out.fault
	switch {
	case f.drop != nil:
		p.end(*f.drop)
		return
	case f.stall || number == 0 && out.onStream == nil && out.messages == nil:
		return
	}
	messages := out.messages
	switch {
	case out.onStream != nil:
		messages = [][]byte{out.onStream}
	case out.status != 0: // its body is HTTP's
		messages = nil
	}
	if f.late > 0 && p.hold(messages, number, f.late) {
		return
	}
	p.write(messages, f.wire)
	p.mu.Lock()
	held := p.held
	p.held, p.latest = nil, max(p.latest, number)
	p.mu.Unlock()
	for _, messages := range held {
		p.write(messages, nil)
	}
}

// hold keeps a reply until another has gone out, or so long, and sends it. It
// returns false if that to a later message has gone out already.
func (p *Peer) hold(messages [][]byte, number int, d time.Duration) bool {
	p.mu.Lock()
	if p.latest > number || len(messages) == 0 {
		p.mu.Unlock()
		return false
	}
	p.held = append(p.held, messages)
	p.mu.Unlock()
	if !pause(p.ctx, d) {
		return true
	}
	p.mu.Lock()
	mine := -1
	for i, other := range p.held {
		if &other[0] == &messages[0] {
			mine = i
		}
	}
	if mine >= 0 {
		p.held = append(p.held[:mine:mine], p.held[mine+1:]...)
	}
	p.mu.Unlock()
	if mine >= 0 {
		p.write(messages, nil)
	}
	return true
}

// write writes messages, disturbed by d if it is not nil.
func (p *Peer) write(messages [][]byte, d *disturbance) {
	p.writing.Lock()
	defer p.writing.Unlock()
	if d != nil && p.wire != nil {
		p.wire.disturb(d)
		defer p.wire.disturb(nil)
	}
	for _, text := range messages {
		if err := p.stream.Write(context.Background(), text); err != nil {
			return // the client has gone, or the reply was cut
		}
	}
}

// end ends the connection without further ado.
func (p *Peer) end(how Ending) {
	if p.wire != nil {
		p.wire.end(how)
	}
	_ = p.Close()
}
