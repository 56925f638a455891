package zmq_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/zmq"
)

// TestRestart kills a server under a call and starts another one in its place.
func TestRestart(t *testing.T) {
	for _, scheme := range []string{"zmq", "zmq-req"} {
		t.Run(scheme, func(t *testing.T) {
			server := startLibzmq(t, "ROUTER", anyPort)
			sent := make(chan struct{}, 1)
			client := dialURL(t, scheme, proxy(t, server.endpoint, "hold", sent))
			failed := hold(within(t), client)
			<-sent
			server.kill()
			if err := <-failed; !jsonrpc.MaybeSent(err) || !strings.Contains(err.Error(), "the server closed the connection") {
				t.Errorf("a call on a connection that broke: %v", err)
			}
			startLibzmq(t, "ROUTER", server.endpoint)
			if sum, err := jsonrpc.Call[int](within(t), client, "add", jsonrpc.Args{1, 2}); err != nil || sum != 3 {
				t.Errorf("after a restart: %d, %v", sum, err)
			}
		})
	}
}

// hold makes a call that is not answered.
func hold(ctx context.Context, client *jsonrpc.Client) <-chan error {
	failed := make(chan error, 1)
	go func() {
		_, err := client.Request(ctx, "hold", jsonrpc.Args{"late"})
		failed <- err
	}()
	return failed
}

// TestCancel cancels a call whose answer comes later all the same.
func TestCancel(t *testing.T) {
	t.Run("DEALER", func(t *testing.T) {
		server := startLibzmq(t, "ROUTER", anyPort)
		sent := make(chan struct{}, 1)
		client := dialURL(t, "zmq", proxy(t, server.endpoint, "hold", sent))
		cancelHold(t, client, sent)
		if _, err := client.Request(within(t), "release", nil); err != nil {
			t.Fatal(err)
		}
		// The late answer comes before the answer to this.
		if echo, err := jsonrpc.Call[[]int](within(t), client, "echo", jsonrpc.Args{1}); err != nil || len(echo) != 1 {
			t.Errorf("after a cancelled call: %v, %v", echo, err)
		}
		if stats := client.StreamStats(); stats.Strays != 1 || stats.Connects != 1 {
			t.Errorf("got %+v, want one stray on one connection", stats)
		}
	})
	t.Run("REQ", func(t *testing.T) {
		server := startLibzmq(t, "REP", anyPort)
		sent := make(chan struct{}, 1)
		client := reqClient(t, proxy(t, server.endpoint, "hold", sent), &zmq.Options{Connections: 1})
		cancelHold(t, client, sent)
		// The server is still at the first call: the next one waits for its turn.
		if _, err := io.WriteString(server.stdin, "go on\n"); err != nil {
			t.Fatal(err)
		}
		if echo, err := jsonrpc.Call[[]int](within(t), client, "echo", jsonrpc.Args{1}); err != nil || len(echo) != 1 {
			t.Errorf("after a cancelled call: %v, %v", echo, err)
		}
	})
}

// cancelHold makes a call that is not answered, and cancels it.
func cancelHold(t *testing.T, client *jsonrpc.Client, sent <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(within(t))
	failed := hold(ctx, client)
	<-sent
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) || !jsonrpc.MaybeSent(err) {
		t.Fatalf("a cancelled call: %v", err)
	}
}

// reqClient returns a client of DialREQ.
func reqClient(t *testing.T, endpoint string, opts *zmq.Options) *jsonrpc.Client {
	t.Helper()
	rt, err := zmq.DialREQ(within(t), endpoint, opts)
	if err != nil {
		t.Fatal(err)
	}
	client, err := jsonrpc.NewClient(rt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// TestPlain logs in with a user name and a password, and fails to.
func TestPlain(t *testing.T) {
	const password = "open sesame"
	guarded := startLibzmq(t, "REP", anyPort, "--plain", "Aladdin:"+password).endpoint
	open := startLibzmq(t, "REP", anyPort).endpoint
	address := strings.TrimPrefix(guarded, "tcp://")
	for _, scheme := range []string{"zmq", "zmq-req"} {
		t.Run(scheme, func(t *testing.T) {
			client := dialURL(t, scheme, "tcp://Aladdin:open%20sesame@"+address)
			testCalls(t, client)
			if strings.Contains(client.String(), "sesame") {
				t.Errorf("the password is in the client's name: %s", client)
			}
			client = dialURL(t, scheme, guarded, jsonrpc.WithBasicAuth("Aladdin", password))
			testCalls(t, client)
			if sum, err := jsonrpc.Call[int](within(t), client, "add", jsonrpc.Args{1, 2}, jsonrpc.WithMaxReply(1<<20)); err != nil || sum != 3 {
				t.Errorf("with an option of one call: %d, %v", sum, err)
			}
			for _, bad := range []struct {
				endpoint, want string
				refused        bool
			}{
				{"tcp://Aladdin:swordfish@" + address, `the server refused the handshake: "400"`, true},
				{guarded, "only one of the two uses a user name and a password (PLAIN)", false},
				{"tcp://Aladdin:swordfish@" + strings.TrimPrefix(open, "tcp://"), "only one of the two uses a user name and a password (PLAIN)", false},
			} {
				_, err := jsonrpc.Dial(within(t), scheme+"+"+bad.endpoint)
				if err == nil || !strings.Contains(err.Error(), bad.want) || strings.Contains(err.Error(), "swordfish") {
					t.Errorf("%s: got %v, want %q", bad.endpoint, err, bad.want)
				}
				if errors.Is(err, zmq.ErrRefused) != bad.refused {
					t.Errorf("%s: errors.Is(err, ErrRefused) is %t", bad.endpoint, !bad.refused)
				}
			}
		})
	}
}

// TestHeartbeat has a server send PINGs, which closes connections that do not
// answer them, and wants to see three answers on their way.
func TestHeartbeat(t *testing.T) {
	server := startLibzmq(t, "ROUTER", anyPort, "--heartbeat", "20")
	pongs := make(chan struct{}, 100)
	client := dialURL(t, "zmq", proxy(t, server.endpoint, "\x04PONG", pongs))
	for range 3 {
		select {
		case <-pongs:
		case <-within(t).Done():
			t.Fatal("the server's PINGs are not answered")
		}
	}
	testCalls(t, client)
	if stats := client.StreamStats(); stats.Connects != 1 || stats.Malformed != 0 {
		t.Errorf("got %+v, want one connection", stats)
	}
}

// proxy stands before a server and counts what clients send.
func proxy(t *testing.T, endpoint, count string, seen chan<- struct{}) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
			if err != nil {
				_ = client.Close()
				continue
			}
			var both sync.WaitGroup
			both.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
			both.Go(func() {
				_, _ = io.Copy(server, io.TeeReader(client, counter{count, seen}))
				_ = server.Close()
			})
		}
	}()
	return "tcp://" + l.Addr().String()
}

// A counter tells of each time that a text is written to it. One that is cut in
// two is missed.
type counter struct {
	text string
	seen chan<- struct{}
}

func (c counter) Write(p []byte) (int, error) {
	for range strings.Count(string(p), c.text) {
		select {
		case c.seen <- struct{}{}:
		default:
		}
	}
	return len(p), nil
}
