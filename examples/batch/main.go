// A batch: many requests in one message, each with its own type and its own outcome.
//
// In a clone of the repository, with the demo server in another terminal:
//
//	go run ./cmd/jsonrpc demo --listen 127.0.0.1:8080
//	go run ./examples/batch http://127.0.0.1:8080
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"example.com/jsonrpc"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: batch URL")
	}
	if err := run(context.Background(), os.Stdout, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, url string) error {
	client, err := jsonrpc.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer client.Close()

	// Nothing is sent yet: each Queue returns the place of a result to come.
	var b jsonrpc.Batch
	cubes := make([]*jsonrpc.Result[int], 10)
	for i := range cubes {
		cubes[i] = jsonrpc.Queue[int](&b, "cube", jsonrpc.Args{i})
	}
	sound := jsonrpc.Queue[string](&b, "cat", jsonrpc.Named{"name": "Mittens"})
	failure := jsonrpc.Queue[any](&b, "fail", jsonrpc.Args{7, "out of cats"})
	b.Notify("ping", nil) // no answer is wanted

	// One message each way. The error is about the batch as a whole: one request that fails, fails alone.
	if _, err := client.Send(ctx, &b); err != nil {
		return err
	}
	for i, cube := range cubes {
		n, err := cube.Get()
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%d³ = %d\n", i, n)
	}
	says, err := sound.Get()
	fmt.Fprintln(w, says, err)
	_, err = failure.Get()
	fmt.Fprintln(w, err != nil)
	return nil
}
