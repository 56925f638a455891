package migrate

import (
	"context"
	"net"
	"testing"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
	"github.com/creachadair/jrpc2/handler"

	"example.com/jsonrpc"
	"example.com/jsonrpc/compat/jrpc2channel"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// A channel of jrpc2 is one of ours, and ours is one of jrpc2's.
var (
	_ jrpc2channel.Channel = channel.Channel(nil)
	_ channel.Channel      = jrpc2channel.Channel(nil)
)

// TestJrpc2Server has our client talk to jrpc2's server, over each of its channels.
func TestJrpc2Server(t *testing.T) {
	for name, framing := range map[string]channel.Framing{
		"line": channel.Line, "LSP": channel.LSP, "raw JSON": channel.RawJSON, "header": channel.Header("application/json"),
	} {
		t.Run(name, func(t *testing.T) {
			jsonrpctest.NoLeaks(t)
			server := jrpc2.NewServer(handler.Map{
				"add": handler.New(func(_ context.Context, ns []int) int { return ns[0] + ns[1] }),
			}, &jrpc2.ServerOptions{AllowPush: true})
			client, err := jsonrpc.NewStreamClient(t.Context(), "jrpc2", func(context.Context) (transport.Stream, error) {
				ours, theirs := net.Pipe()
				server.Start(framing(theirs, theirs))
				return jrpc2channel.Stream(framing(ours, ours)), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Wait() }) // it ends with the connection
			t.Cleanup(func() { _ = client.Close() })
			if sum, err := jsonrpc.Call[int](t.Context(), client, "add", jsonrpc.Args{1, 2}); sum != 3 || err != nil {
				t.Errorf("%d, %v", sum, err)
			}
			if err := client.Call(t.Context(), "nosuch", nil, nil); jsonrpc.CodeOf(err) != jsonrpc.CodeMethodNotFound {
				t.Errorf("%v", err)
			}
			events, err := jsonrpc.Subscribe(t.Context(), client, jsonrpc.Notifications("tick"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Notify(t.Context(), "tick", []int{7}); err != nil {
				t.Fatal(err)
			}
			for event, err := range events.Events(t.Context()) {
				if string(event.Data) != "[7]" || err != nil {
					t.Errorf("%s, %v", event.Data, err)
				}
				break
			}
		})
	}
}

// TestJrpc2Client has jrpc2's client talk to a server over our streams.
func TestJrpc2Client(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	srv := jsonrpctest.New(t)
	srv.HandleFunc("add", func(a, b int) int { return a + b })
	stream, err := transport.DialWebSocket(t.Context(), srv.URL("ws"), nil)
	if err != nil {
		t.Fatal(err)
	}
	client := jrpc2.NewClient(jrpc2channel.FromStream(stream), nil)
	t.Cleanup(func() { _ = client.Close() })
	var sum int
	if err := client.CallResult(t.Context(), "add", []int{1, 2}, &sum); sum != 3 || err != nil {
		t.Errorf("%d, %v", sum, err)
	}
	responses, err := client.Batch(t.Context(), []jrpc2.Spec{{Method: "add", Params: []int{3, 4}}, {Method: "nosuch"}})
	if err != nil || responses[0].ResultString() != "7" || responses[1].Error().Code != jrpc2.MethodNotFound {
		t.Errorf("%v, %v", responses, err)
	}
}
