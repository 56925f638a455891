package realservers

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// startMCP returns the URL of the Model Context Protocol's example server "everything", over streamable HTTP.
func startMCP(t *testing.T) string {
	t.Helper()
	addr := net.JoinHostPort("127.0.0.1", freePort(t))
	start(t, listening(addr), cached(t, `the MCP server "everything"`, "bin", "everything"), "-http="+addr)
	return "http://" + addr + "/"
}

const mcpVersion = "2025-06-18"

// mcpOptions are what streamable HTTP asks of a client beside JSON-RPC.
var mcpOptions = []jsonrpc.DialOption{
	jsonrpc.WithHeader("Accept", "application/json, text/event-stream"),
	jsonrpc.WithHeader("MCP-Protocol-Version", mcpVersion),
}

// An mcpSession notes the session that the server opens with its answer to initialize, and sends it with all requests.
type mcpSession struct {
	http.RoundTripper
	id atomic.Value
}

func (s *mcpSession) RoundTrip(r *http.Request) (*http.Response, error) {
	if id, ok := s.id.Load().(string); ok {
		r = r.Clone(r.Context())
		r.Header.Set("Mcp-Session-Id", id)
	}
	response, err := s.RoundTripper.RoundTrip(r)
	if err == nil {
		if id := response.Header.Get("Mcp-Session-Id"); id != "" {
			s.id.Store(id)
		}
	}
	return response, err
}

// initialize opens a session, as a client with the given capabilities.
func initialize(t *testing.T, client *jsonrpc.Client, capabilities jsonrpc.Named) {
	t.Helper()
	type info struct {
		ProtocolVersion string
		ServerInfo      struct{ Name string }
	}
	got, err := jsonrpc.Call[info](t.Context(), client, "initialize", jsonrpc.Named{
		"protocolVersion": mcpVersion,
		"capabilities":    capabilities,
		"clientInfo":      jsonrpc.Named{"name": "realservers", "version": "1"},
	})
	wantNone(t, err)
	wantEqual(t, got.ProtocolVersion, mcpVersion)
	wantEqual(t, got.ServerInfo.Name, "everything")
	wantNone(t, client.Notify(t.Context(), "notifications/initialized", nil)) // answered with 202
}

type mcpContent struct {
	Content []struct{ Type, Text string }
	IsError bool
}

