package jsonrpc_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// A result that goes elsewhere as it is, without being in memory.
func ExampleOpen() {
	server := httptest.NewServer(jsonrpctest.NewServer(jsonrpctest.Handlers{
		"dump": jsonrpctest.Func(func() []string { return []string{"Mittens", "Tom"} }),
	}))
	defer server.Close()
	ctx := context.Background()
	client, err := jsonrpc.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	dump, err := jsonrpc.Open(ctx, client, "dump", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer dump.Close()
	if _, err := io.Copy(os.Stdout, dump); err != nil { // here it is known to be whole
		log.Fatal(err)
	}
	fmt.Println()
	// Output: ["Mittens","Tom"]
}
