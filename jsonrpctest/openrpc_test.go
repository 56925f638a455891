package jsonrpctest_test

import (
	"errors"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/openrpc"
)

const petsDocument = `{
	"openrpc": "1.3.2",
	"info": {"title": "Pets", "version": "1"},
	"methods": [
		{"name": "sound", "params": [
			{"name": "name", "required": true, "schema": {"type": "string"}},
			{"name": "times", "schema": {"type": "integer"}}
		 ],
		 "result": {"name": "sound", "schema": {"type": "string"}},
		 "examples": [
			{"name": "a cat", "params": [{"name": "name", "value": "Mittens"}], "result": {"name": "sound", "value": "meow"}},
			{"name": "a dog", "params": [{"name": "name of the pet", "value": "Rex"}, {"name": "how often", "value": 2}], "result": {"name": "sound", "value": "woof, woof"}}
		 ]},
		{"name": "named", "paramStructure": "by-name", "params": [{"name": "a", "schema": true}], "result": {"name": "r", "schema": {"type": "integer", "minimum": 3}}},
		{"name": "placed", "paramStructure": "by-position", "params": [{"name": "a", "schema": true}], "result": {"name": "r", "schema": {"enum": ["x"]}}},
		{"name": "seen", "params": []},
		{"name": "rpc.discover", "params": [], "result": {"name": "document", "schema": {"$ref": "https://meta.open-rpc.org/"}}}
	]
}`

func TestOpenRPC(t *testing.T) {
	doc, err := openrpc.Parse([]byte(petsDocument))
	if err != nil {
		t.Fatal(err)
	}
	client := jsonrpctest.Connect(jsonrpctest.OpenRPC(doc))
	defer func() { _ = client.Close() }()
	for _, test := range []struct {
		name, method string
		params       any
		want         string // the result, or the error
	}{
		{"an example", "sound", jsonrpc.Args{"Rex", 2.0}, `"woof, woof"`},
		{"an example by name", "sound", jsonrpc.Named{"times": 2, "name": "Rex"}, `"woof, woof"`},
		{"an example with null for nothing", "sound", jsonrpc.Args{"Mittens", nil}, `"meow"`},
		{"no example", "sound", jsonrpc.Args{"Polly"}, `"meow"`},
		{"a sample", "named", jsonrpc.Named{"a": 1}, `3`},
		{"a sample without params", "placed", nil, `"x"`},
		{"a notification that is called", "seen", nil, `null`},
		{"a param is missing", "sound", nil, `Invalid params: the param "name" is missing (code -32602)`},
		{"a param too many", "sound", jsonrpc.Args{1, 2, 3}, `Invalid params: sound takes 2 params at most, not 3 (code -32602)`},
		{"a wrong name", "sound", jsonrpc.Named{"name": "Rex", "b": 1, "a": 1}, `Invalid params: sound has no param "a" or "b" (code -32602)`},
		{"by position", "named", jsonrpc.Args{1}, `Invalid params: named takes its params by name, in an object (code -32602)`},
		{"by name", "placed", jsonrpc.Named{"a": 1}, `Invalid params: placed takes its params by position, in an array (code -32602)`},
		{"no such method", "purr", nil, `Method not found (code -32601)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, err := client.Request(t.Context(), test.method, test.params)
			got := string(result)
			if err != nil {
				e := err
				if said := (*jsonrpc.Error)(nil); errors.As(err, &said) {
					e = said
				}
				got = e.Error()
			}
			if got != test.want {
				t.Errorf("the answer is %s, want %s", got, test.want)
			}
		})
	}
	found, err := openrpc.Discover(t.Context(), client)
	if err != nil || found.Method("sound") == nil {
		t.Errorf("the document is %v, %v", found, err)
	}
}

// TestOpenRPCOnStreams: the same methods are there on every kind of connection.
func TestOpenRPCOnStreams(t *testing.T) {
	doc, err := openrpc.Parse([]byte(petsDocument))
	if err != nil {
		t.Fatal(err)
	}
	srv := jsonrpctest.New(t)
	for name, h := range jsonrpctest.OpenRPC(doc) {
		srv.Handle(name, h)
	}
	for _, scheme := range []string{"http", "ws", "tcp"} {
		client, err := jsonrpc.Dial(t.Context(), srv.URL(scheme))
		if err != nil {
			t.Fatal(err)
		}
		sound, err := jsonrpc.Call[string](t.Context(), client, "sound", jsonrpc.Args{"Rex", 2})
		if err != nil || sound != "woof, woof" {
			t.Errorf("%s: %q, %v", scheme, sound, err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
}
