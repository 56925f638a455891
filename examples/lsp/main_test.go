package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"example.com/jsonrpc/transport"
)

// The test's own program is the language server, when it is started by Example.
const asServer = "EXAMPLE_AS_LANGUAGE_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

type standardIO struct{ *os.File }

func (standardIO) Write(p []byte) (int, error) { return os.Stdout.Write(p) }

// serve finds fault with every document, once it has asked how much.
func serve() error {
	stream := transport.NewStream(standardIO{os.Stdin}, &transport.StreamOptions{Framing: transport.Header})
	ctx, uri := context.Background(), ""
	for {
		text, err := stream.Read(ctx, nil)
		if err != nil {
			return err
		}
		var m struct {
			ID     json.RawMessage
			Method string
			Params struct{ TextDocument struct{ URI string } }
			Result []any
		}
		if err := json.Unmarshal(text, &m); err != nil {
			return err
		}
		var reply string
		switch m.Method {
		case "initialize":
			reply = fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"capabilities":{}}}`, m.ID)
		case "textDocument/didOpen":
			uri = m.Params.TextDocument.URI
			reply = `{"jsonrpc":"2.0","id":1,"method":"workspace/configuration","params":{"items":[{"section":"cats"}]}}`
		case "":
			reply = fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"uri":%q,`+
				`"diagnostics":[{"message":"no cats, in spite of the settings %v"}]}}`, uri, m.Result)
		case "shutdown":
			reply = fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":null}`, m.ID)
		case "exit":
			return nil
		default:
			continue
		}
		if err := stream.Write(ctx, []byte(reply)); err != nil {
			return err
		}
	}
}

func Example() {
	if err := os.Setenv(asServer, "yes"); err != nil {
		fmt.Println(err)
	}
	program, err := os.Executable()
	if err != nil {
		fmt.Println(err)
	}
	if err := run(context.Background(), os.Stdout, "go", "main.go", fmt.Sprintf("%q", program)); err != nil {
		fmt.Println(err)
	}
	// Output: main.go {"message":"no cats, in spite of the settings [<nil>]"}
}
