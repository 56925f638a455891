package support

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// An example is a server that expects the params of an example and answers with
// its result.
type example struct {
	t              *testing.T
	method         string
	params, result string // JSON
}

func (e *example) Call(_ context.Context, method string, params, result any, _ ...jsonrpc.CallOption) error {
	e.check(method, params)
	if result == nil {
		return nil
	}
	return json.Unmarshal([]byte(e.result), result)
}

func (e *example) Notify(_ context.Context, method string, params any, _ ...jsonrpc.CallOption) error {
	e.check(method, params)
	return nil
}

func (e *example) Send(context.Context, jsonrpc.Message, ...jsonrpc.CallOption) (*jsonrpc.Reply, error) {
	return nil, errors.New("examples are calls")
}

func (e *example) check(method string, params any) {
	e.t.Helper()
	sent, err := json.Marshal(params)
	if err != nil {
		e.t.Fatal(err)
	}
	if method != e.method || !within(decode[any](e.t, string(sent)), decode[any](e.t, e.params)) {
		e.t.Errorf("sent is %s %s, and the example is %s %s", method, sent, e.method, e.params)
	}
}

// within tells whether all that was sent is in the example. Of the example, what
// the types do not know was not sent.
func within(sent, example any) bool {
	switch sent := sent.(type) {
	case nil:
		return true // an example of no params is []
	case map[string]any:
		object, ok := example.(map[string]any)
		for name, value := range sent {
			ok = ok && within(value, object[name])
		}
		return ok
	case []any:
		list, ok := example.([]any)
		for i, value := range sent {
			ok = ok && (i < len(list) && within(value, list[i]) || value == nil)
		}
		return ok
	case string:
		text, ok := example.(string)
		a, err1 := time.Parse(time.RFC3339, sent)
		b, err2 := time.Parse(time.RFC3339, text)
		return ok && (sent == text || err1 == nil && err2 == nil && a.Equal(b))
	}
	return reflect.DeepEqual(sent, example)
}

// decode makes a value of an example.
func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
