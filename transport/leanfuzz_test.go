//go:build unix

package transport_test

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/jsonrpc/transport"
)

// A sayingServer answers the first request with a text and, if it is to, ends the
// connection. All others it answers with second.
type sayingServer struct {
	*rawServer

	mu   sync.Mutex // for what follows
	text []byte
	ends bool
}

func newSayingServer(tb testing.TB) *sayingServer {
	tb.Helper()
	s := new(sayingServer)
	s.rawServer = serveRaw(tb, false, func(conn net.Conn, r *bufio.Reader) {
		for take(r) {
			s.mu.Lock()
			text, ends := s.text, s.ends
			s.text, s.ends = nil, false
			s.mu.Unlock()
			if text == nil {
				text = []byte(second)
			}
			_, _ = conn.Write(text)
			if ends {
				return
			}
		}
	})
	return s
}

// says sets what is said next.
func (s *sayingServer) says(text []byte, ends bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text, s.ends = slices.Clone(text), ends
}

// saw describes the response to a request as a program sees it, and says whether it
// was whole and left the connection open.
func saw(t *testing.T, rt http.RoundTripper, method, url string) (text string, open bool) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return "an error", false
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		text += fmt.Sprintf("%q: %q\n", name, resp.Header[name])
	}
	return fmt.Sprintf("%s %q %d %v %v %v\n%s%q\nfails: %v", resp.Proto, resp.Status, resp.ContentLength,
		resp.TransferEncoding, resp.Close, resp.Trailer, text, body, err != nil), err == nil && !resp.Close
}

// FuzzLeanReply compares what becomes of any reply to what net/http makes of it, and
// sees that nothing of it is taken for the reply to the next request.
func FuzzLeanReply(f *testing.F) {
	log.SetOutput(io.Discard) // net/http logs unsolicited replies
	f.Cleanup(func() { log.SetOutput(os.Stderr) })
	for _, reply := range []string{
		second,
		second + second,
		second + "\n",
		"HTTP/1.1 100 Continue\r\n\r\n" + second,
		"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\n\r\nuntil the end",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n1\r\na\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
		"HTTP/1.1 200 OK\r\nTrailer: A, B\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.1 200 OK\nA: b\n c\n\nabc",
		"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 099 ?\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 199 ?\r\n\r\nHTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200",
		"",
	} {
		f.Add([]byte(reply), false)
		f.Add([]byte(reply), true)
	}
	server := newSayingServer(f)
	f.Fuzz(func(t *testing.T, reply []byte, head bool) {
		if len(reply) > 8<<10 { // that it arrives at once
			return
		}
		method := map[bool]string{true: "HEAD", false: "POST"}[head]
		oracle, lean := transport.NewRoundTripper(nil, nil), newLean(t, nil)
		defer oracle.CloseIdleConnections()
		server.says(reply, true)
		want, _ := saw(t, oracle, method, server.url)
		server.says(reply, true)
		got, open := saw(t, lean, method, server.url)
		if got != want && !strings.Contains(want, `"101 `) && !strings.Contains(want, `"101"`) {
			t.Errorf("%q: got\n%s\nwant\n%s", reply, got, want)
		}
		if !open {
			return
		}
		lean.CloseIdleConnections()
		server.says(reply, false)
		if again, _ := saw(t, lean, method, server.url); again != got {
			t.Errorf("%q: got\n%s\nand on a connection that stays\n%s", reply, got, again)
		}
		if _, body, err := send(t, lean, server.url); err != nil || body != "second" {
			t.Errorf("%q: the next reply is %q, %v", reply, body, err)
		}
	})
}
