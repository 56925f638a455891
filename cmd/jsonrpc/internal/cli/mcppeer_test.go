package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"example.com/jsonrpc/transport"
)

// mcpPeerMain is the program "peer mcp": an MCP server on standard input and
// output with one tool.
func mcpPeerMain() {
	stream := transport.NewStream(struct {
		io.Reader
		io.Writer
		io.Closer
	}{os.Stdin, os.Stdout, os.Stdin}, nil)
	for {
		text, err := stream.Read(context.Background(), nil)
		if err != nil {
			return
		}
		var request struct {
			ID     json.RawMessage
			Method string
			Params struct {
				Arguments struct{ Who string }
			}
		}
		_ = json.Unmarshal(text, &request)
		if request.ID == nil {
			continue
		}
		answer := `"error":{"code":-32601,"message":"Method not found"}`
		switch request.Method {
		case "initialize":
			answer = `"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"peer","version":"1"}}`
		case "tools/list":
			answer = `"result":{"tools":[{"name":"greet","description":"Says hello.","inputSchema":{"type":"object","required":["who"],"properties":{"who":{"type":"string"}}}}]}`
		case "tools/call":
			answer = fmt.Sprintf(`"result":{"content":[{"type":"text","text":"Hello, %s"}]}`, request.Params.Arguments.Who)
		}
		if stream.Write(context.Background(), fmt.Appendf(nil, `{"jsonrpc":"2.0",%s,"id":%s}`, answer, request.ID)) != nil {
			return
		}
	}
}
