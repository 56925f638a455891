package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"

	"example.com/jsonrpc/jsonrpctest/demo"
)

func Example() {
	server := httptest.NewServer(demo.New())
	defer server.Close()
	if err := run(context.Background(), os.Stdout, server.URL); err != nil {
		fmt.Println(err)
	}
	// Output:
	// --> {"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}
	// <-- {"jsonrpc":"2.0","result":"meow","id":1} (HTTP 200)
	// the cat says meow
	// --> {"jsonrpc":"2.0","method":"cube","params":[3],"id":2}
	// <-- {"jsonrpc":"2.0","result":27,"id":2} (HTTP 200)
	// the cube of 3 is 27
	// --> {"jsonrpc":"2.0","method":"ping"}
	// --> {"jsonrpc":"2.0","method":"fail","params":[7,"out of cats"],"id":3}
	// <-- {"jsonrpc":"2.0","error":{"code":7,"message":"out of cats"},"id":3} (HTTP 200)
	// the server said 7: out of cats
	// given up: true
}
