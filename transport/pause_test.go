package transport_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc/transport"
)

// A peer that stops in the middle of a message ends the connection; one that is slow,
// or has nothing to say, does not.
func TestPauseInAMessage(t *testing.T) {
	const message, stopped = `{"a":1}`, "the peer stopped in the middle of a message: nothing came for 10s"
	for name, test := range map[string]struct {
		framing *transport.Framing
		sent    []string // with nine seconds after each
		err     string   // of Read after the message; empty if it goes on waiting
	}{
		"in a line":            {framing: transport.Newline, sent: []string{message + "\n", message[:3]}, err: stopped},
		"in a header":          {framing: transport.Header, sent: []string{"Content-Length: 7\r\n\r\n" + message, "Content-"}, err: stopped},
		"in a body":            {framing: transport.Header, sent: []string{"Content-Length: 7\r\n\r\n" + message + "Content-Length: 7\r\n\r\n", message[:6]}, err: stopped},
		"between messages":     {framing: transport.Newline, sent: []string{message + "\n"}},
		"after white space":    {framing: transport.Newline, sent: []string{message + "\n\r\n  "}},
		"a byte at a time":     {framing: transport.Newline, sent: strings.SplitAfter(message+"\n", "")},
		"nothing at all comes": {framing: transport.Newline},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				stream := transport.NewStream(ours, &transport.StreamOptions{Framing: test.framing, MaxPause: 10 * time.Second})
				defer func() { _ = stream.Close() }()
				go func() {
					for _, text := range test.sent {
						_, _ = theirs.Write([]byte(text))
						time.Sleep(9 * time.Second)
					}
				}()
				if strings.Contains(strings.Join(test.sent, ""), message) {
					if got, err := stream.Read(t.Context(), nil); string(got) != message || err != nil {
						t.Fatalf("got %q, %v", got, err)
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				_, err := stream.Read(ctx, nil)
				switch want := test.err; {
				case want == "" && err != context.DeadlineExceeded:
					t.Errorf("got %v, want the context's end", err)
				case want != "" && (err == nil || err.Error() != want):
					t.Errorf("got %v, want %s", err, want)
				}
			})
		})
	}
}

// The end of a context in such a pause is the context's, and loses nothing.
func TestContextEndsInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		stream := transport.NewStream(ours, &transport.StreamOptions{MaxPause: 10 * time.Second})
		defer func() { _ = stream.Close() }()
		go func() { _, _ = theirs.Write([]byte(`{"a"`)) }()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := stream.Read(ctx, nil); err != context.DeadlineExceeded {
			t.Errorf("got %v, want the context's end", err)
		}
		go func() { _, _ = theirs.Write([]byte(":1}\n")) }()
		if got, err := stream.Read(t.Context(), nil); string(got) != `{"a":1}` || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// Over a real socket: DialNet gives a peer as long as the system does.
func TestPauseOfASocket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_, _ = conn.Write([]byte("{\"a\":1}\n{"))
		}
	}()
	stream, err := transport.DialNet(t.Context(), "tcp", l.Addr().String(), &transport.NetOptions{
		StreamOptions: transport.StreamOptions{MaxPause: time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	if got, err := stream.Read(t.Context(), nil); string(got) != `{"a":1}` || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := stream.Read(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "in the middle of a message") {
		t.Errorf("got %v, want that the peer stopped", err)
	}
}
