package zmq

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// serveREP has a server do the handshake and then give each connection to f.
func serveREP(t *testing.T, f func(conn net.Conn)) (endpoint string) {
	t.Helper()
	return serve(t, func(conn net.Conn) {
		if _, err := io.WriteString(conn, greeting(3, "NULL")+ready("REP")); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, conn, 64); err != nil {
			return
		}
		if flags, _, err := receiveFrame(conn); err != nil || flags&4 == 0 {
			return
		}
		f(conn)
	})
}

// dialREQ dials and closes once the test has ended.
func dialREQ(t *testing.T, endpoint string, opts *Options) *REQ {
	t.Helper()
	r, err := DialREQ(within(t), endpoint, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// ask sends a message and returns the reply to it.
func ask(ctx context.Context, r *REQ, text string) (string, error) {
	reply, err := r.RoundTrip(ctx, &transport.Message{Body: []byte(text), Reply: true})
	if err != nil {
		return "", err
	}
	defer reply.Close()
	if whole, ok := reply.(transport.BytesReply); ok {
		return string(whole.Bytes()), nil
	}
	return "", errors.New("the reply is not in memory")
}

// TestREQAnswers has a server answer each message in the way that it names.
func TestREQAnswers(t *testing.T) {
	connected := make(chan struct{}, 10)
	endpoint := serveREP(t, func(conn net.Conn) {
		connected <- struct{}{}
		answers := map[string]string{
			"plain":   delimiter + frame(0, "[1]"),
			"parts":   delimiter + frame(1, "[1,") + frame(0, "2]"),
			"empty":   delimiter + frame(0, ""),
			"long":    delimiter + frame(0, strings.Repeat("x", 1001)),
			"garbage": frame(0, "no") + delimiter + frame(0, "[2]"),
			"twice":   delimiter + frame(0, "[1]") + delimiter + frame(0, "[2]"),
			"lost":    "{}",
		}
		for {
			msg, err := receive(conn)
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, answers[string(msg)])
		}
	})
	r := dialREQ(t, endpoint, &Options{MaxMessage: 1000})
	for _, test := range []struct{ ask, want, err string }{
		{"plain", "[1]", ""},
		{"parts", "[1,2]", ""},
		{"empty", "", ""},
		{"long", "", "read: malformed frame: the message is over the limit of 1000 bytes"},
		{"garbage", "[2]", ""}, // libzmq's REQ drops the first, too
		{"plain", "[1]", ""},
		{"lost", "", "read: a frame begins with 0x7b: the stream is out of step"},
		{"plain", "[1]", ""},
	} {
		got, err := ask(within(t), r, test.ask)
		if got != test.want || err == nil != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("%s: got %q, %v; want %q, %s", test.ask, got, err, test.want, test.err)
		}
		if err != nil && !errors.As(err, new(*transport.Error)) {
			t.Errorf("%s: %v is no *transport.Error", test.ask, err)
		}
	}
	if n := len(connected); n != 2 {
		t.Errorf("there were %d connections, want one that was lost and another one", n)
	}

	// A second answer ends the connection. The next message may be faster, and
	// get it; the client sees that by its id.
	if got, err := ask(within(t), r, "twice"); err != nil || got != "[1]" {
		t.Errorf("twice: got %q, %v; want [1]", got, err)
	}
	for ctx := within(t); ; {
		if got, err := ask(ctx, r, "parts"); err == nil && got == "[1,2]" {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("the connection is used on after two answers to one message")
		}
	}
	if len(connected) == 2 {
		t.Error("the connection was not given up after two answers to one message")
	}
}

// TestREQNotification has the answer to a notification hold the only connection.
func TestREQNotification(t *testing.T) {
	received, answer := make(chan string), make(chan string)
	endpoint := serveREP(t, func(conn net.Conn) {
		for {
			msg, err := receive(conn)
			if err != nil {
				return
			}
			received <- string(msg)
			_, _ = io.WriteString(conn, <-answer)
		}
	})
	r := dialREQ(t, endpoint, &Options{Connections: 1})
	if reply, err := r.RoundTrip(within(t), &transport.Message{Body: []byte("[1]")}); err != nil || reply != nil {
		t.Fatalf("a notification: %v, %v", reply, err)
	}
	if got := <-received; got != "[1]" {
		t.Errorf("the server received %s, want [1]", got)
	}
	// While that is not answered there is no connection for this.
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := ask(ctx, r, "[2]")
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Sent || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call without a connection: %#v", err)
	}
	answer <- delimiter + frame(0, "")
	go func() {
		<-received
		answer <- delimiter + frame(0, "[4]")
	}()
	if got, err := ask(within(t), r, "[3]"); err != nil || got != "[4]" {
		t.Errorf("got %q, %v; want [4]", got, err)
	}
}

