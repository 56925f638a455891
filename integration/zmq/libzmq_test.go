package zmq_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// python is Debian's, whose package python3-zmq is built on libzmq. Another
// Python in the PATH would not have it.
const python = "/usr/bin/python3"

// A libzmq is testdata/server.py, a server on the original implementation.
type libzmq struct {
	endpoint string // tcp://127.0.0.1:PORT
	stdin    io.Writer
	kill     func()
}

// startLibzmq starts a server until the test ends: socket is REP, ROUTER or
// BARE.
func startLibzmq(t *testing.T, socket, endpoint string, flags ...string) *libzmq {
	t.Helper()
	if err := exec.CommandContext(t.Context(), python, "-c", "import zmq").Run(); err != nil {
		const sentence = "pyzmq is not installed: run .ci/install, then this test again."
		if os.Getenv("CI") == "true" {
			t.Fatal(sentence)
		}
		t.Skip(sentence)
	}
	cmd := exec.Command(python, append(append([]string{"testdata/server.py"}, flags...), socket, endpoint)...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &libzmq{stdin: stdin, kill: func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}}
	t.Cleanup(s.kill)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the server ended before it was ready: %v", err)
	}
	s.endpoint = strings.TrimSpace(line)
	return s
}

// anyPort has the system choose a port.
const anyPort = "tcp://127.0.0.1:*"

// within is a context for what should take no time.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// dialURL dials a URL made of a scheme's first word and an endpoint:
// zmq and tcp://… give zmq+tcp://….
func dialURL(t *testing.T, socket, endpoint string, opts ...jsonrpc.DialOption) *jsonrpc.Client {
	t.Helper()
	client, err := jsonrpc.Dial(within(t), socket+"+"+endpoint, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// TestLibzmq calls each kind of server with each kind of socket.
func TestLibzmq(t *testing.T) {
	for _, socket := range []string{"REP", "ROUTER", "BARE"} {
		server := startLibzmq(t, socket, anyPort)
		ipc := startLibzmq(t, socket, "ipc://"+t.TempDir()+"/s")
		for _, scheme := range []string{"zmq", "zmq-req"} {
			for _, s := range []*libzmq{server, ipc} {
				endpoint := s.endpoint
				network, _, _ := strings.Cut(endpoint, ":")
				if socket == "BARE" {
					if scheme == "zmq-req" {
						continue
					}
					endpoint += "?delimiter=no"
				}
				t.Run(scheme+" to "+socket+" on "+network, func(t *testing.T) {
					testCalls(t, dialURL(t, scheme, endpoint))
				})
			}
		}
	}
}

func testCalls(t *testing.T, client *jsonrpc.Client) {
	t.Helper()
	ctx := within(t)
	if sum, err := jsonrpc.Call[int](ctx, client, "add", jsonrpc.Args{1, 2}); err != nil || sum != 3 {
		t.Errorf("add: %d, %v", sum, err)
	}
	if _, err := client.Request(ctx, "nope", nil); jsonrpc.CodeOf(err) != -32601 {
		t.Errorf("an unknown method: %v", err)
	}
	if err := client.Notify(ctx, "noted", nil); err != nil {
		t.Errorf("a notification: %v", err)
	}
	for seen := []string(nil); len(seen) == 0; { // with REQ, the call may overtake the notification
		if err := client.Call(ctx, "seen", nil, &seen); err != nil {
			t.Fatalf("waiting for the notification to arrive: %v", err)
		}
	}

	var b jsonrpc.Batch
	sum := jsonrpc.Queue[int](&b, "add", jsonrpc.Args{3, 4})
	nope := jsonrpc.Queue[int](&b, "nope", nil)
	if _, err := client.Send(ctx, &b); err != nil {
		t.Errorf("a batch: %v", err)
	}
	if n, err := sum.Get(); err != nil || n != 7 {
		t.Errorf("add in a batch: %d, %v", n, err)
	}
	if _, err := nope.Get(); jsonrpc.CodeOf(err) != -32601 {
		t.Errorf("an unknown method in a batch: %v", err)
	}

	long := strings.Repeat("ä", 1<<19) // 1 MiB
	if echo, err := jsonrpc.Call[[]string](ctx, client, "echo", jsonrpc.Args{long}); err != nil || len(echo) != 1 || echo[0] != long {
		t.Errorf("a long echo: %v", err)
	}
}
