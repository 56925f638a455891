package nats_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/nats"
	"example.com/jsonrpc/transport"
)

// TestReconnect restarts the NATS server under calls.
func TestReconnect(t *testing.T) {
	b := runBroker(t, &server.Options{})
	port := portOf(t, b)
	g := newGate()
	serve(t, connection(t, b), "a", "q", g, nil)
	client := dial(t, "nats://"+hostOf(t, b)+"/a")
	failed := make(chan error)
	go func() {
		_, err := client.Request(within(t), "a", nil)
		failed <- err
	}()
	<-g.entered
	b.Shutdown()
	b.WaitForShutdown()
	if err := <-failed; !jsonrpc.MaybeSent(err) || !strings.Contains(err.Error(), "the connection to NATS broke") {
		t.Errorf("a call under way: %v", err)
	}
	// While there is no connection, a context counts.
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := client.Request(ctx, "a", nil); !errors.Is(err, context.DeadlineExceeded) || jsonrpc.MaybeSent(err) {
		t.Errorf("a call without a connection: %v", err)
	}
	// A call that waits goes on with the next connection.
	go func() {
		for {
			_, err := client.Request(within(t), "a", nil)
			if errors.Is(err, nats.ErrNoResponders) {
				continue // the server below is not there yet
			}
			failed <- err
			return
		}
	}()
	close(g.open)
	serve(t, connection(t, runBroker(t, &server.Options{Port: port})), "a", "q", g, nil)
	if err := <-failed; err != nil {
		t.Errorf("a call that waited for the connection: %v", err)
	}
}

// TestReconnectWait has no NATS server come back.
func TestReconnectWait(t *testing.T) {
	b := runBroker(t, &server.Options{})
	r, err := nats.Dial(within(t), b.ClientURL(), "a", &nats.Options{ReconnectWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	g := newGate()
	serve(t, connection(t, b), "a", "q", g, &nats.ServeOptions{DrainWait: 1})
	lost := make(chan error)
	m := func() *transport.Message {
		return &transport.Message{Body: []byte(`{"jsonrpc":"2.0","method":"a","id":1}`), Reply: true}
	}
	go func() {
		_, err := r.RoundTrip(within(t), m())
		lost <- err
	}()
	<-g.entered
	b.Shutdown()
	<-lost
	_, err = r.RoundTrip(within(t), m())
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Sent || !strings.Contains(err.Error(), "no connection to NATS for 1ms") {
		t.Errorf("got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// deafBroker is a NATS server that stops reading once something is published.
func deafBroker(t *testing.T) (host string) {
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
			t.Cleanup(func() { _ = conn.Close() })
			_, _ = fmt.Fprintf(conn, "INFO {\"server_id\":\"X\",\"version\":\"2.15.0\",\"proto\":1,\"headers\":true,\"max_payload\":1048576}\r\n")
			for lines := bufio.NewScanner(conn); lines.Scan() && !strings.HasPrefix(lines.Text(), "PUB"); {
				if lines.Text() == "PING" {
					_, _ = fmt.Fprint(conn, "PONG\r\n")
				}
			}
		}
	}()
	return l.Addr().String()
}

// TestStall has contexts end while the NATS server does not read.
func TestStall(t *testing.T) {
	client := dial(t, "nats://"+deafBroker(t)+"/a")
	long := strings.Repeat("x", 1_000_000)
	for i := 0; ; i++ {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := client.Notify(ctx, "a", jsonrpc.Args{long})
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		if err != nil || i == 100 {
			t.Fatalf("message %d: %v, want the buffers to be full", i, err)
		}
	}
	ended := make(chan error, 2)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := client.Request(ctx, "a", nil)
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || jsonrpc.MaybeSent(err) {
		t.Errorf("a call behind a message that is stuck: %v", err)
	}
	go func() {
		_, err := client.Request(t.Context(), "a", nil)
		ended <- err
	}()
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, jsonrpc.ErrClosed) {
		t.Errorf("a call at Close: %v", err)
	}
}
