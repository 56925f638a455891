package nats_test

import (
	"context"
	"fmt"

	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/nats"
)

// A server is a Mux behind a subject. Any number of them share the work.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	nc, err := natsgo.Connect(broker.ClientURL())
	if err != nil {
		panic(err)
	}
	defer nc.Close()
	ended := make(chan error)
	for range 3 {
		var mux jsonrpc.Mux
		jsonrpc.Handle(&mux, "cat", func(context.Context, struct{ Name string }) (string, error) { return "meow", nil })
		go func() { ended <- nats.Serve(ctx, nc, "rpc.pets", "pets", &mux, nil) }()
	}
	for nc.NumSubscriptions() < 3 { // in a program of its own, nobody waits for this
	}

	client, err := jsonrpc.Dial(ctx, broker.ClientURL()+"/rpc.pets")
	if err != nil {
		panic(err)
	}
	defer client.Close()
	fmt.Println(jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Named{"name": "Mittens"}))

	stop() // what has come is still answered
	for range 3 {
		fmt.Println(<-ended)
	}

	// Output:
	// meow <nil>
	// <nil>
	// <nil>
	// <nil>
}

// What is published on a subject is events.
func Example_events() {
	ctx := context.Background()
	client, err := jsonrpc.Dial(ctx, "nats-sub://"+broker.Addr().String()+"/pets.>")
	if err != nil {
		panic(err)
	}
	defer client.Close()
	births, err := jsonrpc.Subscribe(ctx, client, jsonrpc.Notifications("born"), nil)
	if err != nil {
		panic(err)
	}

	nc, err := natsgo.Connect(broker.ClientURL())
	if err != nil {
		panic(err)
	}
	defer nc.Close()
	for _, name := range []string{"Mittens", "Tom"} {
		text, _ := jsonrpc.Notification{Method: "born", Params: jsonrpc.Args{name}}.MarshalJSON()
		_ = nc.Publish("pets.cats", text)
	}

	left := 2
	for event, err := range births.Events(ctx) {
		fmt.Println(event.Method, string(event.Data), err)
		if left--; left == 0 {
			break
		}
	}

	// Output:
	// born ["Mittens"] <nil>
	// born ["Tom"] <nil>
}
