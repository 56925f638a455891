package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/coder/websocket"
	"github.com/rogpeppe/go-internal/testscript"

	"example.com/jsonrpc/jsonrpctest/demo"
	"example.com/jsonrpc/transport"
)

// A peer is a server on streams. Besides the methods of the demo server it has
//
//	ticks n            as many notifications "tick", and then the number
//	demo_subscribe     "0x1", three events, and a notification "other"
//	demo_unsubscribe   true
//	flaky_subscribe    "0x2" and an event; the first connection is then closed
//	resources/watch    {}, and the notification "tick"
//	ask                the answer to a request of its own, workspace/configuration
//	probe              the same with echo
//	handshake          the headers of the WebSocket's handshake
//	refuse             the error of ovsdb-server
//	leave              no answer: the connection is closed
//
// What comes without the member jsonrpc it answers in version 1.0.
type peer struct {
	requests    chan struct{} // a value for each message
	connections atomic.Int64
}

func newPeer() *peer { return &peer{requests: make(chan struct{}, 1000)} }

// serve answers on a stream until it ends.
func (p *peer) serve(stream transport.Stream, handshake http.Header) {
	c := &peerConn{Stream: stream, number: p.connections.Add(1), handshake: handshake}
	defer func() { _ = c.Close() }()
	for c.left == nil {
		text, err := c.Read(context.Background(), nil)
		if err != nil {
			return
		}
		c.answer(text)
		p.requests <- struct{}{}
	}
}

// A peerConn is a connection of a peer.
type peerConn struct {
	transport.Stream
	number    int64
	handshake http.Header
	left      error // not nil once the connection is to be closed
}

func (c *peerConn) send(format string, args ...any) {
	if err := c.Write(context.Background(), fmt.Appendf(nil, format, args...)); err != nil {
		c.left = err
	}
}

func (c *peerConn) answer(text []byte) {
	var request struct {
		JSONRPC, ID json.RawMessage
		Method      string
		Params      []int
	}
	_ = json.Unmarshal(text, &request) // what does not fit is demo's
	respond := func(result string) {
		if request.JSONRPC == nil {
			c.send(`{"id":%s,"result":%s,"error":null}`, request.ID, result)
			return
		}
		c.send(`{"jsonrpc":"2.0","result":%s,"id":%s}`, result, request.ID)
	}
	switch request.Method {
	case "ticks":
		for i := range request.Params[0] {
			c.send(`{"jsonrpc":"2.0","method":"tick","params":{"n":%d}}`, i)
		}
		respond(fmt.Sprint(request.Params[0]))
	case "demo_subscribe":
		respond(`"0x1"`)
		for i := range 3 {
			c.send(`{"jsonrpc":"2.0","method":"demo_subscription","params":{"subscription":"0x1","result":{"n":%d}}}`, i)
		}
		c.send(`{"jsonrpc":"2.0","method":"other"}`)
	case "demo_unsubscribe":
		respond("true")
	case "flaky_subscribe":
		respond(`"0x2"`)
		c.send(`{"jsonrpc":"2.0","method":"flaky","params":{"subscription":"0x2","result":%d}}`, c.number)
		if c.number == 1 {
			c.left = io.EOF
		}
	case "resources/watch":
		respond("{}")
		c.send(`{"jsonrpc":"2.0","method":"tick"}`)
	case "ask":
		respond(c.ask(`{"jsonrpc":"2.0","method":"workspace/configuration","params":{"items":[{}]},"id":"q1"}`))
	case "probe":
		respond(c.ask(`{"method":"echo","params":["x"],"id":"echo"}`))
	case "handshake":
		header, _ := json.Marshal(c.handshake)
		respond(string(header))
	case "refuse":
		c.send(`{"id":%s,"result":null,"error":{"error":"syntax error","details":"no such thing"}}`, request.ID)
	case "leave":
		c.left = io.EOF
	default:
		c.demo(text)
	}
}

