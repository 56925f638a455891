package jsonrpctest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A Player is a server that repeats a [Recording]. A message is answered as the
// one in the recording was that has the same method and the same params, whatever
// its id; the reply gets the ids that the message has. What was sent several times
// is answered in turn, and from then on with the last answer. A batch is answered
// as a whole.
//
// It is an [http.Handler] and a [transport.RoundTripper], takes WebSockets, and
// listens as a [Server] does. What was recorded over HTTP can be repeated on
// streams and the other way round; what has no place there, such as a status on a
// stream, is left out.
type Player struct {
	mask  Mask
	peers peers

	mu      sync.Mutex // for the rest
	order   []*reel
	reels   map[string]*reel
	opening [][]byte            // what a server of a stream says first
	after   map[string][][]byte // what it says after a response of the client's, by its id
	unknown func(problem string)
}

// A reel has what was recorded for one kind of message.
type reel struct {
	call      *Call // nil of a batch, and of what is no request
	exchanges []*Recorded
	next      int
}

// NewPlayer returns a player of a recording. The mask, which may be nil, is that
// of the recorder: messages are masked before they are compared.
func NewPlayer(rec *Recording, mask *Mask) *Player {
	if mask == nil {
		mask = &Mask{}
	}
	p := &Player{mask: *mask, reels: map[string]*reel{}, after: map[string][][]byte{}}
	for i := range rec.Exchanges {
		e := &rec.Exchanges[i]
		if e.Stream > 0 && (len(e.Request) == 0 || isResponse(e.Request)) {
			if len(e.Request) == 0 {
				p.opening = append(p.opening, e.Replies...)
			} else if ids := idsIn(e.Request); len(ids) > 0 {
				p.after[ids[0]] = e.Replies
			}
			continue
		}
		key := p.key(e.Request)
		r := p.reels[key]
		if r == nil {
			r = &reel{call: singleCall(e.Request)}
			p.reels[key] = r
			p.order = append(p.order, r)
		}
		r.exchanges = append(r.exchanges, e)
	}
	return p
}

// OnUnknown has f called for each message that is not in the recording, with a
// sentence that says so and shows what is. Such a message is answered with an
// error that says the same.
func (p *Player) OnUnknown(f func(problem string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unknown = f
}

// key is what messages have in common that are answered alike.
func (p *Player) key(text []byte) string {
	text = p.mask.text(text)
	if checkJSON(text) != nil {
		return string(text)
	}
	if !oneOf(text, "[") {
		return itemKey(text)
	}
	keys := []string{"batch"}
	for _, item := range splitArray(text) {
		keys = append(keys, itemKey(item))
	}
	return strings.Join(keys, "\n")
}

func itemKey(text []byte) string {
	if !oneOf(text, "{") {
		return string(text)
	}
	members := map[string]any{}
	for name, value := range object(text) {
		if name == "id" {
			members[name] = nil // that there is one matters
			continue
		}
		v, _ := parseValue(value) // it is valid
		members[name] = byWorth(v)
	}
	key, err := json.Marshal(members) // with the members in order
	if err != nil {
		return string(text)
	}
	return string(key)
}

func (p *Player) maxBody() int64   { return DefaultMaxBody }
func (p *Player) tooLarge() []byte { return invalid(nil, "the message is too large") }
func (p *Player) arrive(*incoming) {}

// find returns the exchange that a message is to be answered by, or what is wrong.
func (p *Player) find(text []byte) (e *Recorded, problem string) {
	p.mu.Lock()
	r := p.reels[p.key(text)]
	if r != nil {
		e = r.exchanges[r.next]
		r.next = min(r.next+1, len(r.exchanges)-1)
	}
	unknown := p.unknown
	p.mu.Unlock()
	if e != nil {
		return e, ""
	}
	problem = p.explain(text)
	if unknown != nil {
		unknown(problem)
	}
	return nil, problem
}

// respond repeats what was recorded for a message.
func (p *Player) respond(_ context.Context, in *incoming) *outgoing {
	e, problem := p.find(in.text)
	if e == nil {
		return replyOf(refusal(in.text, jsonrpc.CodeMethodNotFound, "jsonrpctest: "+problem))
	}
	ids := newIDs(idsIn(e.Request), idsIn(in.text))
	if in.peer != nil {
		in.peer.remember(ids)
	}
	return e.answer(in.text, in.peer != nil, ids)
}

// RoundTrip answers a message of a client in the same program, see
// [transport.RoundTripper].
func (p *Player) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	return roundTrip(ctx, p, m)
}

// ServeHTTP answers a message in the body of a POST, and takes WebSockets.
func (p *Player) ServeHTTP(w http.ResponseWriter, r *http.Request) { serveHTTP(p, &p.peers, w, r) }

// ServeStream answers the messages of a stream, see [Server.ServeStream].
func (p *Player) ServeStream(ctx context.Context, stream transport.Stream) error {
	return serveStream(ctx, p, &p.peers, stream, nil)
}

// Listen serves the player at a URL, see [Server.Listen]. The framing is that of
// sockets; nil means a message on each line.
func (p *Player) Listen(rawURL string, framing *transport.Framing) (*Endpoint, error) {
	return listen(rawURL, p, &p.peers, framing, nil)
}
