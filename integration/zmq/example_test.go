package zmq_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-zeromq/zmq4"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/zmq"
	"example.com/jsonrpc/transport"
)

// serveCats answers every request with "meow", on a REP socket.
func serveCats(ctx context.Context) (endpoint string, stop func()) {
	socket := zmq4.NewRep(ctx)
	if err := socket.Listen("tcp://127.0.0.1:0"); err != nil {
		panic(err)
	}
	go func() {
		for {
			msg, err := socket.Recv()
			if err != nil {
				return
			}
			var request struct{ ID json.RawMessage }
			_ = json.Unmarshal(msg.Bytes(), &request)
			_ = socket.Send(zmq4.NewMsgString(`{"jsonrpc":"2.0","result":"meow","id":` + string(request.ID) + `}`))
		}
	}()
	return "tcp://" + socket.Addr().String(), func() { _ = socket.Close() }
}

func Example() {
	ctx := context.Background()
	endpoint, stop := serveCats(ctx)
	defer stop()

	client, err := jsonrpc.Dial(ctx, "zmq+"+endpoint) // zmq+tcp://HOST:PORT
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	sound, err := jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Named{"name": "Mittens"})
	fmt.Println(sound, err)
	// Output: meow <nil>
}

func ExampleDial() {
	ctx := context.Background()
	endpoint, stop := serveCats(ctx)
	defer stop()

	client, err := jsonrpc.NewStreamClient(ctx, "cats", func(ctx context.Context) (transport.Stream, error) {
		return zmq.Dial(ctx, endpoint, &zmq.Options{MaxMessage: 1 << 20})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	sound, err := jsonrpc.Call[string](ctx, client, "cat", nil)
	fmt.Println(sound, err)
	// Output: meow <nil>
}

func ExampleDialREQ() {
	ctx := context.Background()
	endpoint, stop := serveCats(ctx)
	defer stop()

	cats, err := zmq.DialREQ(ctx, endpoint, &zmq.Options{Connections: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := jsonrpc.NewClient(cats)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	sound, err := jsonrpc.Call[string](ctx, client, "cat", nil)
	fmt.Println(sound, err)
	// Output: meow <nil>
}
