package jsonrpc_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc/transport"
)

// A wireReply is what a server sends back for one POST, byte for byte but for
// the headers that frame the body.
type wireReply struct {
	version string   // "HTTP/1.1" if empty
	status  int      // 0: no reply, the connection is closed
	header  []string // "Name: value"
	body    []byte
}

// serveWire answers each POST on a real socket with the reply for its path, so
// that nothing of net/http's server tidies it up. It returns the base URL.
func serveWire(t *testing.T, replyTo func(path string) *wireReply) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serveConn(conn, replyTo)
		}
	}()
	return "http://" + listener.Addr().String()
}

func serveConn(conn net.Conn, replyTo func(path string) *wireReply) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		reply := replyTo(req.URL.Path)
		if reply == nil || reply.status == 0 {
			return
		}
		if _, err := conn.Write(reply.bytes()); err != nil || reply.closes() {
			return
		}
	}
}

// bytes returns the reply with a Content-Length that fits, or in two chunks if
// it came in chunks.
func (r *wireReply) bytes() []byte {
	version := r.version
	if version == "" {
		version = "HTTP/1.1"
	}
	text := fmt.Appendf(nil, "%s %d %s\r\n", version, r.status, http.StatusText(r.status))
	chunked := false
	for _, line := range r.header {
		switch name, _, _ := strings.Cut(strings.ToLower(line), ":"); name {
		case "transfer-encoding":
			chunked = true
		case "content-length":
			continue
		}
		text = append(text, line+"\r\n"...)
	}
	switch {
	case chunked:
		text = append(text, "\r\n"...)
		for part := range slices.Chunk(r.body, len(r.body)/2+1) {
			text = fmt.Appendf(text, "%x\r\n%s\r\n", len(part), part)
		}
		return append(text, "0\r\n\r\n"...)
	case r.status == http.StatusNoContent:
		return append(text, "\r\n"...)
	}
	text = fmt.Appendf(text, "Content-Length: %d\r\n\r\n", len(r.body))
	return append(text, r.body...)
}

func (r *wireReply) closes() bool {
	return r.version == "HTTP/1.0" || slices.ContainsFunc(r.header, func(line string) bool {
		return strings.EqualFold(strings.ReplaceAll(line, " ", ""), "connection:close")
	})
}

// memory is a transport that is not HTTP: its reply is always the same message,
// or nothing.
type memory string

func (m memory) RoundTrip(_ context.Context, msg *transport.Message) (io.ReadCloser, error) {
	if m == "" && !msg.Reply {
		return nil, nil
	}
	return io.NopCloser(strings.NewReader(string(m))), nil
}
