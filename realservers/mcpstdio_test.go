package realservers

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// The MCP server "everything" on stdio asks back while it works on a call, and counts its own requests from 1, as the
// client does.
func TestMCPStdio(t *testing.T) {
	t.Parallel()
	everything := cached(t, `the MCP server "everything"`, "bin", "everything")
	ctx := t.Context()
	noneLeft := noGoroutinesLeft(t)
	var mux jsonrpc.Mux
	jsonrpc.Handle(&mux, "roots/list", func(context.Context, any) (jsonrpc.Named, error) {
		return jsonrpc.Named{"roots": jsonrpc.Args{jsonrpc.Named{"name": "home", "uri": "file:///home/alice"}}}, nil
	})
	jsonrpc.Handle(&mux, "sampling/createMessage", func(context.Context, any) (jsonrpc.Named, error) {
		return jsonrpc.Named{
			"role": "assistant", "model": "a cat", "content": jsonrpc.Named{"type": "text", "text": "meow"},
		}, nil
	})
	var pings atomic.Int64
	jsonrpc.Handle(&mux, "ping", func(context.Context, any) (struct{}, error) {
		pings.Add(1)
		return struct{}{}, nil
	})
	client := dial(t, "exec:"+everything,
		jsonrpc.WithHandler(&mux), jsonrpc.WithCancelNotice(jsonrpc.CancelMCP), jsonrpc.WithoutReconnect())

	t.Run("a call before initialize", func(t *testing.T) {
		err := client.Call(ctx, "tools/list", nil, nil)
		wantError(t, err, 0, `method "tools/list" is invalid during session initialization`)
	})
	initialize(t, client, jsonrpc.Named{"roots": struct{}{}, "sampling": struct{}{}})
	t.Run("tools/list", func(t *testing.T) {
		type tools struct{ Tools []struct{ Name string } }
		got, err := jsonrpc.Call[tools](ctx, client, "tools/list", nil)
		wantNone(t, err)
		wantEqual(t, slices.Contains(got.Tools, struct{ Name string }{"greet"}), true)
	})
	t.Run("tools/call", func(t *testing.T) {
		wantTool(t, client, "greet", jsonrpc.Named{"name": "Mittens"}, "Hi Mittens")
	})
	t.Run("a failure inside the result", func(t *testing.T) {
		got, err := callTool(ctx, client, "greet", struct{}{})
		wantNone(t, err)
		wantEqual(t, got.IsError, true)
	})
	t.Run("unknown tool", func(t *testing.T) {
		_, err := callTool(ctx, client, "nope", struct{}{})
		wantError(t, err, jsonrpc.CodeInvalidParams, `unknown tool "nope"`)
	})
	t.Run("unknown method", func(t *testing.T) {
		err := client.Call(ctx, "no/such", struct{}{}, nil)
		wantError(t, err, jsonrpc.CodeMethodNotFound, `method not found: "no/such"`)
	})
	t.Run("requests during calls", func(t *testing.T) {
		wantTool(t, client, "roots", nil, "home:file:///home/alice")
		wantTool(t, client, "sample", nil, "meow")
		_, err := callTool(ctx, client, "ping", nil)
		wantNone(t, err)
		wantEqual(t, pings.Load(), 1)
	})
	t.Run("a notification during a call", func(t *testing.T) {
		sub := subscribe(t, client, jsonrpc.Notifications("notifications/message"))
		wantNone(t, client.Call(ctx, "logging/setLevel", jsonrpc.Named{"level": "debug"}, nil))
		_, err := callTool(ctx, client, "log", nil)
		wantNone(t, err)
		wantEqual(t, string(nextEvent(t, sub).Data), `{"data":"something happened!","level":"error"}`)
	})
	t.Run("batch, answered by one message each", func(t *testing.T) {
		var b jsonrpc.Batch
		ping := jsonrpc.Queue[struct{}](&b, "ping", nil)
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
		wantItem(t, ping, struct{}{})
	})
	wantStats(t, client, jsonrpc.StreamStats{})
	wantNone(t, client.Close())
	noneLeft()
}

