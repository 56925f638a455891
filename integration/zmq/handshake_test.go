package zmq

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"

	"example.com/jsonrpc/transport"
)

// greeting is that of a server (RFC 23/ZMTP, "The Greeting").
func greeting(major byte, mechanism string) string {
	return "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f" + string([]byte{major, 0}) +
		mechanism + strings.Repeat("\x00", 20-len(mechanism)) + strings.Repeat("\x00", 32)
}

// ready is the command that ends a server's side of the NULL handshake.
func ready(socket string) string {
	return frame(4, "\x05READY\x0bSocket-Type\x00\x00\x00"+string([]byte{byte(len(socket))})+socket)
}

// serve accepts connections until the test ends and gives each to f.
func serve(t *testing.T, f func(net.Conn)) (endpoint string) {
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
				f(conn)
			}()
		}
	}()
	return "tcp://" + l.Addr().String()
}

// say has a server send a text to whoever connects, and read on.
func say(t *testing.T, text string) (endpoint string) {
	t.Helper()
	return serve(t, func(conn net.Conn) {
		if _, err := io.WriteString(conn, text); err == nil {
			_, _ = io.Copy(io.Discard, conn)
		}
	})
}

// within is a context for what should take no time.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// TestHandshakeErrors dials servers that are none, or that mean no good.
func TestHandshakeErrors(t *testing.T) {
	tests := map[string]struct {
		endpoint string
		opts     *Options
		want     string
	}{
		"another protocol":   {say(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), nil, "the server does not speak ZMTP 3: it is no ZeroMQ socket, or a very old one"},
		"an old ZeroMQ":      {say(t, greeting(1, "")[:12]), nil, "the server does not speak ZMTP 3: it needs libzmq 4 or newer"},
		"it hangs up":        {serve(t, func(net.Conn) {}), nil, "the server closed the connection during the handshake: only one of the two uses a user name and a password (PLAIN), or it is no ZeroMQ socket"},
		"it hangs up later":  {serve(t, func(c net.Conn) { hangUp(c, greeting(3, "NULL")) }), nil, "the server closed the connection during the handshake"},
		"it wants a name":    {say(t, greeting(3, "PLAIN")), nil, "the server wants a user name and a password (PLAIN)"},
		"it wants no name":   {say(t, greeting(3, "NULL")), &Options{Username: "alice"}, "the server takes no user name and password (PLAIN)"},
		"it wants CURVE":     {say(t, greeting(3, "CURVE")), nil, `the server's security mechanism is "CURVE": only NULL and PLAIN are supported`},
		"it publishes":       {say(t, greeting(3, "NULL")+ready("PUB")), nil, `"PUB"`},
		"an unknown socket":  {say(t, greeting(3, "NULL")+ready("PIGEON")), nil, "malformed handshake: the properties of the server's socket"},
		"a huge command":     {say(t, greeting(3, "NULL")+"\x06\x7f\xff\xff\xff\xff\xff\xff\xff"), nil, "malformed handshake: a command of 9223372036854775807 bytes"},
		"a message":          {say(t, greeting(3, "NULL")+frame(0, "{}")), nil, "malformed handshake: a frame begins with 0x00"},
		"a property cut":     {say(t, greeting(3, "NULL")+frame(4, "\x05READY\x03ab")), nil, "malformed handshake: the properties of the server's socket"},
		"no command's name":  {say(t, greeting(3, "NULL")+frame(4, "")), nil, "zmq4: "},
		"another command":    {say(t, greeting(3, "NULL")+frame(4, "\x04PING\x00\x00")), nil, "zmq4: "},
		"an error":           {say(t, greeting(3, "NULL")+frame(4, "\x05ERROR\x06\x1b[2Jno")), nil, `the server refused the handshake: "\x1b[2Jno"`},
		"an error, nothing":  {say(t, greeting(3, "NULL")+frame(4, "\x05ERROR")), nil, "the server refused the handshake"},
		"an error, password": {say(t, greeting(3, "PLAIN")+frame(4, "\x05ERROR\x0cno swordfish")), &Options{Password: "swordfish"}, `the server refused the handshake: "no ***"`},
		"a long password":    {"tcp://127.0.0.1:1", &Options{Password: strings.Repeat("x", 256)}, "a user name or a password of more than 255 bytes"},
		"options of REQ":     {"tcp://127.0.0.1:1", &Options{Connections: 1}, "the options Connections and AnswerWait are for DialREQ"},
		"another network":    {"udp://127.0.0.1:1", nil, `the endpoint "udp://127.0.0.1:1": write tcp://HOST:PORT or ipc:///PATH`},
		"no port":            {"tcp://127.0.0.1", nil, `the endpoint "tcp://127.0.0.1": write tcp://HOST:PORT or ipc:///PATH`},
		"nothing":            {"", nil, `the endpoint "": write tcp://HOST:PORT or ipc:///PATH`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stream, err := Dial(within(t), test.endpoint, test.opts)
			if err == nil {
				_ = stream.Close()
				t.Fatal("there is no error")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if e, ok := errors.AsType[*transport.Error](err); !ok || e.Op != "connect" || e.Sent {
				t.Errorf("got %#v, want a *transport.Error that says connect", err)
			}
			if want := strings.Contains(test.want, "refused"); errors.Is(err, ErrRefused) != want {
				t.Errorf("errors.Is(err, ErrRefused) is %t", !want)
			}
		})
	}
}

