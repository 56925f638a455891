package demo_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest/demo"
)

func ExampleNew() {
	ctx := context.Background()
	client, err := jsonrpc.NewClient(demo.New(), jsonrpc.WithLogger(slog.New(jsonrpc.NewLogHandler(os.Stdout))))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Request(ctx, "cat", jsonrpc.Named{"name": "Mittens"})
	fmt.Println(err)
	// Output:
	// --> {"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}
	// <-- {"jsonrpc":"2.0","result":"meow","id":1}
	// <nil>
}

func ExampleNew_http() {
	server := httptest.NewServer(demo.New())
	defer server.Close()
	cube, err := jsonrpc.Call[int](context.Background(), jsonrpc.URL(server.URL), "cube", jsonrpc.Args{3})
	fmt.Println(cube, err)
	// Output: 27 <nil>
}
