// An MCP server, on stdio or over streamable HTTP: it is asked for its tools, and to use one of them.
//
// In a clone of the repository, with any MCP server; the tool's arguments are JSON:
//
//	go run ./examples/mcp 'exec:COMMAND ARGUMENT…' greet '{"name": "Mittens"}'
//	go run ./examples/mcp https://SERVER/mcp greet '{"name": "Mittens"}'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	"example.com/jsonrpc"
)

const protocol = "2025-06-18"

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: mcp TARGET TOOL ARGUMENTS")
	}
	if err := run(context.Background(), os.Stdout, os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, target, tool, arguments string) error {
	// What the server may ask while it works on a call, and what it tells.
	var mux jsonrpc.Mux
	jsonrpc.Handle(&mux, "roots/list", func(context.Context, any) (jsonrpc.Named, error) {
		return jsonrpc.Named{"roots": jsonrpc.Args{jsonrpc.Named{"uri": "file:///home/alice"}}}, nil
	})
	jsonrpc.Handle(&mux, "notifications/message", func(_ context.Context, message json.RawMessage) (any, error) {
		log.Printf("the server logs %s", message)
		return nil, nil
	})
	opts := []jsonrpc.DialOption{jsonrpc.WithHandler(&mux), jsonrpc.WithCancelNotice(jsonrpc.CancelMCP)}
	var session []jsonrpc.CallOption // for what comes after initialize
	var sessionID atomic.Value
	overHTTP := strings.HasPrefix(target, "http")
	if overHTTP {
		opts = append(opts,
			jsonrpc.WithHeader("Accept", "application/json, text/event-stream"),
			jsonrpc.WithHeader("MCP-Protocol-Version", protocol),
			jsonrpc.WithHTTPResponse(func(r *http.Response) { sessionID.Store(r.Header.Get("Mcp-Session-Id")) }),
		)
	}
	client, err := jsonrpc.Dial(ctx, target, opts...)
	if err != nil {
		return err
	}
	defer client.Close() // on stdio: the server's input is closed, and it exits

	err = client.Call(ctx, "initialize", jsonrpc.Named{
		"protocolVersion": protocol,
		"capabilities":    jsonrpc.Named{"roots": struct{}{}},
		"clientInfo":      jsonrpc.Named{"name": "example", "version": "1.0"},
	}, nil)
	if err != nil {
		return err
	}
	if id, _ := sessionID.Load().(string); id != "" {
		session = append(session, jsonrpc.WithHeader("Mcp-Session-Id", id))
	}
	if err := client.Notify(ctx, "notifications/initialized", nil, session...); err != nil {
		return err
	}

	type tools struct {
		Tools []struct{ Name, Description string }
	}
	list, err := jsonrpc.Call[tools](ctx, client, "tools/list", nil, session...)
	if err != nil {
		return err
	}
	for _, t := range list.Tools {
		fmt.Fprintf(w, "%s: %s\n", t.Name, t.Description)
	}
	type content struct{ Content []struct{ Type, Text string } }
	params := jsonrpc.Named{"name": tool, "arguments": json.RawMessage(arguments)}
	got, err := jsonrpc.Call[content](ctx, client, "tools/call", params, session...)
	if err != nil {
		return err
	}
	for _, c := range got.Content {
		fmt.Fprintln(w, c.Text)
	}
	return nil
}
