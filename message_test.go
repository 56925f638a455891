package jsonrpc_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
)

type cat struct {
	Name  string   `json:"name"`
	Lives int      `json:"lives,omitempty"`
	Likes []string `json:"likes,omitempty"`
}

// hex encodes as a JSON string.
type hex int

func (h hex) MarshalText() ([]byte, error) { return []byte("0x2a"), nil }

// bad does not encode.
type bad struct{}

func (bad) MarshalJSON() ([]byte, error) { return nil, errors.New("out of ink") }

func TestRequestPrintsExactlyAsItIsSent(t *testing.T) {
	tests := map[string]struct {
		params any
		want   string // in a request's JSON, between method and id
	}{
		"nil leaves params out": {nil, ``},
		"by position":           {jsonrpc.Args{"Mittens", 9, true, nil}, `,"params":["Mittens",9,true,null]`},
		"none by position":      {jsonrpc.Args{}, `,"params":[]`},
		"by name, sorted":       {jsonrpc.Named{"name": "Mittens", "age": 9}, `,"params":{"age":9,"name":"Mittens"}`},
		"none by name":          {jsonrpc.Named{}, `,"params":{}`},
		"mixed":                 {jsonrpc.Args{"Foo", jsonrpc.Named{"age": 42}}, `,"params":["Foo",{"age":42}]`},
		"a struct":              {cat{Name: "Mittens"}, `,"params":{"name":"Mittens"}`},
		"a pointer to one":      {&cat{Name: "Mittens", Lives: 9}, `,"params":{"name":"Mittens","lives":9}`},
		"a map":                 {map[string]int{"b": 2, "a": 1}, `,"params":{"a":1,"b":2}`},
		"a slice":               {[]string{"a", "b"}, `,"params":["a","b"]`},
		"an array":              {[2]int{1, 2}, `,"params":[1,2]`},
		"raw JSON, as it is":    {json.RawMessage(` { "a" : 1.0 } `), `,"params":{ "a" : 1.0 }`},
		"raw JSON inside":       {jsonrpc.Args{json.RawMessage(`[1.50]`)}, `,"params":[[1.50]]`},
		"raw null":              {json.RawMessage(`null`), ``},
		"nil raw JSON":          {json.RawMessage(nil), ``},
		"a nil pointer":         {(*cat)(nil), ``},
		"a nil map":             {map[string]int(nil), ``},
		"nil Named":             {jsonrpc.Named(nil), ``},
		"nil Args":              {jsonrpc.Args(nil), ``},
		"numbers keep digits": {jsonrpc.Args{json.Number("1.000000000000000000001"), int64(math.MinInt64), uint64(math.MaxUint64), new(big.Int).Lsh(big.NewInt(1), 70)},
			`,"params":[1.000000000000000000001,-9223372036854775808,18446744073709551615,1180591620717411303424]`},
		"an empty json.Number":    {jsonrpc.Args{json.Number("")}, `,"params":[0]`},
		"text marshalers":         {jsonrpc.Args{hex(42), time.Unix(0, 0).UTC()}, `,"params":["0x2a","1970-01-01T00:00:00Z"]`},
		"no escapes for HTML":     {jsonrpc.Args{"<a&b>\u2028"}, `,"params":["<a&b>` + "\u2028" + `"]`},
		"quotes, controls, UTF-8": {jsonrpc.Args{"\"\\\n\x00é😀"}, `,"params":["\"\\\n\u0000é😀"]`},
		"bytes as base64":         {jsonrpc.Args{[]byte("abc")}, `,"params":["YWJj"]`},
		"nil inside is null":      {jsonrpc.Args{[]int(nil), map[string]int(nil)}, `,"params":[null,null]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			request := `{"jsonrpc":"2.0","method":"cat"` + test.want + `,"id":1}`
			notification := `{"jsonrpc":"2.0","method":"cat"` + test.want + `}`
			r := jsonrpc.Request{Method: "cat", Params: test.params, ID: jsonrpc.IntID(1)}
			n := jsonrpc.Notification{Method: "cat", Params: test.params}
			if r.String() != request {
				t.Errorf("printed %s", r)
			}
			if n.String() != notification {
				t.Errorf("printed %s", n)
			}
			if text, err := json.Marshal(r); err != nil || !json.Valid(text) {
				t.Errorf("json.Marshal: %s, %v", text, err)
			}
			client := converse(t, `
				--> `+request+`
				<-- {"jsonrpc":"2.0","result":null,"id":1}
				--> `+strings.Replace(request, `"id":1`, `"id":2`, 1)+`
				<-- {"jsonrpc":"2.0","result":null,"id":2}
				--> `+notification+`
				--> [`+request+`,`+notification+`]
				<-- [{"jsonrpc":"2.0","result":null,"id":1}]
			`, jsonrpc.WithIDs(jsonrpc.Decimal(2)))
			var b jsonrpc.Batch
			b.Add(r)
			b.Notify("cat", test.params)
			_, err1 := client.Send(t.Context(), r)
			err2 := client.Call(t.Context(), "cat", test.params, nil)
			err3 := client.Notify(t.Context(), "cat", test.params)
			_, err4 := client.Send(t.Context(), &b)
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRequestWithoutIDPrintsNull(t *testing.T) {
	if got := (jsonrpc.Request{Method: "cat"}).String(); got != `{"jsonrpc":"2.0","method":"cat","id":null}` {
		t.Error(got)
	}
}

func TestParamsThatCannotBeSentAreRefused(t *testing.T) {
	loop := map[string]any{}
	loop["self"] = loop
	tests := map[string]struct {
		params any
		want   string // a part of the error
	}{
		"a string":            {"Mittens", "params must be an array or an object, and a string encodes as a string: use jsonrpc.Args{…}"},
		"a number":            {42, "params must be an array or an object, and a int encodes as a number: use jsonrpc.Args{…}"},
		"a boolean":           {true, "params must be an array or an object, and a bool encodes as a boolean: use jsonrpc.Args{…}"},
		"a json.Number":       {json.Number("1"), "params must be an array or an object, and a json.Number encodes as a number: use jsonrpc.Args{…}"},
		"a text marshaler":    {hex(1), "params must be an array or an object, and a jsonrpc_test.hex encodes as a string: use jsonrpc.Args{…}"},
		"bytes":               {[]byte("ab"), "params must be an array or an object, and a []uint8 encodes as a string: use jsonrpc.Args{…}"},
		"a raw scalar":        {json.RawMessage(`"a"`), "params must be an array or an object, and a json.RawMessage encodes as a string: use jsonrpc.Args{…}"},
		"raw text not JSON":   {json.RawMessage(`{a}`), `raw params are not JSON: unexpected "a", wanted a member's name at byte 1`},
		"empty raw text":      {json.RawMessage{}, "raw params are not JSON: unexpected end, wanted a value at byte 0"},
		"raw invalid UTF-8":   {json.RawMessage("[\"\xff\"]"), "raw params are not JSON: invalid UTF-8"},
		"a channel":           {jsonrpc.Args{make(chan int)}, "not encode as JSON: "},
		"a function":          {func() {}, "not encode as JSON: "},
		"not a number":        {jsonrpc.Args{math.NaN()}, "not encode as JSON: "},
		"infinity":            {jsonrpc.Args{math.Inf(1)}, "not encode as JSON: "},
		"a cycle":             {loop, "not encode as JSON: "},
		"a marshaler's error": {jsonrpc.Args{bad{}}, "not encode as JSON: "},
		"no json.Number":      {jsonrpc.Args{json.Number("abc")}, "not encode as JSON: "},
	}
	client := converse(t, ``)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var b jsonrpc.Batch
			b.Add(jsonrpc.Request{Method: "cat", Params: test.params})
			_, requestErr := client.Request(t.Context(), "cat", test.params)
			_, sendErr := client.Send(t.Context(), jsonrpc.Notification{Method: "cat", Params: test.params})
			_, batchErr := client.Send(t.Context(), &b)
			for _, err := range []error{requestErr, client.Notify(t.Context(), "cat", test.params), sendErr, batchErr} {
				as[*jsonrpc.MessageError](t, err)
				if !strings.Contains(err.Error(), ": not sent: ") || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v\nwant %s", err, test.want)
				}
				if jsonrpc.MaybeSent(err) {
					t.Error("MaybeSent")
				}
			}
			if printed := (jsonrpc.Notification{Method: "cat", Params: test.params}).String(); !strings.HasPrefix(printed, "%!(not sent: ") {
				t.Errorf("printed %s", printed)
			}
		})
	}
}

func TestMethodWithoutNameIsRefused(t *testing.T) {
	client := converse(t, ``)
	wantError(t, client.Notify(t.Context(), "", nil), "jsonrpc: test:: not sent: the method has no name")
	_, err := client.Send(t.Context(), nil)
	wantError(t, err, "jsonrpc: test:: not sent: the message is nil")
}

func TestMethodNamesAreEscaped(t *testing.T) {
	client := converse(t, `--> {"jsonrpc":"2.0","method":"a\"\\\nü"}`)
	if err := client.Notify(t.Context(), "a\"\\\nü", nil); err != nil {
		t.Error(err)
	}
}
