package otel

import (
	"bytes"
	"encoding/json"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"example.com/jsonrpc"
)

// other stands for methods, and errors, that are not known.
const other = "_OTHER"

// method returns the attribute rpc.method of a message; "" if it is left out.
func (t *telemetry) method(x *jsonrpc.Exchange) string {
	if x.Batch() {
		return ""
	}
	return t.known(x.Method())
}

func (t *telemetry) known(method string) string {
	switch {
	case t.options.Methods == nil:
		return ""
	case t.options.Methods(method):
		return method
	}
	return other
}

// requestAttributes are those of a message that is not sent yet, for its span.
func requestAttributes(x *jsonrpc.Exchange, known string) []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if version := versionOf(x.Text()); version != "" {
		attributes = append(attributes, semconv.JSONRPCProtocolVersion(version))
	}
	if x.Batch() {
		n := 0
		for range x.Items() {
			n++
		}
		return append(attributes, attribute.Int("jsonrpc.batch.size", n))
	}
	for _, item := range x.Items() {
		attributes = appendItem(attributes, item, known)
	}
	return attributes
}

// appendItem appends the attributes of a request or notification.
func appendItem(attributes []attribute.KeyValue, item jsonrpc.Item, known string) []attribute.KeyValue {
	if item.Method != known {
		attributes = append(attributes, semconv.RPCMethodOriginal(item.Method))
	}
	if item.ID.IsZero() || item.ID.IsNull() {
		return attributes
	}
	id := item.ID.String()
	if strings.HasPrefix(id, `"`) {
		_ = json.Unmarshal([]byte(id), &id) // a JSON string
	}
	return append(attributes, semconv.JSONRPCRequestID(id))
}

// versionOf returns the version that a message states, "" if none: 1.0.
func versionOf(text []byte) string {
	text = bytes.TrimLeft(text, "[ \t\r\n")
	if bytes.HasPrefix(text, []byte(`{"jsonrpc":"2.0"`)) { // all but raw messages
		return "2.0"
	}
	var request struct {
		JSONRPC string `json:"jsonrpc"`
	}
	_ = json.NewDecoder(bytes.NewReader(text)).Decode(&request) // if it is anything else, it states none
	return request.JSONRPC
}
