package discover

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// TestNullIsNoList: a server that answers null to everything has not said that it
// has no methods.
func TestNullIsNoList(t *testing.T) {
	null := map[string]string{"rpc.discover": "null", "system.listMethods": "null", "rpc_modules": "null", "initialize": "null"}
	if d, err := ask(t, answers(null), Server{}); !errors.Is(err, ErrNone) {
		t.Errorf("got %+v, %v", d, err)
	}
	d, err := ask(t, answers(map[string]string{"system.listMethods": "[]"}), Server{})
	if err != nil || len(d.MethodNames()) != 0 {
		t.Errorf("of an empty list: %+v, %v", d, err)
	}
}

// TestOddNames: names that are listed twice, or are none, keep nobody from the others.
func TestOddNames(t *testing.T) {
	d, err := ask(t, answers(map[string]string{"system.listMethods": `["b","","a","b"]`}), Server{})
	if err != nil || strings.Join(d.MethodNames(), " ") != "a b" {
		t.Errorf("names: %+v, %v", d, err)
	}
	d, err = ask(t, answers(map[string]string{ // the same page again and again
		"initialize":                `{"protocolVersion":"2025-06-18","capabilities":{"tools":{}}}`,
		"notifications/initialized": `null`,
		"tools/list":                `{"tools":[{"name":"u","inputSchema":null},{"name":""},{"name":"t"}],"nextCursor":"1"}`,
	}), Server{Via: MCP})
	if err != nil || strings.Join(d.MethodNames(), " ") != "t u tools/list tools/call" {
		t.Errorf("tools: %+v, %v", d, err)
	}
}

// TestNoHelp: what a server refuses to tell of one method keeps nobody from the
// others; but one that has stopped to answer is not asked for each of them, and half
// of a description is none.
func TestNoHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		handlers := answers(map[string]string{"system.listMethods": `["system.methodHelp"` + manyNames(100) + `]`})
		handlers["system.methodHelp"] = func(ctx context.Context, _ json.RawMessage) (any, error) {
			asked.Add(1)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		client := jsonrpctest.Connect(handlers, jsonrpc.WithTimeout(time.Second))
		defer func() { _ = client.Close() }()
		d, err := Ask(t.Context(), Server{Caller: client})
		if !errors.Is(err, context.DeadlineExceeded) || asked.Load() > 8 {
			t.Errorf("asked %d times: %+v, %v", asked.Load(), d, err)
		}
	})
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"m` + strings.Repeat("m", i) + `"`)
	}
	return b.String()
}
