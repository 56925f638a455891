package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// The test's own program is the MCP server on stdio, when it is started by Example_stdio.
const asServer = "EXAMPLE_AS_MCP_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) == "" {
		os.Exit(m.Run())
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		for _, reply := range answer(lines.Bytes()) {
			fmt.Println(reply)
		}
	}
}

// answer returns what the server says to a message.
func answer(text []byte) (replies []string) {
	var m struct {
		ID     json.RawMessage
		Method string
		Params struct{ Arguments struct{ Name string } }
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return []string{`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}`}
	}
	var result string
	switch m.Method {
	case "initialize":
		result = `{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"example","version":"1.0"}}`
	case "tools/list":
		result = `{"tools":[{"name":"greet","description":"say hi"}]}`
	case "tools/call":
		replies = append(replies, `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"greeting"}}`)
		result = fmt.Sprintf(`{"content":[{"type":"text","text":"Hi %s"}]}`, m.Params.Arguments.Name)
	default:
		return nil
	}
	return append(replies, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result))
}

func Example_stdio() {
	if err := os.Setenv(asServer, "yes"); err != nil {
		fmt.Println(err)
	}
	program, err := os.Executable()
	if err != nil {
		fmt.Println(err)
	}
	if err := run(context.Background(), os.Stdout, fmt.Sprintf("exec:%q", program), "greet", `{"name": "Mittens"}`); err != nil {
		fmt.Println(err)
	}
	// Output:
	// greet: say hi
	// Hi Mittens
}

// The answers are event streams, and all but the first message must be of the session.
func Example_streamableHTTP() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		replies := answer(text)
		if session := r.Header.Get("Mcp-Session-Id"); session != "it" && json.Valid(text) && !isInitialize(text) {
			http.Error(w, "session not found", http.StatusNotFound)
			return
		}
		if len(replies) == 0 {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Mcp-Session-Id", "it")
		w.Header().Set("Content-Type", "text/event-stream")
		for _, reply := range replies {
			fmt.Fprintf(w, "event: message\ndata: %s\n\n", reply)
		}
	}))
	defer server.Close()
	if err := run(context.Background(), os.Stdout, server.URL, "greet", `{"name": "Mittens"}`); err != nil {
		fmt.Println(err)
	}
	// Output:
	// greet: say hi
	// Hi Mittens
}

func isInitialize(text []byte) bool {
	var m struct{ Method string }
	return json.Unmarshal(text, &m) == nil && m.Method == "initialize"
}
