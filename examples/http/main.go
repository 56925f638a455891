// The everyday client: calls with a type, a notification, options, and what can go wrong.
//
// In a clone of the repository, with the demo server in another terminal:
//
//	go run ./cmd/jsonrpc demo --listen 127.0.0.1:8080
//	go run ./examples/http http://127.0.0.1:8080
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"time"

	"example.com/jsonrpc"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: http URL")
	}
	if err := run(context.Background(), os.Stdout, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, url string) error {
	client, err := jsonrpc.Dial(ctx, url,
		jsonrpc.WithTimeout(10*time.Second), // for each call: some servers never answer
		jsonrpc.WithHeader("User-Agent", "example/1.0"),
		jsonrpc.WithLogger(slog.New(jsonrpc.NewLogHandler(w))), // the lines with arrows
	)
	if err != nil {
		return err
	}
	defer client.Close()

	// A result of a type, params by name.
	sound, err := jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Named{"name": "Mittens"})
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "the cat says", sound)

	// Params by position, and a method that is used in many places.
	cube := jsonrpc.Method[jsonrpc.Args, int]("cube")
	n, err := cube.Call(ctx, client, jsonrpc.Args{3})
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "the cube of 3 is", n)

	// No answer is wanted.
	if err := client.Notify(ctx, "ping", nil); err != nil {
		return err
	}

	// Errors: what the server says, and everything else.
	err = client.Call(ctx, "fail", jsonrpc.Args{7, "out of cats"}, nil)
	var said *jsonrpc.Error
	switch {
	case err == nil:
		fmt.Fprintln(w, "it should have failed")
	case errors.As(err, &said):
		fmt.Fprintf(w, "the server said %d: %s\n", said.Code, said.Message)
	case !jsonrpc.MaybeSent(err):
		fmt.Fprintln(w, "the server has not seen it, so that it may be sent again:", err)
	default:
		return err
	}

	// A call may have options of its own, and a context.
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	err = client.Call(ctx, "sleep", jsonrpc.Args{60}, nil, jsonrpc.WithLogger(nil))
	fmt.Fprintln(w, "given up:", errors.Is(err, context.Canceled))
	return nil
}
