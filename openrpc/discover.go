package openrpc

import (
	"context"
	"encoding/json"
	"fmt"

	"example.com/jsonrpc"
)

// DiscoverMethod is the method by which a server describes itself (OpenRPC
// Specification, Service Discovery Method).
const DiscoverMethod = "rpc.discover"

// Discover asks a server for its description. A server that has none answers with
// an error, as a rule with the code [jsonrpc.CodeMethodNotFound]: [jsonrpc.CodeOf]
// tells.
func Discover(ctx context.Context, c jsonrpc.Caller, opts ...jsonrpc.CallOption) (*Document, error) {
	var text json.RawMessage
	if err := c.Call(ctx, DiscoverMethod, nil, &text, opts...); err != nil {
		return nil, fmt.Errorf("openrpc: %w", err)
	}
	doc, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("openrpc: the result of %s: %w", DiscoverMethod, err)
	}
	return doc, nil
}
