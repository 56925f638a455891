package openrpc_test

import (
	"encoding/json"
	"fmt"
	"log"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/openrpc"
)

func describing(text string) jsonrpctest.Handlers {
	return jsonrpctest.Handlers{openrpc.DiscoverMethod: jsonrpctest.Func(func() json.RawMessage { return json.RawMessage(text) })}
}

func TestDiscover(t *testing.T) {
	for _, test := range []struct {
		name     string
		handlers jsonrpctest.Handlers
		want     string
		code     int64
	}{
		{"described", describing(document(`{"name":"cat"}`, ``)), "", 0},
		{"not described", nil, "openrpc: jsonrpc: rpc.discover at", jsonrpc.CodeMethodNotFound},
		{"wrongly", describing(`{"openrpc":"1.0.0","methods":7}`), "openrpc: the result of rpc.discover: methods: want an array", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := jsonrpctest.Connect(test.handlers)
			defer func() { _ = client.Close() }()
			doc, err := openrpc.Discover(t.Context(), client)
			switch {
			case test.want == "" && err == nil:
				if doc.Method("cat") == nil {
					t.Errorf("the methods are %v", doc.Methods)
				}
			case err == nil || !strings.Contains(err.Error(), test.want) || jsonrpc.CodeOf(err) != test.code:
				t.Errorf("the error is %v, want %s and code %d", err, test.want, test.code)
			}
		})
	}
}

func ExampleParse() {
	doc, err := openrpc.Parse([]byte(`{
		"openrpc": "1.3.2",
		"info": {"title": "Pets", "version": "1.0"},
		"methods": [{
			"name": "cat",
			"params": [{"name": "name", "required": true, "schema": {"type": "string"}}],
			"result": {"name": "sound", "schema": {"enum": ["meow", "purr"]}}
		}]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range doc.Methods {
		fmt.Println(m.Name, m.Params[0].Name, m.Result.Name)
		fmt.Println(string(openrpc.Sample(m.Result.Schema)))
	}
	// Output:
	// cat name sound
	// "meow"
}
