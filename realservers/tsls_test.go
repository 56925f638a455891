package realservers

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

// typescript-language-server keeps to 2.0. It numbers its own requests from 0, so that their ids are also those of the
// client's, and asks for the configuration of each document.
func TestTypeScriptLanguageServer(t *testing.T) {
	t.Parallel()
	withLanguageServer(t, "typescript-language-server", talkToTypeScriptLanguageServer)
}

func talkToTypeScriptLanguageServer(t *testing.T, s *lspSession) {
	t.Helper()
	ctx := t.Context()
	type configurationParams struct {
		Items []struct{ ScopeURI, Section string }
	}
	asked, configuration := make(chan configurationParams), make(chan any)
	jsonrpc.Handle(s.mux, "workspace/configuration", func(_ context.Context, p configurationParams) ([]any, error) {
		asked <- p
		return []any{<-configuration}, nil
	})
	version := make(chan json.RawMessage, 1)
	jsonrpc.Handle(s.mux, "$/typescriptVersion", func(_ context.Context, p json.RawMessage) (any, error) {
		version <- p
		return nil, nil
	})

	root := "file://" + t.TempDir()
	type capabilities struct {
		Capabilities struct{ HoverProvider bool }
	}
	got, err := jsonrpc.Call[capabilities](ctx, s.Client, "initialize", jsonrpc.Named{
		"processId": os.Getpid(), "rootUri": root,
		"capabilities": jsonrpc.Named{
			"workspace":    jsonrpc.Named{"configuration": true},
			"textDocument": jsonrpc.Named{"publishDiagnostics": struct{}{}},
		},
		"initializationOptions": jsonrpc.Named{
			"disableAutomaticTypingAcquisition": true, // it would fetch types from the network
			"tsserver":                          jsonrpc.Named{"path": cached(t, "typescript", "node_modules", "typescript", "lib")},
		},
	})
	wantNone(t, err)
	wantEqual(t, got.Capabilities.HoverProvider, true)
	wantNone(t, s.Notify(ctx, "initialized", struct{}{}))
	wantEqual(t, string(receive(t, version)), `{"version":"5.9.2","source":"user-setting"}`)
	diagnostics, err := jsonrpc.Subscribe(ctx, s.Client, jsonrpc.Notifications("textDocument/publishDiagnostics"), nil)
	wantNone(t, err)
	wantError(t, s.Call(ctx, "no/such", nil, nil), jsonrpc.CodeMethodNotFound, "Unhandled method no/such")

	// The server asks for the configuration because of the document, and again because of the call that is given up.
	uri := root + "/cat.ts"
	wantAsked := func() {
		t.Helper()
		p := receive(t, asked)
		wantEqual(t, len(p.Items), 1)
		wantEqual(t, p.Items[0], struct{ ScopeURI, Section string }{uri, "formattingOptions"})
	}
	s.openDocument(t, uri, "typescript", "const lives: number = 'nine';\n")
	wantAsked()
	s.hoverAndGiveUp(t, 1000, position(uri, 0, 6), wantAsked)
	configuration <- jsonrpc.Named{"tabSize": 8}
	configuration <- nil
	for {
		if d := nextDiagnosis(t, diagnostics, uri); len(d) > 0 { // it begins with none
			wantEqual(t, strings.Join(d, "; "), "Type 'string' is not assignable to type 'number'.")
			break
		}
	}
	if s.wire != nil { // it heeds the notice: the cat has a type
		wantEqual(t, slices.Contains(s.wire.receivedTexts(), `{"jsonrpc":"2.0","id":1000,"result":null}`), true)
	}

	type hover struct{ Contents struct{ Value string } }
	tip, err := jsonrpc.Call[hover](ctx, s.Client, "textDocument/hover", position(uri, 0, 6))
	wantNone(t, err)
	wantEqual(t, tip.Contents.Value, "\n```typescript\nconst lives: number\n```\n")

	wantNone(t, diagnostics.Close(ctx))
	s.stop(t)
	wantStats(t, s.Client, jsonrpc.StreamStats{Strays: 1}) // the answer to the call that was given up
}
