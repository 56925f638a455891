package jsonrpc_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// serveRaw starts a TCP server that reads one HTTP request a connection and has
// respond write whatever it likes.
func serveRaw(t *testing.T, respond func(w io.Writer, request *http.Request)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				respond(conn, r)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// reset has a connection end in a reset when it is closed.
func reset(w io.Writer) { _ = w.(*net.TCPConn).SetLinger(0) }

// TestResetInMidReply cuts the connection after every byte of a response.
func TestResetInMidReply(t *testing.T) {
	const body = `{"jsonrpc":"2.0","result":"meow","id":1}`
	for name, head := range map[string]string{
		"with a length": fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body)),
		"in chunks":     fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", len(body)),
		"as events":     "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ",
	} {
		t.Run(name, func(t *testing.T) {
			response := head + body
			var (
				cut  atomic.Int64
				hard atomic.Bool // reset, or closed in order
			)
			url := serveRaw(t, func(w io.Writer, _ *http.Request) {
				_, _ = io.WriteString(w, response[:cut.Load()])
				if hard.Load() {
					reset(w)
				}
			})
			client := dial(t, url)
			for n := range 2 * len(response) {
				cut.Store(int64(n / 2))
				hard.Store(n%2 == 1)
				_, err := jsonrpc.Call[string](t.Context(), client, "cat", nil, jsonrpc.WithID(jsonrpc.IntID(1)))
				var e *transport.Error
				if !errors.As(err, &e) && !errors.Is(err, jsonrpc.ErrNoResponse) || !jsonrpc.MaybeSent(err) {
					t.Errorf("after %d bytes: %v", n/2, err)
				}
			}
		})
	}
}

func TestResetInMidReplyLeavesTheClientWorking(t *testing.T) {
	var n atomic.Int32
	url := serveRaw(t, func(w io.Writer, _ *http.Request) {
		if n.Add(1)%2 == 1 {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"jsonrpc\"")
			reset(w)
			return
		}
		_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 35\r\nConnection: close\r\n\r\n"+`{"jsonrpc":"2.0","result":1,"id":7}`)
	})
	client := dial(t, url)
	for range 3 {
		err := client.Call(t.Context(), "cat", nil, nil)
		if as[*transport.Error](t, err).Op != "read" {
			t.Error(err)
		}
		if err := client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithID(jsonrpc.IntID(7))); err != nil {
			t.Error(err)
		}
	}
}

func TestConnectionRefusedCanBeTriedAgain(t *testing.T) {
	address := nobodyListens(t)
	client := dial(t, "http://"+address)
	err := client.Call(t.Context(), "cat", nil, nil)
	if as[*transport.Error](t, err).Op != "connect" || jsonrpc.MaybeSent(err) {
		t.Error(err)
	}
	if want := "jsonrpc: cat at http://" + address + ": connect: dial tcp " + address + ": connect: connection refused"; err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestHostThatDoesNotExist(t *testing.T) {
	client := dial(t, "http://pets.invalid")
	err := client.Call(t.Context(), "cat", nil, nil)
	if as[*transport.Error](t, err).Op != "connect" || jsonrpc.MaybeSent(err) {
		t.Error(err)
	}
}

func TestServerThatIsNoHTTPServer(t *testing.T) {
	for _, greeting := range []string{"SSH-2.0-OpenSSH_9.6\r\n", "", "\x00\x01\x02\x03", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"} {
		url := serveRaw(t, func(w io.Writer, _ *http.Request) { _, _ = io.WriteString(w, greeting) })
		err := dial(t, url).Call(t.Context(), "cat", nil, nil)
		as[*transport.Error](t, err)
		if !jsonrpc.MaybeSent(err) || strings.ContainsAny(err.Error(), "\x00\x01\r\n") {
			t.Errorf("%q", err)
		}
	}
}

// bare is an http.RoundTripper made by hand, which leaves out what it can.
type bare struct{ body io.ReadCloser }

func (b bare) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: b.body}, nil
}

func TestBareResponsesAreRead(t *testing.T) {
	broken := errors.New("broken")
	for body, want := range map[io.ReadCloser]error{nil: jsonrpc.ErrNoResponse, io.NopCloser(failing{broken}): broken} {
		err := dial(t, "http://pets.example", jsonrpc.WithHTTPTransport(bare{body})).Call(t.Context(), "cat", nil, nil)
		if !errors.Is(err, want) {
			t.Error(err)
		}
	}
}
