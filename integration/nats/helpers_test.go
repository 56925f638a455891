package nats_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/nats"
)

// broker is a NATS server for all tests that want nothing special of it.
var broker *server.Server

func TestMain(m *testing.M) {
	var err error
	if broker, err = startBroker(&server.Options{MaxPayload: 8 << 20}); err != nil { // the rules for transports have long messages
		panic(err)
	}
	status := m.Run()
	broker.Shutdown()
	os.Exit(status)
}

// startBroker starts a NATS server on a port that the system chooses.
func startBroker(o *server.Options) (*server.Server, error) {
	o.Host, o.NoLog, o.NoSigs = "127.0.0.1", true, true
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	s, err := server.NewServer(o)
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		return nil, errors.New("the NATS server is not ready")
	}
	return s, nil
}

// runBroker starts one until the test ends.
func runBroker(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	s, err := startBroker(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}

// hostOf is HOST:PORT of a NATS server.
func hostOf(t *testing.T, s *server.Server) string {
	t.Helper()
	u, err := url.Parse(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func portOf(t *testing.T, s *server.Server) int {
	t.Helper()
	_, port, err := net.SplitHostPort(hostOf(t, s))
	n, convErr := strconv.Atoi(port)
	if err = errors.Join(err, convErr); err != nil {
		t.Fatal(err)
	}
	return n
}

// within is a context for what should take no time.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func dial(t *testing.T, url string, opts ...jsonrpc.DialOption) *jsonrpc.Client {
	t.Helper()
	client, err := jsonrpc.Dial(within(t), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// connection is one of nats.go, for servers and publishers.
func connection(t *testing.T, s *server.Server, opts ...natsgo.Option) *natsgo.Conn {
	t.Helper()
	nc, err := natsgo.Connect(s.ClientURL(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// serve runs Serve until the test ends, or until stop, which returns its error.
func serve(t *testing.T, nc *natsgo.Conn, subject, queue string, h jsonrpc.Handler, opts *nats.ServeOptions) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- nats.Serve(ctx, nc, subject, queue, h, opts) }()
	for nc.NumSubscriptions() == 0 {
		select {
		case err := <-ended:
			cancel()
			t.Fatal(err)
		default:
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	var once bool
	stop = func() error {
		if once {
			return nil
		}
		once = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

// methods are those of a server in these tests.
func methods() *jsonrpc.Mux {
	mux := new(jsonrpc.Mux)
	jsonrpc.Handle(mux, "add", func(_ context.Context, p []int) (int, error) { return p[0] + p[1], nil })
	jsonrpc.Handle(mux, "echo", func(_ context.Context, p []any) ([]any, error) { return p, nil })
	jsonrpc.Handle(mux, "header", func(ctx context.Context, _ any) (map[string][]string, error) { return nats.Header(ctx), nil })
	jsonrpc.Handle(mux, "repeat", func(_ context.Context, n []int) (string, error) { return strings.Repeat("x", n[0]), nil })
	jsonrpc.Handle(mux, "panic", func(context.Context, any) (any, error) { panic("oh") })
	return mux
}

// closedPort is an address at which nobody listens: tcpmux is long out of use.
const closedPort = "127.0.0.1:1"
