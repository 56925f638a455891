package jsonrpctest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// A service answers messages, however they come: [Server] and [Player].
type service interface {
	// arrive notes a message. On a stream it is called in the order of messages.
	arrive(in *incoming)
	// respond returns what goes back for a message that has arrived.
	respond(ctx context.Context, in *incoming) *outgoing
	// maxBody bounds a message in bytes.
	maxBody() int64
	// tooLarge is the response to one over it.
	tooLarge() []byte
}

// incoming is a message of a client's.
type incoming struct {
	text   []byte
	header http.Header // of HTTP: the message's, or those of the WebSocket's handshake
	peer   *Peer       // nil if it did not come on a stream
	fault  Fault       // what is to go wrong
}

// outgoing is what goes back for a message.
type outgoing struct {
	status   int // of HTTP; 0 is 200, or 204 if there is no message
	header   http.Header
	messages [][]byte // over HTTP they are one body
	onStream []byte   // in place of messages, on a stream
	fault    Fault
}

// replyOf is a plain reply; nil is none.
func replyOf(text []byte) *outgoing {
	out := &outgoing{}
	if text != nil {
		out.messages = [][]byte{text}
	}
	return out
}

// body returns the messages as one body.
func (out *outgoing) body() []byte { return bytes.Join(out.messages, []byte("\n")) }

// serveHTTP answers a message in the body of a POST, and a WebSocket's
// handshake.
func serveHTTP(s service, peers *peers, w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		serveWebSocket(s, peers, w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "JSON-RPC messages are sent with POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := readBody(r, s.maxBody())
	switch {
	case errors.Is(err, errEncoding):
		http.Error(w, err.Error(), http.StatusUnsupportedMediaType)
	case errors.Is(err, errTooLarge):
		(&outgoing{status: http.StatusRequestEntityTooLarge, messages: [][]byte{s.tooLarge()}}).writeHTTP(w)
	case err != nil:
		(&outgoing{status: http.StatusBadRequest, messages: [][]byte{parseError(err)}}).writeHTTP(w)
	default:
		in := &incoming{text: body, header: r.Header}
		s.arrive(in)
		s.respond(r.Context(), in).deliverHTTP(w, r)
	}
}

// deliverHTTP sends the reply, with what goes wrong with it.
func (out *outgoing) deliverHTTP(w http.ResponseWriter, r *http.Request) {
	f := &out.fault
	switch {
	case f.drop != nil:
		hijack(w).end(*f.drop)
	case f.stall || !pause(r.Context(), f.late):
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case f.wire != nil:
		out.writeRaw(r.Context(), hijack(w))
	default:
		out.writeHTTP(w)
	}
}

// head returns the status and the headers of the reply.
func (out *outgoing) head(size int) (status int, header http.Header) {
	header = http.Header{}
	if status = out.status; status == 0 {
		if status = http.StatusOK; out.messages == nil {
			status = http.StatusNoContent
		}
	}
	if size > 0 {
		header.Set("Content-Type", "application/json")
	}
	if status != http.StatusNoContent && status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(size))
	}
	maps.Copy(header, out.header)
	return status, header
}

func (out *outgoing) writeHTTP(w http.ResponseWriter) {
	body := out.body()
	status, header := out.head(len(body))
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(body) // if the client is gone, nobody wants it
}

// writeRaw writes the reply's bytes itself, so that they are known one by one,
// and closes the connection after them.
func (out *outgoing) writeRaw(ctx context.Context, conn *wire) {
	// The client that gives up closes the connection, which only a read sees.
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(io.Discard, conn.Conn)
		_ = conn.Close()
	}()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	body := out.body()
	status, header := out.head(len(body))
	header.Set("Connection", "close")
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	_ = header.Write(&raw) // a bytes.Buffer does not fail
	raw.WriteString("\r\n")
	raw.Write(body)
	conn.disturb(out.fault.wire)
	_, _ = conn.Write(raw.Bytes()) // that it may fail is the point
	_ = conn.Close()
	<-read
}
