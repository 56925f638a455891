package jsonrpc

import (
	"io"
	"sync"
	"time"

	"example.com/jsonrpc/transport"
)

// streamSettings are what the options of this file set. They mean something to
// clients of a stream only.
type streamSettings struct {
	framing      *transport.Framing
	keepAlive    time.Duration
	noReconnect  bool
	maxBackoff   time.Duration
	cancelNotice func(ID) Message
	onError      func(error)
	stderr       io.Writer
	exitWait     time.Duration
	termWait     time.Duration
	subprotocols []string
	wrap         func(transport.Stream) transport.Stream
	link         *link              // of a call: see onLink
	late         func(reply []byte) // of a call: see asksOn
	lazy         bool               // the first call connects
	hooks        []func(ConnectionEvent)
	shown        *shown // what handshakes show; nil if that is the same for all
}

// onLink has a call use this connection and no other.
func onLink(l *link) CallOption {
	return callOnly(func(s *settings) { s.stream.link = l })
}

// asksOn is onLink for a call that makes a subscription: late is told of a reply that
// came when nobody waited for it any longer. It must not wait.
func asksOn(l *link, late func(reply []byte)) CallOption {
	return callOnly(func(s *settings) { s.stream.link, s.stream.late = l, late })
}

// WithFraming says how messages are told apart on tcp, tls, unix and exec:
// [transport.Newline], the default, [transport.Header] for language servers,
// [transport.Bare] or [transport.Netstring].
func WithFraming(f *transport.Framing) DialOption {
	return dialOnly(func(d *dialSettings) { d.stream.framing = f })
}

// WithStreamWrap has the client of a stream use what wrap makes of each
// connection: to record it, to count it, to have it fail in a test. It is called
// for every connection that is made; nothing comes of it where there is no
// stream, as with HTTP. Several are put around each other, the first outermost.
func WithStreamWrap(wrap func(transport.Stream) transport.Stream) DialOption {
	return dialOnly(func(d *dialSettings) {
		outer := d.stream.wrap
		if d.stream.wrap = wrap; outer != nil && wrap != nil {
			d.stream.wrap = func(s transport.Stream) transport.Stream { return outer(wrap(s)) }
		}
	})
}

// WithKeepAlive says after how long a silence the server is asked whether it is
// still there: with a ping on ws and wss (30 seconds), by the system on tcp and
// tls (15 seconds). One that does not answer ends the connection, and so does one
// that stops in the middle of a message: for half a minute longer than that on tcp,
// tls and unix. A negative value turns it off.
func WithKeepAlive(silence time.Duration) DialOption {
	return dialOnly(func(d *dialSettings) { d.stream.keepAlive = silence })
}

// WithoutReconnect ends a client of a stream with its first connection. The
// default is to connect again with the next call or, for the sake of
// subscriptions, at once.
func WithoutReconnect() ClientOption {
	return clientOnly(func(s *settings) { s.stream.noReconnect = true })
}

// WithMaxBackoff bounds the pause between attempts to connect again: it begins
// at a tenth of a second and doubles with each failure. The default is 30
// seconds.
func WithMaxBackoff(d time.Duration) ClientOption {
	return clientOnly(func(s *settings) { s.stream.maxBackoff = d })
}

// WithCancelNotice has a notification sent for each call on a stream whose
// context ends before the reply: [CancelLSP], [CancelMCP], or the [Notification]
// or [Raw] that notice returns for the request's id; nil sends none. For calls that
// went as one batch ([WithCoalescing]) they are sent once the contexts of all have ended.
func WithCancelNotice(notice func(ID) Message) ClientOption {
	return clientOnly(func(s *settings) { s.stream.cancelNotice = notice })
}

// CancelLSP is the notice of the Language Server Protocol, $/cancelRequest.
func CancelLSP(id ID) Message {
	return Notification{Method: "$/cancelRequest", Params: Named{"id": id}}
}

// CancelMCP is the notice of the Model Context Protocol,
// notifications/cancelled.
func CancelMCP(id ID) Message {
	return Notification{Method: "notifications/cancelled", Params: Named{"requestId": id}}
}

// WithStreamErrors has f called with what goes wrong and concerns no call: a
// message on a stream that could not be read and was skipped, a response without
// an id, a request that was dropped because there are too many, a response to the
// server that was not taken, a panic of the handler with its stack; so for what the
// server asks in an event stream over HTTP. It must not wait for the client.
func WithStreamErrors(f func(error)) ClientOption {
	return clientOnly(func(s *settings) { s.stream.onError = f })
}

// WithStderr writes the standard error of an exec: child to w, one Write at a
// time. The default drops it, but for the last lines, which are in the error if
// the child exits.
func WithStderr(w io.Writer) DialOption {
	if w != nil {
		w = &turns{w: w}
	}
	return dialOnly(func(d *dialSettings) { d.stream.stderr = w })
}

// turns is a writer for many goroutines: the children of a pool, or one and the next.
type turns struct {
	mu sync.Mutex // for w
	w  io.Writer
}

func (t *turns) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.w.Write(p)
}

// WithExitWait says how long Close waits for an exec: child to exit after its
// standard input was closed, and how long after SIGTERM before it is killed. The
// default is two seconds each.
func WithExitWait(exit, term time.Duration) DialOption {
	return dialOnly(func(d *dialSettings) { d.stream.exitWait, d.stream.termWait = exit, term })
}

// WithSubprotocols offers subprotocols in the handshake of ws and wss.
func WithSubprotocols(names ...string) DialOption {
	return dialOnly(func(d *dialSettings) { d.stream.subprotocols = names })
}
