package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
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
			if u, err := url.Parse(m.Params.TextDocument.URI); err == nil {
				uri = u.String() // servers write it in their own way
			}
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

// Servers tell of a file by its URI, which is not its path if there is a space in it.
func TestFileWithASpace(t *testing.T) {
	t.Setenv(asServer, "yes")
	file := filepath.Join(t.TempDir(), "my file.go")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var w bytes.Buffer
	if err := run(t.Context(), &w, "go", file, fmt.Sprintf("%q", program)); err != nil {
		t.Fatal(err)
	}
	if want := "my%20file.go {\"message\":\"no cats, in spite of the settings [<nil>]\"}\n"; w.String() != want {
		t.Errorf("%s, want %s", &w, want)
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
