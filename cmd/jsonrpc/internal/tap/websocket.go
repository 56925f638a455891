package tap

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// serveWebSocket shakes hands with the server, then with the client, and passes
// messages on until either closes.
func (h *HTTP) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	server, resp, err := websocket.Dial(ctx, h.address(r.URL).String(), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: h.Trip, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		HTTPHeader: handshakeHeader(r.Header), Subprotocols: subprotocols(r.Header),
	})
	if err != nil {
		h.refuse(w, resp, err)
		return
	}
	defer func() { _ = server.CloseNow() }()
	// Who may connect, the server has decided: it was told the origin.
	accept := &websocket.AcceptOptions{InsecureSkipVerify: true}
	if name := server.Subprotocol(); name != "" {
		accept.Subprotocols = []string{name}
	}
	client, err := websocket.Accept(w, r, accept)
	if err != nil {
		return // it has answered
	}
	defer func() { _ = client.CloseNow() }()
	client.SetReadLimit(h.Limit)
	server.SetReadLimit(h.Limit)

	var kind websocket.MessageType
	n := newNotes(h.Recorder, func() (text []byte, err error) {
		kind, text, err = server.Read(ctx)
		return text, err
	})
	var both sync.WaitGroup
	both.Go(func() {
		for {
			kind, text, err := client.Read(ctx)
			if err == nil {
				n.client(text)
				err = server.Write(ctx, kind, text)
			}
			if err != nil {
				closeAs(server, err)
				return
			}
		}
	})
	for {
		text, err := n.server()
		if err == nil {
			err = client.Write(ctx, kind, text)
		}
		if err != nil {
			closeAs(client, err)
			break
		}
	}
	both.Wait()
}

// refuse answers a handshake as the server did, or says that it did not.
func (h *HTTP) refuse(w http.ResponseWriter, resp *http.Response, err error) {
	if resp == nil || resp.StatusCode == http.StatusSwitchingProtocols {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL
		}
		h.Failed(err)
		http.Error(w, "jsonrpc record cannot reach the server", http.StatusBadGateway)
		return
	}
	for _, name := range []string{"Content-Type", "Www-Authenticate", "Retry-After"} {
		if value := resp.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(resp.StatusCode)
	if resp.Body != nil {
		_, _ = io.Copy(w, resp.Body) // its first KiB; if the client is gone, nobody wants it
	}
}

// closeAs closes a WebSocket as the other one was closed, err tells how.
func closeAs(conn *websocket.Conn, err error) {
	closed := websocket.CloseError{Code: websocket.StatusGoingAway}
	if e, ok := errors.AsType[websocket.CloseError](err); ok {
		closed = e
	}
	if closed.Code == websocket.StatusNoStatusRcvd {
		closed.Code = websocket.StatusNormalClosure
	}
	_ = conn.Close(closed.Code, closed.Reason) // it waits for the other side, some seconds at most
}

// handshakeHeader returns the headers that are passed on: not those of the handshake
// itself, which is another one.
func handshakeHeader(header http.Header) http.Header {
	passed := header.Clone()
	for name := range passed {
		if strings.HasPrefix(name, "Sec-Websocket-") {
			delete(passed, name)
		}
	}
	for _, name := range []string{"Connection", "Upgrade", "Host", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Te", "Transfer-Encoding", "Content-Length"} {
		delete(passed, name)
	}
	return passed
}

// subprotocols returns those that a client offers.
func subprotocols(header http.Header) (names []string) {
	for _, value := range header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}
