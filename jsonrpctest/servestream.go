package jsonrpctest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// ServeStream answers the messages of a stream until it ends, ctx does or
// [Server.CloseStreams] is called, and returns why; nil if the client closed it
// in order. Requests are carried out at the same time and answered as they are
// done; notifications one after the other, each before what came after it.
func (s *Server) ServeStream(ctx context.Context, stream transport.Stream) error {
	return serveStream(ctx, s, &s.peers, stream, nil)
}

// Notify sends a notification to all clients that are connected by a stream.
func (s *Server) Notify(method string, params any) error {
	text, err := json.Marshal(jsonrpc.Notification{Method: method, Params: params})
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range s.peers.all() {
		errs = append(errs, p.Send(text))
	}
	return errors.Join(errs...)
}

// CloseStreams ends all connections that are streams, for tests of clients that
// connect again.
func (s *Server) CloseStreams() {
	for _, p := range s.peers.all() {
		_ = p.Close()
	}
}

// peers are the clients connected by streams.
type peers struct {
	mu  sync.Mutex
	set map[*Peer]struct{} // under mu
}

func (ps *peers) all() (all []*Peer) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for p := range ps.set {
		all = append(all, p)
	}
	return all
}

func (ps *peers) add(p *Peer) (remove func()) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.set == nil {
		ps.set = map[*Peer]struct{}{}
	}
	ps.set[p] = struct{}{}
	return func() {
		ps.mu.Lock()
		defer ps.mu.Unlock()
		delete(ps.set, p)
	}
}

// serveStream serves one stream. The wire, if there is one, is below it.
func serveStream(ctx context.Context, s service, ps *peers, stream transport.Stream, w *wire) error {
	p := &Peer{service: s, stream: stream, wire: w, gone: make(chan struct{}), waiting: map[string]chan json.RawMessage{}}
	p.ctx, p.cancel = context.WithCancel(ctx)
	defer ps.add(p)()
	err := p.serve()
	switch {
	case err == io.EOF:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// serveWebSocket shakes hands and serves the stream.
func serveWebSocket(s service, ps *peers, w http.ResponseWriter, r *http.Request) {
	below := &wireHijacker{ResponseWriter: w}
	conn, err := websocket.Accept(below, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		return // it has answered
	}
	conn.SetReadLimit(s.maxBody())
	_ = serveStream(r.Context(), s, ps, webSocket{conn}, below.wire)
}

// A webSocket is the server's end of a WebSocket as a stream. Its contexts end
// the connection: those given here never do.
type webSocket struct{ conn *websocket.Conn }

func (s webSocket) Read(ctx context.Context, buf []byte) ([]byte, error) {
	_, text, err := s.conn.Read(ctx)
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusNoStatusRcvd:
		err = io.EOF
	}
	return append(buf, text...), err
}

func (s webSocket) Write(ctx context.Context, msg []byte) error {
	return s.conn.Write(ctx, websocket.MessageText, msg)
}

func (s webSocket) Close() error { return s.conn.CloseNow() }