// hangUp says a text and reads what has come, so that the text is not lost.
func hangUp(conn net.Conn, text string) {
	_, _ = io.WriteString(conn, text)
	_, _ = io.CopyN(io.Discard, conn, 64)
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, conn)
}

// TestHandshakeEnds has the context end while the server says nothing, as one
// does that waits for a request of another protocol.
func TestHandshakeEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endpoint := serve(t, func(conn net.Conn) {
		_, _ = io.CopyN(io.Discard, conn, 64)
		cancel()
		_, _ = io.Copy(io.Discard, conn)
	})
	if _, err := Dial(ctx, endpoint, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// TestHandshakeReadsNoFurther: a server may send its first message together with
// the end of its handshake.
func TestHandshakeReadsNoFurther(t *testing.T) {
	s, err := Dial(within(t), say(t, greeting(3, "NULL")+ready("ROUTER")+delimiter+frame(0, "[1]")+delimiter+frame(0, "[2]")), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, want := range []string{"[1]", "[2]"} {
		if msg, err := s.Read(within(t), nil); err != nil || string(msg) != want {
			t.Errorf("got %q, %v; want %s", msg, err, want)
		}
	}
}

// script is a connection on which all that the server will say has come.
type script struct {
	net.Conn
	*bytes.Reader
}

func (s script) Read(p []byte) (int, error)  { return s.Reader.Read(p) }
func (s script) Write(p []byte) (int, error) { return len(p), nil }

// FuzzHandshake wants no panic whatever the server says, and what comes after
// the handshake untouched.
func FuzzHandshake(f *testing.F) {
	f.Add([]byte(greeting(3, "NULL") + ready("REP") + frame(0, "{}")))
	f.Add([]byte(greeting(3, "NULL") + frame(4, "\x05ERROR\x03400")))
	f.Add([]byte(greeting(4, "NULL") + frame(6, "\x05READY\x08Identity\x00\x00\x00\x00")))
	f.Fuzz(func(t *testing.T, data []byte) {
		conn := script{Reader: bytes.NewReader(data)}
		g := &gate{Conn: conn, mechanism: "NULL"}
		if err := open(g, null.Security(), zmq4.Dealer); err != nil {
			return
		}
		size := 64 + 2
		if data[64]&2 != 0 {
			size = 64 + 9
		}
		_, length, _, err := frameHead(data[64:])
		if err != nil || conn.Len() != len(data)-size-int(length) {
			t.Errorf("%d bytes are left of %d after a handshake of %d, %v", conn.Len(), len(data), size+int(length), err)
		}
	})
}
