package ybbus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"testing"

	jsonrpc "example.com/jsonrpc/compat/ybbus"
	"example.com/jsonrpc/jsonrpctest"
)

type person struct {
	Name string `json:"name"`
}

// TestCalls: what is sent is what ybbus/jsonrpc sends, but for the order of members, and
// what comes back is what it makes of that.
func TestCalls(t *testing.T) {
	url := jsonrpctest.Script(t, `
		--> HTTP X-Key: k
		--> {"jsonrpc":"2.0","method":"getPerson","params":[4711],"id":9}
		<-- {"jsonrpc":"2.0","result":{"name":"Alex","age":35},"id":9}

		--> {"jsonrpc":"2.0","method":"rename","params":{"name":"Alex"},"id":9}
		<-- {"jsonrpc":"2.0","error":{"code":5,"message":"no","data":{"n":12345678901234567890}},"id":9}

		--> {"jsonrpc":"2.0","method":"rename","params":["a",null],"id":9}
		<-- {"jsonrpc":"2.0","error":{"code":5,"message":"no"},"id":9}

		--> {"jsonrpc":"2.0","method":"none","id":9}
		<-- HTTP 500
		<-- {"jsonrpc":"2.0","error":{"code":7,"message":"broken"},"id":9}

		--> {"jsonrpc":"2.0","method":"none","id":9}
		<-- HTTP 502 Content-Type: text/html
		<-- <h1>Bad Gateway</h1>

		--> {"jsonrpc":"2.0","method":"raw","params":[1],"id":17}
		<-- {"jsonrpc":"2.0","result":12345678901234567890,"id":17}

		--> [{"jsonrpc":"2.0","method":"a","params":[1],"id":0},{"jsonrpc":"2.0","method":"b","id":1},{"jsonrpc":"2.0","method":"c","id":2}]
		<-- [{"jsonrpc":"2.0","error":{"code":1,"message":"no"},"id":1},{"jsonrpc":"2.0","result":"A","id":0}]
	`)
	ctx := t.Context()
	client := jsonrpc.NewClientWithOpts(url, &jsonrpc.RPCClientOpts{CustomHeaders: map[string]string{"X-Key": "k"}, DefaultRequestID: 9})
	var p person
	if err := client.CallFor(ctx, &p, "getPerson", 4711); err != nil || p.Name != "Alex" {
		t.Errorf("%v, %v", p, err)
	}
	response, err := client.Call(ctx, "rename", &person{"Alex"})
	if err != nil || response.ID != 9 || response.Error == nil || response.Error.Code != 5 ||
		fmt.Sprint(response.Error.Data) != "map[n:12345678901234567890]" {
		t.Errorf("%v, %v", response, err)
	}
	said := (*jsonrpc.RPCError)(nil)
	if err := client.CallFor(ctx, &p, "rename", "a", nil); !errors.As(err, &said) || said.Error() != "5: no" {
		t.Errorf("%v", err)
	}
	page := (*jsonrpc.HTTPError)(nil)
	if response, err = client.Call(ctx, "none"); !errors.As(err, &page) || page.Code != 500 || response == nil || response.Error.Code != 7 {
		t.Errorf("%v, %v", response, err)
	}
	if response, err = client.Call(ctx, "none"); !errors.As(err, &page) || page.Code != 502 || response != nil {
		t.Errorf("%v, %v", response, err)
	}
	response, err = client.CallRaw(ctx, jsonrpc.NewRequestWithID(17, "raw", []int{1}))
	if err != nil || response.ID != 17 || response.Result != json.Number("12345678901234567890") {
		t.Errorf("%v, %v", response, err)
	}
	responses, err := client.CallBatch(ctx, jsonrpc.RPCRequests{jsonrpc.NewRequest("a", 1), jsonrpc.NewRequest("b"), jsonrpc.NewRequest("c")})
	if err != nil || len(responses) != 2 || !responses.HasError() || responses.GetByID(2) != nil || responses.AsMap()[1].Error.Code != 1 {
		t.Errorf("%v, %v", responses, err)
	}
	if s, err := responses.GetByID(0).GetString(); s != "A" || err != nil {
		t.Errorf("%s, %v", s, err)
	}
	if _, err := client.CallBatch(ctx, nil); err == nil {
		t.Error("an empty batch was sent")
	}
}

