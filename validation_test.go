package jsonrpc_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

// TestReplies asks cat, with id 1, and gets each reply with validation on and
// off. What is not said for off is as for on.
func TestReplies(t *testing.T) {
	const (
		at      = "jsonrpc: cat at test:: "
		invalid = at + "the reply is not valid JSON-RPC 2.0: "
		accepts = " (WithValidation(false) accepts it)"
		notJSON = at + "the reply is not JSON: "
	)
	deep := strings.Repeat("[", 100_000)
	tests := map[string]struct {
		reply   string
		on, off string // the result's JSON in backquotes, or the error
	}{
		"a result":             {reply: `{"jsonrpc":"2.0","result":"meow","id":1}`, on: "`\"meow\"`"},
		"null":                 {reply: `{"jsonrpc":"2.0","result":null,"id":1}`, on: "`null`"},
		"any order, any space": {reply: " \r\n\t{ \"id\" : 1 ,\n\"result\" : { \"a\" : [ 1 , 2 ] } , \"jsonrpc\" : \"2.0\" } \n", on: "`{ \"a\" : [ 1 , 2 ] }`"},
		"extra members":        {reply: `{"jsonrpc":"2.0","result":1,"id":1,"took":3,"RESULT":2,"reſult":3,"result\u0000":4}`, on: "`1`"},
		"escaped names":        {reply: `{"\u006asonrpc":"\u0032.0","r\u0065sult":1,"id":1}`, on: "`1`"},
		"an error":             {reply: `{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}`, on: at + "Method not found (code -32601)"},
		"an error, id null":    {reply: `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"x"},"id":null}`, on: at + "Parse error (code -32700)"},
		"an error, no words":   {reply: `{"jsonrpc":"2.0","error":{"code":7,"message":""},"id":1}`, on: at + "the server answered with error code 7"},
		"an error on lines":    {reply: `{"jsonrpc":"2.0","error":{"code":7,"message":"a\n\u001b[31mb\u202e"},"id":1}`, on: at + "a \ufffd[31mb\ufffd (code 7)"},
		"a long error":         {reply: `{"jsonrpc":"2.0","error":{"code":7,"message":"` + strings.Repeat("é", 300) + `"},"id":1}`, on: at + strings.Repeat("é", 249) + "… (code 7)"},

		"nothing":           {reply: ``, on: at + "the server sent no response to the request"},
		"space":             {reply: " \n", on: at + "the server sent no response to the request"},
		"not JSON":          {reply: `{dodgy}`, on: notJSON + `unexpected "d", wanted a member's name at byte 1: {dodgy}`},
		"half of it":        {reply: `{"jsonrpc":"2.0","result":[1,2`, on: notJSON + `unexpected end, wanted `},
		"two replies":       {reply: `{"jsonrpc":"2.0","result":1,"id":1}{"jsonrpc":"2.0","result":2,"id":1}`, on: notJSON + `unexpected "{", wanted nothing after the reply at byte 35: `},
		"bad number":        {reply: `{"jsonrpc":"2.0","result":01,"id":1}`, on: notJSON + `unexpected "1", wanted ',' or '}' at byte 27: `},
		"bad number within": {reply: `{"jsonrpc":"2.0","result":[01],"id":1}`, on: notJSON + `unexpected "1", wanted ',' or ']' at byte 28: `},
		"bad brackets":      {reply: `{"jsonrpc":"2.0","result":[1},"id":1}`, on: notJSON + `unexpected "}", wanted ',' or ']' at byte 28: `},
		"invalid UTF-8":     {reply: "{\"jsonrpc\":\"2.0\",\"result\":\"\xff\",\"id\":1}", on: notJSON + `invalid UTF-8: {"jsonrpc":"2.0","result":"` + "\ufffd" + `","id":1}`},
		"100,000 arrays":    {reply: deep, on: at + "reply too large: nested deeper than 1000"},
		"within a result":   {reply: `{"jsonrpc":"2.0","id":1,"result":` + deep, on: at + "reply too large: nested deeper than 1000"},

		"a scalar":           {reply: `true`, on: invalid + "clause 5: it is not a response object: true"},
		"an object":          {reply: `{"json":"2.0"}`, on: invalid + `clause 5: it is not a response object: {"json":"2.0"}`},
		"our own request":    {reply: `{"jsonrpc":"2.0","method":"cat","id":1}`, on: invalid + `clause 5: it is not a response object: {"jsonrpc":"2.0","method":"cat","id":1}`},
		"result twice":       {reply: `{"jsonrpc":"2.0","result":1,"result":2,"id":1}`, on: invalid + `a member of the envelope is there twice: {"jsonrpc":"2.0","result":1,"result":2,"id":1}`},
		"id twice":           {reply: `{"jsonrpc":"2.0","id":2,"result":2,"id":1}`, on: invalid + `a member of the envelope is there twice: `},
		"another's id":       {reply: `{"jsonrpc":"2.0","result":1,"id":2}`, on: invalid + `clause 5: "id" is not the request's: {"jsonrpc":"2.0","result":1,"id":2}`},
		"another's error":    {reply: `{"jsonrpc":"2.0","error":{"code":1,"message":"m"},"id":2}`, on: invalid + `clause 5: "id" is not the request's: `},
		"an id of no type":   {reply: `{"jsonrpc":"2.0","result":1,"id":[1]}`, on: invalid + `clause 5: "id" is not the request's: `},
		"an array of two":    {reply: `[{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","result":2,"id":2}]`, on: invalid + `clause 6: an array answers a request that was no batch: `},
		"an array of nobody": {reply: `[]`, on: invalid + `clause 6: an array answers a request that was no batch: []`},

		"no jsonrpc":           {`{"result":1,"id":1}`, invalid + `clause 5: the member "jsonrpc" is missing: {"result":1,"id":1}` + accepts, "`1`"},
		"version 1.0":          {`{"jsonrpc":"1.0","result":1,"id":1}`, invalid + `clause 5: the member "jsonrpc" is not "2.0": {"jsonrpc":"1.0","result":1,"id":1}` + accepts, "`1`"},
		"version a number":     {`{"jsonrpc":2.0,"result":1,"id":1}`, invalid + `clause 5: the member "jsonrpc" is not "2.0": `, "`1`"},
		"error null too":       {`{"jsonrpc":"2.0","result":1,"error":null,"id":1}`, invalid + `clause 5: "result" and "error" are both there, one of them null: `, "`1`"},
		"result null too":      {`{"jsonrpc":"2.0","result":null,"error":{"code":1,"message":"m"},"id":1}`, invalid + `clause 5: "result" and "error" are both there, one of them null: `, at + "m (code 1)"},
		"error a string":       {`{"jsonrpc":"2.0","error":"boom","id":1}`, invalid + `clause 5.1: "error" is not an object: `, at + "boom"},
		"error a number":       {`{"jsonrpc":"2.0","error":42,"id":1}`, invalid + `clause 5.1: "error" is not an object: `, at + "42"},
		"error without a code": {`{"jsonrpc":"2.0","error":{"message":"boom"},"id":1}`, invalid + `clause 5.1: the error's "code" is not an integer: `, at + "boom"},
		"code a float":         {`{"jsonrpc":"2.0","error":{"code":-32601.0,"message":"m"},"id":1}`, invalid + `clause 5.1: the error's "code" is not an integer: `, at + "m (code -32601)"},
		"code a string":        {`{"jsonrpc":"2.0","error":{"code":"-32601","message":"m"},"id":1}`, invalid + `clause 5.1: the error's "code" is not an integer: `, at + "m (code -32601)"},
		"no message":           {`{"jsonrpc":"2.0","error":{"code":1},"id":1}`, invalid + `clause 5.1: the error's "message" is not a string: `, at + `{"code":1} (code 1)`},
		"id a string":          {`{"jsonrpc":"2.0","result":1,"id":"1"}`, invalid + `clause 5: "id" is the request's in another form: `, "`1`"},
		"id a float":           {`{"jsonrpc":"2.0","result":1,"id":1.0}`, invalid + `clause 5: "id" is the request's in another form: `, "`1`"},
		"id null":              {`{"jsonrpc":"2.0","result":1,"id":null}`, invalid + `clause 5: "id" is null though there is a result: `, "`1`"},
		"id missing":           {`{"jsonrpc":"2.0","result":1}`, invalid + `clause 5: the member "id" is missing: `, "`1`"},
		"an array of one":      {`[{"jsonrpc":"2.0","result":1,"id":1}]`, invalid + `clause 6: an array answers a request that was no batch: `, "`1`"},
		"a byte order mark":    {"\ufeff" + `{"jsonrpc":"2.0","result":1,"id":1}`, notJSON + `it begins with a byte order mark (WithValidation(false) accepts it): `, "`1`"},
		"neither":              {`{"jsonrpc":"2.0","id":1}`, invalid + `clause 5: neither "result" nor "error" is there: {"jsonrpc":"2.0","id":1}` + accepts, "`null`"},
	}
	for name, test := range tests {
		if test.off == "" {
			test.off = test.on
		}
		for _, validate := range []bool{true, false} {
			want := test.on
			if !validate {
				want = test.off
			}
			check := func(how string, result json.RawMessage, err error) {
				t.Helper()
				if quoted, ok := strings.CutPrefix(want, "`"); ok {
					if err != nil || string(result)+"`" != quoted {
						t.Errorf("%s (validation %v), %s: %s, %v", name, validate, how, result, err)
					}
				} else if err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("%s (validation %v), %s: %s, error and wanted\n%v\n%s", name, validate, how, result, err, want)
				}
			}
			// The client's option, and the call's over it.
			for _, call := range [][]jsonrpc.CallOption{{}, {jsonrpc.WithValidation(validate)}} {
				client := newClient(t, conversation1(test.reply), jsonrpc.WithValidation(validate == (len(call) == 0)))
				opts := append(slices.Clone(call), jsonrpc.WithID(jsonrpc.IntID(1)))
				raw, err := client.Request(t.Context(), "cat", nil, opts...)
				check("Request", raw, err)
				var value any
				err = client.Call(t.Context(), "cat", nil, &value, opts...)
				check("Call", raw, err) // which has no raw result of its own
				reply, err := client.Send(t.Context(), jsonrpc.Request{Method: "cat", ID: jsonrpc.IntID(1)}, call...)
				var result json.RawMessage
				if reply != nil {
					result = reply.Result()
				}
				check("Send", result, err)
			}
		}
	}
}

