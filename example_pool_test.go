package jsonrpc_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// namedServer answers the method name with its own.
func namedServer(name string) *httptest.Server {
	return httptest.NewServer(jsonrpctest.NewServer(jsonrpctest.Handlers{
		"name": jsonrpctest.Func(func() string { return name }),
	}))
}

func ExampleNewPool() {
	first, second := namedServer("first"), namedServer("second")
	defer first.Close()
	defer second.Close()

	ctx := context.Background()
	pool, err := jsonrpc.NewPool(ctx, jsonrpc.URLs(first.URL, second.URL), jsonrpc.WithIdempotent("name"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	for i := range 4 {
		if i == 2 {
			first.Close() // its calls go to the other
		}
		name, err := jsonrpc.Call[string](ctx, pool, "name", nil)
		fmt.Println(name, err)
	}
	// Output:
	// first <nil>
	// second <nil>
	// second <nil>
	// second <nil>
}

// A primary and a backup, with what operators want to know of them.
func ExamplePool_Stats() {
	primary, backup := namedServer("primary"), namedServer("backup")
	defer backup.Close()
	primary.Close() // it is down

	ctx := context.Background()
	pool, err := jsonrpc.NewPool(ctx, jsonrpc.Endpoints(
		jsonrpc.Endpoint{Name: "primary", URL: primary.URL},
		jsonrpc.Endpoint{Name: "backup", URL: backup.URL, Priority: 1},
	))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	if err := pool.Call(ctx, "name", nil, nil); err != nil {
		log.Fatal(err)
	}
	for _, s := range pool.Stats() {
		fmt.Println(s.Name, s.State, s.Calls, s.Failures)
	}
	// Output:
	// primary resting 1 1
	// backup up 1 0
}

// All calls of a session go to one server.
func ExampleSticky() {
	first, second := namedServer("first"), namedServer("second")
	defer first.Close()
	defer second.Close()

	type user struct{}
	ctx := context.WithValue(context.Background(), user{}, "alice")
	pool, err := jsonrpc.NewPool(ctx, jsonrpc.URLs(first.URL, second.URL),
		jsonrpc.WithStrategy(jsonrpc.Sticky(func(ctx context.Context) string {
			name, _ := ctx.Value(user{}).(string)
			return name
		})))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	names := map[string]bool{}
	for range 10 {
		name, err := jsonrpc.Call[string](ctx, pool, "name", nil)
		if err != nil {
			log.Fatal(err)
		}
		names[name] = true
	}
	fmt.Println("servers of the session:", len(names))
	// Output: servers of the session: 1
}

// The servers behind a name, found again every ten seconds, with a probe.
func ExampleDNS() {
	pool, err := jsonrpc.NewPool(context.Background(),
		jsonrpc.DNS("https://localhost:8443/rpc", &jsonrpc.DNSOptions{Interval: 10 * time.Second, Network: "ip4"}),
		jsonrpc.WithStrategy(jsonrpc.LeastLoaded()),
		jsonrpc.WithProbe(jsonrpc.Probe{Method: "health", Interval: time.Minute}))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	for _, s := range pool.Stats() {
		fmt.Println(s.Name)
	}
	// Output: https://localhost:8443/rpc (127.0.0.1:8443)
}

// The connection of a client of a stream, told of for a log.
func ExampleWithConnectionHook() {
	server := httptest.NewServer(jsonrpctest.NewServer(nil))
	defer server.Close()
	told := make(chan jsonrpc.ConnectionEvent, 2)
	client, err := jsonrpc.Dial(context.Background(), "ws://"+server.Listener.Addr().String(),
		jsonrpc.WithConnectionHook(func(e jsonrpc.ConnectionEvent) { told <- e }))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println((<-told).State)
	_ = client.Close()
	e := <-told
	fmt.Println(e.State, "because", e.Err)
	// Output:
	// connected
	// connection lost because the client is closed
}

// One of the servers behind a name, whose certificate is for the name.
func ExampleWithAddress() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"jsonrpc":"2.0","result":%q,"id":1}`, r.Host)
	}))
	defer server.Close()
	client, err := jsonrpc.Dial(context.Background(), "http://pets.example/rpc", jsonrpc.WithAddress(server.Listener.Addr().String()))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	host, err := jsonrpc.Call[string](context.Background(), client, "host", nil)
	fmt.Println(host, err)
	// Output: pets.example <nil>
}
