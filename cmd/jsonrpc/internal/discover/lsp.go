package discover

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"example.com/jsonrpc"
)

// lsp initializes a language server and reads its capabilities (Language Server
// Protocol 3.17, Initialize Request). Afterwards it is shut down, as the protocol
// wants it.
func (s *Server) lsp(ctx context.Context) ([]byte, error) {
	hello := jsonrpc.Named{
		"processId": nil, "rootUri": nil, "workspaceFolders": nil, "capabilities": jsonrpc.Named{},
		"clientInfo": jsonrpc.Named{"name": "jsonrpc"},
	}
	var server initialized
	if err := s.Caller.Call(ctx, "initialize", hello, &server); err != nil {
		return nil, err
	}
	if server.Capabilities == nil || server.ProtocolVersion != "" {
		return nil, &unexpected{"initialize was answered, but not as a language server does"}
	}
	// A server that refuses to end politely has said all that was asked.
	_ = s.Caller.Notify(ctx, "initialized", jsonrpc.Named{})
	_ = s.Caller.Call(ctx, "shutdown", nil, nil)
	_ = s.Caller.Notify(ctx, "exit", nil)
	d := &document{
		Info: info{Title: server.ServerInfo.Name, Version: server.ServerInfo.Version},
	}
	if d.Info.Title == "" {
		d.Info.Title = "A language server"
	}
	known := map[string]bool{}
	for _, c := range lspMethods {
		known[c.capability] = true
		value := server.Capabilities[c.capability]
		if !has(value) {
			continue
		}
		for _, name := range c.methods {
			d.Methods = append(d.Methods, method{Name: name, Summary: "The capability " + c.capability + ".", Description: options(value)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(server.Capabilities)) {
		if !known[name] && has(server.Capabilities[name]) {
			d.Info.Description += "It also has the capability " + name + ". " + options(server.Capabilities[name]) + "\n\n"
		}
	}
	return d.text()
}

// has reports whether a capability is there: true, or an object with options.
func has(value json.RawMessage) bool {
	return value != nil && !slices.Contains([]string{"false", "null"}, string(value))
}

// options shows the options of a capability.
func options(value json.RawMessage) string {
	if string(value) == "true" {
		return ""
	}
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return ""
	}
	return "Its options are `" + b.String() + "`."
}

// lspMethods are the methods by what a server says it can.
var lspMethods = []capability{
	{"textDocumentSync", []string{"textDocument/didOpen", "textDocument/didChange", "textDocument/didClose"}},
	{"completionProvider", []string{"textDocument/completion"}},
	{"hoverProvider", []string{"textDocument/hover"}},
	{"signatureHelpProvider", []string{"textDocument/signatureHelp"}},
	{"declarationProvider", []string{"textDocument/declaration"}},
	{"definitionProvider", []string{"textDocument/definition"}},
	{"typeDefinitionProvider", []string{"textDocument/typeDefinition"}},
	{"implementationProvider", []string{"textDocument/implementation"}},
	{"referencesProvider", []string{"textDocument/references"}},
	{"documentHighlightProvider", []string{"textDocument/documentHighlight"}},
	{"documentSymbolProvider", []string{"textDocument/documentSymbol"}},
	{"codeActionProvider", []string{"textDocument/codeAction"}},
	{"codeLensProvider", []string{"textDocument/codeLens"}},
	{"documentLinkProvider", []string{"textDocument/documentLink"}},
	{"colorProvider", []string{"textDocument/documentColor", "textDocument/colorPresentation"}},
	{"documentFormattingProvider", []string{"textDocument/formatting"}},
	{"documentRangeFormattingProvider", []string{"textDocument/rangeFormatting"}},
	{"documentOnTypeFormattingProvider", []string{"textDocument/onTypeFormatting"}},
	{"renameProvider", []string{"textDocument/rename"}},
	{"foldingRangeProvider", []string{"textDocument/foldingRange"}},
	{"executeCommandProvider", []string{"workspace/executeCommand"}},
	{"selectionRangeProvider", []string{"textDocument/selectionRange"}},
	{"linkedEditingRangeProvider", []string{"textDocument/linkedEditingRange"}},
	{"callHierarchyProvider", []string{"textDocument/prepareCallHierarchy", "callHierarchy/incomingCalls", "callHierarchy/outgoingCalls"}},
	{"semanticTokensProvider", []string{"textDocument/semanticTokens/full"}},
	{"monikerProvider", []string{"textDocument/moniker"}},
	{"typeHierarchyProvider", []string{"textDocument/prepareTypeHierarchy", "typeHierarchy/supertypes", "typeHierarchy/subtypes"}},
	{"inlineValueProvider", []string{"textDocument/inlineValue"}},
	{"inlayHintProvider", []string{"textDocument/inlayHint"}},
	{"diagnosticProvider", []string{"textDocument/diagnostic"}},
	{"workspaceSymbolProvider", []string{"workspace/symbol"}},
}
