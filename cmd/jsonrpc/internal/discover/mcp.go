package discover

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"example.com/jsonrpc"
)

const (
	mcpVersion = "2025-06-18"
	toolsCall  = "tools/call"
	maxPages   = 100
)

// initialized is the result of initialize, of MCP and LSP.
type initialized struct {
	ProtocolVersion string                     `json:"protocolVersion"`
	Instructions    string                     `json:"instructions"`
	Capabilities    map[string]json.RawMessage `json:"capabilities"`
	ServerInfo      struct {
		Name    string `json:"name"`
		Title   string `json:"title"`
		Version string `json:"version"`
	} `json:"serverInfo"`
}

type tool struct {
	Name         string          `json:"name"`
	Title        string          `json:"title"`
	Description  string          `json:"description"`
	InputSchema  json.RawMessage `json:"inputSchema"`
	OutputSchema json.RawMessage `json:"outputSchema"`
}

// mcp opens a session and asks for tools/list (Model Context Protocol,
// Lifecycle and Tools).
func (s *Server) mcp(ctx context.Context) ([]byte, error) {
	session := &mcpSession{http: s.HTTP}
	hello := jsonrpc.Named{
		"protocolVersion": mcpVersion, "capabilities": jsonrpc.Named{},
		"clientInfo": jsonrpc.Named{"name": "jsonrpc", "version": "1"},
	}
	var server initialized
	if err := s.Caller.Call(ctx, "initialize", hello, &server, session.options()...); err != nil {
		return nil, err
	}
	if server.ProtocolVersion == "" {
		return nil, &unexpected{"initialize was answered, but not as an MCP server does"}
	}
	session.version = server.ProtocolVersion
	if err := s.Caller.Notify(ctx, "notifications/initialized", nil, session.options()...); err != nil {
		return nil, err
	}
	d := &document{Info: info{Title: server.ServerInfo.Name, Version: server.ServerInfo.Version, Description: server.Instructions}}
	if server.ServerInfo.Title != "" {
		d.Info.Title = server.ServerInfo.Title
	}
	if server.Capabilities["tools"] != nil {
		tools, err := s.tools(ctx, session)
		if err != nil {
			return nil, err
		}
		for _, t := range tools {
			d.Methods = append(d.Methods, t.method())
		}
	}
	for _, c := range mcpMethods {
		if server.Capabilities[c.capability] != nil {
			for _, name := range c.methods {
				d.Methods = append(d.Methods, method{Name: name, Summary: "A method of the Model Context Protocol (" + c.capability + ")."})
			}
		}
	}
	return d.text()
}

// mcpMethods are those of the protocol itself, by what a server says it can.
var mcpMethods = []capability{
	{"tools", []string{"tools/list", toolsCall}},
	{"prompts", []string{"prompts/list", "prompts/get"}},
	{"resources", []string{"resources/list", "resources/read", "resources/templates/list"}},
	{"completions", []string{"completion/complete"}},
	{"logging", []string{"logging/setLevel"}},
}

type capability struct {
	capability string
	methods    []string
}

// tools asks for all pages of tools/list.
func (s *Server) tools(ctx context.Context, session *mcpSession) ([]tool, error) {
	var (
		all    []tool
		params any
	)
	for range maxPages {
		var page struct {
			Tools      []tool `json:"tools"`
			NextCursor string `json:"nextCursor"`
		}
		if err := s.Caller.Call(ctx, "tools/list", params, &page, session.options()...); err != nil {
			return nil, err
		}
		all = append(all, page.Tools...)
		if page.NextCursor == "" {
			break
		}
		params = jsonrpc.Named{"cursor": page.NextCursor}
	}
	slices.SortStableFunc(all, func(a, b tool) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// method returns the call of tools/call that carries out the tool.
func (t *tool) method() method {
	constant, _ := json.Marshal(map[string]string{"type": "string", "const": t.Name}) // of strings: cannot fail
	arguments := t.InputSchema
	if arguments == nil || string(arguments) == "null" {
		arguments = json.RawMessage(`{"type":"object"}`)
	}
	return method{
		Name: t.Name, Method: toolsCall, Summary: t.Title, Description: t.Description, ParamStructure: "by-name",
		Params: []param{
			{Name: "name", Required: true, Schema: constant},
			{Name: "arguments", Required: hasRequired(arguments), Schema: arguments},
		},
		Result: &param{Name: "result", Schema: t.result()},
	}
}

func hasRequired(schema json.RawMessage) bool {
	var s struct {
		Required []string `json:"required"`
	}
	return json.Unmarshal(schema, &s) == nil && len(s.Required) > 0
}

// result returns the schema of what tools/call returns.
func (t *tool) result() json.RawMessage {
	result := map[string]any{"type": "object", "required": []string{"content"}}
	properties := map[string]any{
		"content": map[string]any{"type": "array", "items": map[string]any{"type": "object", "required": []string{"type"}}},
		"isError": map[string]any{"type": "boolean"},
	}
	var output map[string]json.RawMessage
	if json.Unmarshal(t.OutputSchema, &output) == nil && output != nil {
		properties["structuredContent"] = output
		// Its references count from the schema they are in, which is now this one.
		for _, defs := range []string{"$defs", "definitions"} {
			if output[defs] != nil {
				result[defs] = output[defs]
			}
		}
	}
	result["properties"] = properties
	text, err := json.Marshal(result)
	if err != nil { // output cannot be written as it was read
		return json.RawMessage(`{"type":"object"}`)
	}
	return text
}

// An mcpSession is what the headers of streamable HTTP say.
type mcpSession struct {
	http        bool
	id, version string
}

func (m *mcpSession) options() []jsonrpc.CallOption {
	if !m.http {
		return nil
	}
	options := []jsonrpc.CallOption{
		jsonrpc.WithHeader("Accept", "application/json, text/event-stream"),
		jsonrpc.WithHTTPResponse(func(r *http.Response) {
			if id := r.Header.Get("Mcp-Session-Id"); id != "" {
				m.id = id
			}
		}),
	}
	if m.version != "" {
		options = append(options, jsonrpc.WithHeader("MCP-Protocol-Version", m.version))
	}
	if m.id != "" {
		options = append(options, jsonrpc.WithHeader("Mcp-Session-Id", m.id))
	}
	return options
}