// A call tells how far it is. Close ends a server that is in the middle of it.
func TestMCPStdioProgress(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	noneLeft := noGoroutinesLeft(t)
	cmd := exec.Command(cached(t, "the MCP server of the conformance tests", "bin", "everything-server"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	asked, answer := make(chan struct{}), make(chan struct{})
	var mux jsonrpc.Mux
	jsonrpc.Handle(&mux, "sampling/createMessage", func(ctx context.Context, _ any) (any, error) {
		asked <- struct{}{}
		select {
		case <-answer:
		case <-ctx.Done():
		}
		return nil, &jsonrpc.Error{Code: 1, Message: "no cat is awake"}
	})
	var wire *tap
	client, err := jsonrpc.NewStreamClient(ctx, "the MCP server", func(context.Context) (transport.Stream, error) {
		stream, err := transport.Command(cmd, nil)
		wire = &tap{Stream: stream}
		return wire, err
	}, jsonrpc.WithHandler(&mux), jsonrpc.WithCancelNotice(jsonrpc.CancelMCP), jsonrpc.WithoutReconnect())
	wantNone(t, err)
	t.Cleanup(func() { _ = client.Close() })
	wantNone(t, client.Call(ctx, "initialize", jsonrpc.Named{
		"protocolVersion": mcpVersion,
		"capabilities":    jsonrpc.Named{"sampling": struct{}{}},
		"clientInfo":      jsonrpc.Named{"name": "realservers", "version": "1"},
	}, nil))
	wantNone(t, client.Notify(ctx, "notifications/initialized", nil))

	t.Run("progress", func(t *testing.T) {
		sub := subscribe(t, client, jsonrpc.Notifications("notifications/progress"))
		got, err := jsonrpc.Call[mcpContent](ctx, client, "tools/call", jsonrpc.Named{
			"name": "test_tool_with_progress", "_meta": jsonrpc.Named{"progressToken": "how far?"},
		})
		wantNone(t, err)
		wantEqual(t, got.Content[0].Text, "how far?")
		type progress struct {
			ProgressToken   string
			Progress, Total float64
		}
		for _, step := range []float64{0, 50, 100} {
			var told progress
			wantNone(t, nextEvent(t, sub).Decode(&told))
			wantEqual(t, told, progress{"how far?", step, 100})
		}
	})
	sample := jsonrpc.Named{"name": "test_sampling", "arguments": jsonrpc.Named{"prompt": "say"}}
	t.Run("a call that is given up", func(t *testing.T) {
		ctx, giveUp := context.WithCancel(ctx)
		called := make(chan error, 1)
		go func() { called <- client.Call(ctx, "tools/call", sample, nil, jsonrpc.WithID(jsonrpc.StringID("it"))) }()
		receive(t, asked)
		giveUp()
		wantEqual(t, wantAs[*transport.Error](t, receive(t, called)).Err, context.Canceled)
		eventually(t, "the notice is sent, and heeded", func() bool {
			return slices.Contains(wire.sentTexts(), `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"it"}}`) &&
				slices.ContainsFunc(wire.receivedTexts(), func(text string) bool {
					var m struct{ Method string }
					return json.Unmarshal([]byte(text), &m) == nil && m.Method == "notifications/cancelled"
				})
		})
		answer <- struct{}{}
	})
	t.Run("Close during a call", func(t *testing.T) {
		called := make(chan error, 1)
		go func() { called <- client.Call(ctx, "tools/call", sample, nil) }()
		receive(t, asked)
		wantNone(t, client.Close())
		wantEqual(t, strings.HasSuffix(receive(t, called).Error(), jsonrpc.ErrClosed.Error()), true)
		wantEqual(t, cmd.ProcessState.String(), "exit status 0")
	})
	noneLeft()
}

// wantTool checks what a tool says.
func wantTool(t *testing.T, client *jsonrpc.Client, name string, arguments any, text string) {
	t.Helper()
	got, err := callTool(t.Context(), client, name, arguments)
	wantNone(t, err)
	wantEqual(t, got.IsError, false)
	wantEqual(t, got.Content[0].Text, text)
}
