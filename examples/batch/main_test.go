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
	// 0³ = 0
	// 1³ = 1
	// 2³ = 8
	// 3³ = 27
	// 4³ = 64
	// 5³ = 125
	// 6³ = 216
	// 7³ = 343
	// 8³ = 512
	// 9³ = 729
	// meow <nil>
	// true
}