// conversation1 answers everything with one reply under the name test:.
func conversation1(reply string) named { return named{says(reply)} }

// named is a tripper with the endpoint test:.
type named struct{ tripper }

func (named) String() string { return "test:" }

func TestDeviationsAreTold(t *testing.T) {
	var told []jsonrpc.Deviation
	note := jsonrpc.WithDeviations(func(d jsonrpc.Deviation) { told = append(told, d) })
	client := newClient(t, conversation1("\ufeff"+`[{"result":1,"error":null,"id":"1"}]`), note, jsonrpc.WithValidation(false))
	if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
		t.Fatal(err)
	}
	want := []jsonrpc.Deviation{jsonrpc.DeviationNoVersion, jsonrpc.DeviationBoth, jsonrpc.DeviationIDForm, jsonrpc.DeviationArray, jsonrpc.DeviationByteOrder}
	if !slices.Equal(told, want) {
		t.Errorf("told %v", told)
	}
	told = nil
	client = newClient(t, conversation1(`{"jsonrpc":"2.0","result":1,"id":null}`), note, jsonrpc.WithValidation(false))
	if err := client.Notify(t.Context(), "log", nil); err != nil || !slices.Equal(told, []jsonrpc.Deviation{jsonrpc.DeviationAnswered}) {
		t.Errorf("%v, told %v", err, told)
	}
}