// The MCP server answers with event streams, refuses in plain text, and calls back while it works.
func TestMCP(t *testing.T) {
	t.Parallel()
	url := startMCP(t)
	ctx := t.Context()
	var logged atomic.Value
	handler := jsonrpc.HandlerFunc(func(_ context.Context, m *jsonrpc.ServerMessage) (any, error) {
		switch m.Method {
		case "notifications/message":
			logged.Store(string(m.Params))
			return nil, nil
		case "roots/list":
			root := jsonrpc.Named{"name": "home", "uri": "file:///home/alice"}
			return jsonrpc.Named{"roots": jsonrpc.Args{root}}, nil
		}
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: "Method not found"}
	})
	client := dial(t, url, append(slices.Clone(mcpOptions),
		jsonrpc.WithHandler(handler),
		jsonrpc.WithHTTPTransport(&mcpSession{RoundTripper: transport.NewRoundTripper(nil, nil)}),
	)...)

	t.Run("a call before initialize", func(t *testing.T) {
		err := dial(t, url, mcpOptions...).Call(ctx, "tools/list", nil, nil)
		wantError(t, err, 0, `method "tools/list" is invalid during session initialization`)
	})
	initialize(t, client, jsonrpc.Named{"roots": jsonrpc.Named{}})

	t.Run("ping", func(t *testing.T) {
		result, err := client.Request(ctx, "ping", nil)
		wantNone(t, err)
		wantEqual(t, string(result), "{}")
	})
	t.Run("tools/list", func(t *testing.T) {
		type tools struct{ Tools []struct{ Name string } }
		got, err := jsonrpc.Call[tools](ctx, client, "tools/list", nil)
		wantNone(t, err)
		wantEqual(t, slices.Contains(got.Tools, struct{ Name string }{"greet"}), true)
	})
	t.Run("tools/call", func(t *testing.T) {
		got, err := callTool(ctx, client, "greet", jsonrpc.Named{"name": "Mittens"})
		wantNone(t, err)
		wantEqual(t, got.IsError, false)
		wantEqual(t, got.Content[0].Text, "Hi Mittens")
	})
	t.Run("a failure inside the result", func(t *testing.T) {
		got, err := callTool(ctx, client, "greet", jsonrpc.Named{})
		wantNone(t, err)
		wantEqual(t, got.IsError, true)
		wantEqual(t, strings.Contains(got.Content[0].Text, `missing properties: ["name"]`), true)
	})
	t.Run("unknown tool", func(t *testing.T) {
		_, err := callTool(ctx, client, "nope", jsonrpc.Named{})
		wantError(t, err, jsonrpc.CodeInvalidParams, `unknown tool "nope"`)
	})
	t.Run("unknown method", func(t *testing.T) {
		err := client.Call(ctx, "no/such", nil, nil)
		wantEqual(t, body(wantStatus(t, err, 400)), `JSON RPC not handled: "no/such" unsupported`)
	})
	t.Run("bad params", func(t *testing.T) {
		err := client.Call(ctx, "tools/call", jsonrpc.Args{1}, nil)
		e := wantAs[*jsonrpc.Error](t, err)
		wantEqual(t, e.Code, jsonrpc.CodeInvalidParams)
		wantEqual(t, strings.HasPrefix(e.Message, "handling 'tools/call': invalid params: "), true)
	})
	t.Run("batch, which this version of the protocol has not", func(t *testing.T) {
		var b jsonrpc.Batch
		ping := jsonrpc.Queue[any](&b, "ping", nil)
		_, err := client.Send(ctx, &b)
		wantEqual(t, strings.HasPrefix(body(wantStatus(t, err, 400)), "JSON-RPC batching is not supported"), true)
		_, err = ping.Get()
		wantStatus(t, err, 400)
	})
	t.Run("a notification during a call", func(t *testing.T) {
		wantNone(t, client.Call(ctx, "logging/setLevel", jsonrpc.Named{"level": "debug"}, nil))
		_, err := callTool(ctx, client, "log", nil)
		wantNone(t, err)
		wantEqual(t, logged.Load().(string), `{"data":"something happened!","level":"error"}`)
	})
	t.Run("a request during a call", func(t *testing.T) {
		got, err := callTool(ctx, client, "roots", nil)
		wantNone(t, err)
		wantEqual(t, got.Content[0].Text, "home:file:///home/alice")
	})
	t.Run("unknown session", func(t *testing.T) {
		stranger := dial(t, url, append(slices.Clone(mcpOptions), jsonrpc.WithHeader("Mcp-Session-Id", "nope"))...)
		err := stranger.Call(ctx, "ping", nil, nil)
		wantEqual(t, body(wantStatus(t, err, 404)), "session not found")
	})
	t.Run("no Accept for an event stream", func(t *testing.T) {
		err := dial(t, url).Call(ctx, "ping", nil, nil)
		wantEqual(t, body(wantStatus(t, err, 400)), "Accept must contain both 'application/json' and 'text/event-stream'")
	})
}

func callTool(ctx context.Context, client *jsonrpc.Client, name string, arguments any) (mcpContent, error) {
	params := jsonrpc.Named{"name": name}
	if arguments != nil {
		params["arguments"] = arguments
	}
	return jsonrpc.Call[mcpContent](ctx, client, "tools/call", params)
}

// body returns the text that came with an HTTP status.
func body(e *jsonrpc.HTTPError) string { return strings.TrimSpace(string(e.Body)) }

func TestMCPCommand(t *testing.T) {
	t.Parallel()
	url := startMCP(t)
	const accept = "--header=Accept: application/json, text/event-stream"

	t.Run("call, answered with an event stream", func(t *testing.T) {
		got := run(t, "", accept, url, "initialize",
			"protocolVersion="+mcpVersion, "capabilities:={}", `clientInfo:={"name":"realservers","version":"1"}`)
		wantEqual(t, strings.Contains(got.stdout, `"protocolVersion":"`+mcpVersion+`"`), true)
		wantRun(t, got, exitDone, lines(got.stdout))
	})
	t.Run("a call before initialize", func(t *testing.T) {
		wantRun(t, run(t, "", accept, url, "tools/list"), exitServerError, nil,
			`method "tools/list" is invalid during session initialization`)
	})
	t.Run("unknown session", func(t *testing.T) {
		wantRun(t, run(t, "", accept, "--header=Mcp-Session-Id: nope", url, "tools/list"), exitBadReply, nil,
			"the server answered 404 text/plain: session not found")
	})
	t.Run("no Accept for an event stream", func(t *testing.T) {
		wantRun(t, run(t, "", url, "ping"), exitBadReply, nil, "the server answered 400 text/plain: Accept must contain")
	})
}
