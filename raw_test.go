package jsonrpc_test

import (
	"testing"

	"example.com/jsonrpc"
)

func TestRawIsSentAsItIs(t *testing.T) {
	client := converse(t, `
		--> { "method" : "ping", "id" : "x", "jsonrpc" : "1.0" }
		<-- {"jsonrpc":"2.0","result":"pong","id":"x"}
		# Members in capitals are strangers.
		--> {"ID":1,"method":"log"}
		# Without a method it is no notification: the server answers that.
		--> {"foo":"bar"}
		<-- {"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}
		# The name of the member is escaped.
		--> {"method":"ping","\u0069d":7}
		<-- {"jsonrpc":"2.0","result":7,"id":7}
	`)
	reply, err := client.Send(t.Context(), jsonrpc.Raw(`{ "method" : "ping", "id" : "x", "jsonrpc" : "1.0" }`))
	if err != nil || string(reply.Result()) != `"pong"` || reply.Responses[0].ID != jsonrpc.StringID("x") || reply.Responses[0].Method != "ping" {
		t.Errorf("%+v, %v", reply, err)
	}
	reply, err = client.Send(t.Context(), jsonrpc.Raw(`{"ID":1,"method":"log"}`))
	if err != nil || len(reply.Responses) != 0 || reply.Result() != nil {
		t.Errorf("%+v, %v", reply, err)
	}
	_, err = client.Send(t.Context(), jsonrpc.Raw(`{"foo":"bar"}`))
	if jsonrpc.CodeOf(err) != jsonrpc.CodeInvalidRequest {
		t.Error(err)
	}
	reply, err = client.Send(t.Context(), jsonrpc.Raw(`{"method":"ping","\u0069d":7}`))
	if err != nil || string(reply.Result()) != "7" {
		t.Errorf("%+v, %v", reply, err)
	}
}

func TestRawBatch(t *testing.T) {
	const text = ` [ {"jsonrpc":"2.0","method":"a","id":1} , {"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","method":"b","params":[],"id":"2"} ] `
	client := converse(t, `
		--> `+text[1:len(text)-1]+`
		<-- [{"jsonrpc":"2.0","error":{"code":1,"message":"no b"},"id":"2"},{"jsonrpc":"2.0","result":"a","id":1}]
	`)
	reply, err := client.Send(t.Context(), jsonrpc.Raw(text[1:len(text)-1]))
	if err != nil {
		t.Fatal(err)
	}
	if len(reply.Responses) != 2 || string(reply.Responses[0].Result) != `"a"` {
		t.Errorf("%+v", reply.Responses)
	}
	wantError(t, reply.Responses[1].Err, "jsonrpc: b at test:: no b (code 1)")
}

func TestRawThatCannotBeSentIsRefused(t *testing.T) {
	tests := map[string]string{
		``:                           `the raw message is not JSON: unexpected end, wanted a value at byte 0`,
		`{`:                          `the raw message is not JSON: unexpected end, wanted a member's name at byte 1`,
		`{"method":"a"}}`:            `the raw message is not JSON: unexpected "}", wanted nothing more at byte 14`,
		`{"method":"a",}`:            `the raw message is not JSON: unexpected "}", wanted a member's name at byte 14`,
		"{\"method\":\"\xff\"}":      `the raw message is not JSON: invalid UTF-8`,
		`42`:                         `the raw message is neither an object nor an array`,
		`"ping"`:                     `the raw message is neither an object nor an array`,
		`null`:                       `the raw message is neither an object nor an array`,
		`[]`:                         `the batch is empty: add a request or a notification (clause 6)`,
		` [ ] `:                      `the batch is empty: add a request or a notification (clause 6)`,
		`[1]`:                        `an item of the raw batch is not an object`,
		`[{"method":"a"},[]]`:        `an item of the raw batch is not an object`,
		`{"method":"a","id":{}}`:     `the raw message's id is not a string, a number or null`,
		`{"method":"a","id":true}`:   `the raw message's id is not a string, a number or null`,
		`[{"method":"a","id":[{}]}]`: `the raw message's id is not a string, a number or null`,
	}
	client := converse(t, ``)
	for text, want := range tests {
		_, err := client.Send(t.Context(), jsonrpc.Raw(text))
		wantError(t, err, "jsonrpc: test:: not sent: "+want)
		as[*jsonrpc.MessageError](t, err)
	}
}