// TestREQAnswerWait: a server that never answers notifications must not hold the
// connections for ever.
func TestREQAnswerWait(t *testing.T) {
	endpoint := serveREP(t, func(conn net.Conn) {
		for {
			msg, err := receive(conn)
			if err != nil {
				return
			}
			if string(msg) == "call" {
				_, _ = io.WriteString(conn, delimiter+frame(0, "[1]"))
			}
		}
	})
	r := dialREQ(t, endpoint, &Options{Connections: 1, AnswerWait: time.Millisecond})
	for range 3 {
		if _, err := r.RoundTrip(within(t), &transport.Message{Body: []byte("notification")}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := ask(within(t), r, "call"); err != nil || got != "[1]" {
		t.Errorf("got %q, %v; want [1]", got, err)
	}
}

// TestREQClose closes while calls are under way and while they wait.
func TestREQClose(t *testing.T) {
	received := make(chan struct{})
	r := dialREQ(t, serveREP(t, func(conn net.Conn) {
		if _, err := receive(conn); err == nil {
			received <- struct{}{}
		}
		_, _ = io.Copy(io.Discard, conn)
	}), &Options{Connections: 2})
	ended := make(chan error)
	for range 5 {
		go func() {
			_, err := ask(t.Context(), r, "[]")
			ended <- err
		}()
	}
	<-received
	<-received
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	sent := 0
	for range 5 {
		err := <-ended
		if !errors.Is(err, jsonrpc.ErrClosed) {
			t.Errorf("got %v, want %v", err, jsonrpc.ErrClosed)
		}
		if e, ok := errors.AsType[*transport.Error](err); ok && e.Sent {
			sent++
		}
	}
	if sent != 2 {
		t.Errorf("%d messages were sent, want 2", sent)
	}
	if _, err := ask(t.Context(), r, "[]"); !errors.Is(err, jsonrpc.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestREQRefuses(t *testing.T) {
	endpoint := serveREP(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	r := dialREQ(t, endpoint, nil)
	m := &transport.Message{Body: []byte("{}"), Header: http.Header{"A": {"b"}}}
	if _, err := r.RoundTrip(t.Context(), m); !errors.Is(err, transport.ErrNoHeaders) {
		t.Errorf("a message with a header: %v", err)
	}
	if _, err := DialREQ(t.Context(), endpoint, &Options{NoDelimiter: true}); err == nil {
		t.Error("NoDelimiter has no effect")
	}
	if _, err := DialREQ(t.Context(), "tcp://"+closedPort, nil); err == nil || !strings.Contains(err.Error(), "connect: ") {
		t.Errorf("a port where nobody listens: %v", err)
	}
}

// closedPort is an address at which nobody listens: tcpmux is long out of use.
const closedPort = "127.0.0.1:1"

// TestScheme gives URLs and options to Dial that do not fit.
func TestScheme(t *testing.T) {
	for _, test := range []struct {
		url  string
		opt  jsonrpc.DialOption
		want string
	}{
		{"zmq+tcp://host", nil, "the URL must have the form zmq+tcp://HOST:PORT"},
		{"zmq+tcp://host:1/path", nil, "the URL must have the form zmq+tcp://HOST:PORT"},
		{"zmq+ipc://", nil, "the URL must have the form zmq+ipc:///PATH"},
		{"zmq+tcp://host:1?socket=req", nil, "the URL's query can only be delimiter=no"},
		{"zmq+tcp://host:1?delimiter=maybe", nil, "the URL's query can only be delimiter=no"},
		{"zmq-req+tcp://host:1?delimiter=no", nil, "the option NoDelimiter is for Dial"},
		{"zmq+tcp://host:1", jsonrpc.WithHeader("X-Api", "1"), "ZeroMQ has no place for headers"},
		{"zmq-req+tcp://host:1", jsonrpc.WithHeader("Authorization", "Digest x"), "ZeroMQ has no authorization but a user name and a password"},
		{"zmq+tcp://host:1", jsonrpc.WithInsecureSkipVerify(), "options for TLS have no effect on ZeroMQ"},
		{"zmq+tcp://" + closedPort, nil, "connect: "},
	} {
		_, err := jsonrpc.Dial(within(t), test.url, test.opt)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.url, err, test.want)
		}
	}
}
