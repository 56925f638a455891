// A language server in a child process: it is asked to look at a file, asks for its settings, and tells what is wrong.
//
// In a clone of the repository, with any language server that is installed:
//
//	go run ./examples/lsp go main.go 'gopls serve'
//	go run ./examples/lsp json package.json 'vscode-json-languageserver --stdio'
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: lsp LANGUAGE FILE COMMAND")
	}
	if err := run(context.Background(), os.Stdout, os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, language, file, command string) error {
	path, err := filepath.Abs(file)
	text, readErr := os.ReadFile(file)
	if err = errors.Join(err, readErr); err != nil {
		return err
	}
	uri := uriOf(path)

	// What the server asks of us. Null means that we have no settings for a section.
	var mux jsonrpc.Mux
	jsonrpc.Handle(&mux, "workspace/configuration", func(_ context.Context, p struct{ Items []any }) ([]any, error) {
		return make([]any, len(p.Items)), nil
	})
	client, err := jsonrpc.Dial(ctx, "exec:"+command,
		jsonrpc.WithFraming(transport.Header),
		jsonrpc.WithHandler(&mux),
		jsonrpc.WithCancelNotice(jsonrpc.CancelLSP),
		jsonrpc.WithTimeout(time.Minute),
		jsonrpc.WithoutReconnect(), // a server that is started again would know nothing of what was said
	)
	if err != nil {
		return err
	}
	defer client.Close()

	err = client.Call(ctx, "initialize", jsonrpc.Named{
		"processId": os.Getpid(), "rootUri": uriOf(filepath.Dir(path)),
		"capabilities": jsonrpc.Named{"workspace": jsonrpc.Named{"configuration": true}},
	}, nil)
	if err != nil {
		return err
	}
	told, err := jsonrpc.Subscribe(ctx, client, jsonrpc.Notifications("textDocument/publishDiagnostics"), nil)
	if err != nil {
		return err
	}
	document := jsonrpc.Named{"uri": uri, "languageId": language, "version": 1, "text": string(text)}
	err = errors.Join(
		client.Notify(ctx, "initialized", struct{}{}),
		client.Notify(ctx, "textDocument/didOpen", jsonrpc.Named{"textDocument": document}),
	)
	if err != nil {
		return err
	}

	for event, err := range told.Events(ctx) {
		var d struct {
			URI         string
			Diagnostics []json.RawMessage
		}
		if err == nil {
			err = event.Decode(&d)
		}
		if err != nil {
			return err
		}
		for _, fault := range d.Diagnostics {
			fmt.Fprintln(w, filepath.Base(d.URI), string(fault))
		}
		if d.URI == uri { // servers tell of other files too
			break
		}
	}
	return errors.Join(client.Call(ctx, "shutdown", nil, nil), client.Notify(ctx, "exit", nil))
}

// uriOf returns the URI of a file, as servers write it: a space is %20.
func uriOf(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
