package realservers

import (
	"context"
	"os"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

const (
	catURI    = "file:///cat.json"
	catSchema = "schemas://cat" // no protocol that the server knows, so that it asks for the schema
)

// vscode-json-languageserver keeps to 2.0. It asks for the schemas of documents while it works on other requests.
func TestJSONLanguageServer(t *testing.T) {
	t.Parallel()
	withLanguageServer(t, "vscode-json-languageserver", talkToJSONLanguageServer)
}

func talkToJSONLanguageServer(t *testing.T, s *lspSession) {
	t.Helper()
	ctx := t.Context()
	asked, schema := make(chan string), make(chan string)
	jsonrpc.Handle(s.mux, "vscode/content", func(_ context.Context, uri [1]string) (string, error) {
		asked <- uri[0]
		return <-schema, nil
	})
	type capabilities struct {
		Capabilities struct{ HoverProvider bool }
	}
	got, err := jsonrpc.Call[capabilities](ctx, s.Client, "initialize", jsonrpc.Named{
		"processId": os.Getpid(), "rootUri": nil, "capabilities": jsonrpc.Named{},
		"initializationOptions": jsonrpc.Named{"handledSchemaProtocols": jsonrpc.Args{"file"}},
	})
	wantNone(t, err)
	wantEqual(t, got.Capabilities.HoverProvider, true)
	wantNone(t, s.Notify(ctx, "initialized", struct{}{}))
	diagnostics, err := jsonrpc.Subscribe(ctx, s.Client, jsonrpc.Notifications("textDocument/publishDiagnostics"), nil)
	wantNone(t, err)

	// Broken text.
	s.openDocument(t, "file:///broken.json", "json", `{"a": }`)
	wantEqual(t, strings.Join(nextDiagnosis(t, diagnostics, "file:///broken.json"), "; "), "Value expected")
	wantError(t, s.Call(ctx, "no/such", nil, nil), jsonrpc.CodeMethodNotFound, "Unhandled method no/such")
	err = s.Call(ctx, "textDocument/hover", jsonrpc.Args{1}, nil)
	wantError(t, err, jsonrpc.CodeInvalidParams,
		"Request textDocument/hover defines parameters by name but received parameters by position")

	s.openDocument(t, catURI, "json", `{"$schema": "`+catSchema+`", "sound": 1}`)
	wantEqual(t, receive(t, asked), catSchema)
	schema <- `{"properties": {"sound": {"type": "string", "description": "what it says"}}}`
	wantEqual(t, strings.Join(nextDiagnosis(t, diagnostics, catURI), "; "), `Incorrect type. Expected "string".`)

	// A call that is given up while the server works on it, for which it asks for the schema again.
	wantNone(t, s.Notify(ctx, "json/schemaContent", jsonrpc.Args{catSchema}))
	s.hoverAndGiveUp(t, 1000, position(catURI, 0, 30), func() { wantEqual(t, receive(t, asked), catSchema) })
	schema <- `{"properties": {"sound": {"description": "what it says now"}}}`

	type hover struct{ Contents []string }
	tip, err := jsonrpc.Call[hover](ctx, s.Client, "textDocument/hover", position(catURI, 0, 30))
	wantNone(t, err)
	wantEqual(t, strings.Join(tip.Contents, "; "), "what it says now")

	wantNone(t, diagnostics.Close(ctx))
	s.stop(t)
	wantStats(t, s.Client, jsonrpc.StreamStats{Strays: 1}) // the answer to the call that was given up
}
