package cli

import (
	"encoding/json"
	"strings"

	"example.com/jsonrpc"
)

// unsubscribeRequest returns the request that takes a subscription back, nil if
// there is none to be sent. ID is what the server answered to subscribe; method
// is the one that the user gave, if so.
func unsubscribeRequest(subscribe *jsonrpc.Request, id []byte, method string, given bool) *jsonrpc.Request {
	isID := len(id) > 0 && strings.IndexByte(`"-0123456789`, id[0]) >= 0
	switch {
	case !given && isID:
		method = unsubscribeMethod(subscribe.Method)
	case given && !isID && method != "": // as MCP's resources/unsubscribe
		return &jsonrpc.Request{Method: method, Params: subscribe.Params}
	}
	if method == "" {
		return nil
	}
	return &jsonrpc.Request{Method: method, Params: json.RawMessage("[" + string(id) + "]")}
}

// unsubscribeMethod returns the counterpart of the two forms that it knows, those
// of Ethereum and Solana; "" for others, which may mean anything.
func unsubscribeMethod(subscribe string) string {
	if base, ok := strings.CutSuffix(subscribe, "_subscribe"); ok && base != "" {
		return base + "_unsubscribe"
	}
	base, ok := strings.CutSuffix(subscribe, "Subscribe")
	if !ok || base == "" {
		return ""
	}
	if last := base[len(base)-1]; last < 'a' || 'z' < last {
		return ""
	}
	return base + "Unsubscribe"
}