func TestParams(t *testing.T) {
	one := 1
	for _, test := range []struct {
		params []any
		want   string
	}{
		{nil, `null`}, {[]any{nil}, `[null]`}, {[]any{1}, `[1]`}, {[]any{"x", nil}, `["x",null]`}, {[]any{&one}, `[1]`},
		{[]any{[]int{1, 2}}, `[1,2]`}, {[]any{[]int(nil)}, `[]`}, {[]any{map[string]int(nil)}, `{}`}, {[]any{map[string]int{"a": 1}}, `{"a":1}`},
		{[]any{person{"A"}}, `{"name":"A"}`}, {[]any{&person{"A"}}, `{"name":"A"}`}, {[]any{[2]int{1, 2}}, `[1,2]`}, {[]any{person{"A"}, 1}, `[{"name":"A"},1]`},
	} {
		got, err := json.Marshal(jsonrpc.Params(test.params...))
		if string(got) != test.want || err != nil {
			t.Errorf("%v: got %s, %v, want %s", test.params, got, err, test.want)
		}
	}
}

func TestGet(t *testing.T) {
	response := func(result any) *jsonrpc.RPCResponse { return &jsonrpc.RPCResponse{Result: result} }
	for _, test := range []struct {
		get  any // a method of RPCResponse
		in   any
		want any // nil for an error
	}{
		{(*jsonrpc.RPCResponse).GetInt, json.Number("7"), int64(7)}, {(*jsonrpc.RPCResponse).GetInt, json.Number("7.5"), nil},
		{(*jsonrpc.RPCResponse).GetInt, "7", nil}, {(*jsonrpc.RPCResponse).GetFloat, json.Number("7.5"), 7.5},
		{(*jsonrpc.RPCResponse).GetFloat, nil, nil}, {(*jsonrpc.RPCResponse).GetBool, true, true}, {(*jsonrpc.RPCResponse).GetBool, "true", nil},
		{(*jsonrpc.RPCResponse).GetString, "x", "x"}, {(*jsonrpc.RPCResponse).GetString, true, nil},
	} {
		out := reflect.ValueOf(test.get).Call([]reflect.Value{reflect.ValueOf(response(test.in))})
		if failed := !out[1].IsNil(); failed != (test.want == nil) || !failed && out[0].Interface() != test.want {
			t.Errorf("%v: got %v, %v, want %v", test.in, out[0], out[1], test.want)
		}
	}
}

// doFunc is an HTTPClient that is no *http.Client.
type doFunc func(*http.Request) (*http.Response, error)

func (f doFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestHTTPClients(t *testing.T) {
	srv := jsonrpctest.New(t)
	srv.HandleFunc("ping", func() string { return "pong" })
	used := 0
	for _, c := range []jsonrpc.HTTPClient{nil, &http.Client{}, doFunc(func(r *http.Request) (*http.Response, error) {
		used++
		return http.DefaultClient.Do(r)
	})} {
		client := jsonrpc.NewClientWithOpts(srv.URL("http"), &jsonrpc.RPCClientOpts{HTTPClient: c})
		if response, err := client.Call(t.Context(), "ping"); err != nil || response.Result != "pong" {
			t.Errorf("%v, %v", response, err)
		}
	}
	if used != 1 {
		t.Errorf("the client was used %d times", used)
	}
	bad := jsonrpc.NewClient("http://[::1")
	for name, call := range map[string]func(ctx context.Context) error{
		"Call":    func(ctx context.Context) error { _, err := bad.Call(ctx, "x"); return err },
		"CallRaw": func(ctx context.Context) error { _, err := bad.CallRaw(ctx, jsonrpc.NewRequest("x")); return err },
		"CallFor": func(ctx context.Context) error { return bad.CallFor(ctx, nil, "x") },
		"CallBatch": func(ctx context.Context) error {
			_, err := bad.CallBatch(ctx, jsonrpc.RPCRequests{jsonrpc.NewRequest("x")})
			return err
		},
	} {
		if err := call(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