// ask sends a request and returns the answer to it.
func (c *peerConn) ask(request string) string {
	c.send("%s", request)
	answer, err := c.Read(context.Background(), nil)
	if err != nil {
		return "null"
	}
	return string(answer)
}

func (c *peerConn) demo(text []byte) {
	reply, err := demo.New().RoundTrip(context.Background(), &transport.Message{Body: text, Reply: true})
	if err != nil {
		return
	}
	if text, _ := io.ReadAll(reply); len(bytes.TrimSpace(text)) > 0 {
		c.send("%s", text)
	}
}

// serveStream starts a peer over a real socket, see serve.
func serveStream(ts *testscript.TestScript, args []string) {
	p := newPeer()
	framing := transport.Newline
	if len(args) > 1 {
		var err error
		framing, err = transport.ParseFraming(args[1])
		ts.Check(err)
	}
	scheme := args[0]
	switch scheme {
	case "ws", "wss", "ws-auth":
		serveWebSocket(ts, p, scheme)
	default:
		network, address := "tcp", "127.0.0.1:0"
		if scheme == "unix" {
			folder, err := os.MkdirTemp("", "peer") // a script's own is too long a name for some systems
			ts.Check(err)
			ts.Defer(func() { _ = os.RemoveAll(folder) })
			network, address = "unix", filepath.Join(folder, "socket")
		}
		l, err := net.Listen(network, address)
		ts.Check(err)
		if scheme == "tls" || scheme == "tls-client" {
			l = tls.NewListener(l, newAuthority(ts).config(scheme == "tls-client"))
			scheme = "tls"
		}
		go accept(l, func(conn net.Conn) {
			p.serve(transport.NewStream(conn, &transport.StreamOptions{Framing: framing}), nil)
		})
		ts.Defer(func() { _ = l.Close() })
		ts.Setenv("HOST", l.Addr().String())
		ts.Setenv("URL", scheme+"://"+filepath.ToSlash(l.Addr().String()))
	}
	arrivals.Store(ts, p.requests)
	ts.Defer(func() { arrivals.Delete(ts) })
}

func accept(l net.Listener, serve func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go serve(conn)
	}
}

func serveWebSocket(ts *testscript.TestScript, p *peer, scheme string) {
	auth := scheme == "ws-auth"
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); auth && (user != "tom" || password != "jerry-1940") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err == nil {
			p.serve(webSocketPeer{conn}, r.Header)
		}
	}))
	server.Config.ErrorLog = silent
	if scheme == "wss" {
		server.TLS = newAuthority(ts).config(false)
		server.StartTLS()
	} else {
		scheme = "ws"
		server.Start()
	}
	ts.Defer(server.Close)
	ts.Setenv("HOST", server.Listener.Addr().String())
	ts.Setenv("URL", scheme+"://"+server.Listener.Addr().String())
}

// webSocketPeer is the server's side of a WebSocket as a transport.Stream.
type webSocketPeer struct{ conn *websocket.Conn }

func (s webSocketPeer) Read(ctx context.Context, _ []byte) ([]byte, error) {
	_, text, err := s.conn.Read(ctx)
	return text, err
}

func (s webSocketPeer) Write(ctx context.Context, text []byte) error {
	return s.conn.Write(ctx, websocket.MessageText, text)
}

func (s webSocketPeer) Close() error { return s.conn.CloseNow() }

// peerMain is the program "peer [FRAMING]", a peer on standard input and output.
// It says a word on standard error. "peer mcp" is another one, see there.
func peerMain() {
	if len(os.Args) > 1 && os.Args[1] == "mcp" {
		mcpPeerMain()
		return
	}
	framing := transport.Newline
	if len(os.Args) > 1 {
		var err error
		if framing, err = transport.ParseFraming(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fmt.Fprintln(os.Stderr, "the peer says \x1b[1mhello")
	stdio := struct {
		io.Reader
		io.Writer
		io.Closer
	}{os.Stdin, os.Stdout, os.Stdin}
	newPeer().serve(transport.NewStream(stdio, &transport.StreamOptions{Framing: framing}), nil)
}
