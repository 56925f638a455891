package ybbus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"example.com/jsonrpc"
)

// An RPCRequest is a request. Params is an array, an object or nil: see [Params].
type RPCRequest struct {
	Method  string `json:"method"`
	Params  any    `json:"params,omitempty"`
	ID      int    `json:"id"`
	JSONRPC string `json:"jsonrpc"`
}

// RPCRequests are the requests of a batch.
type RPCRequests []*RPCRequest

// NewRequest returns a request with params of [Params], for CallRaw and CallBatch.
func NewRequest(method string, params ...any) *RPCRequest {
	return NewRequestWithID(0, method, params...)
}

// NewRequestWithID returns a request with an id.
func NewRequestWithID(id int, method string, params ...any) *RPCRequest {
	return &RPCRequest{Method: method, Params: Params(params...), ID: id, JSONRPC: "2.0"}
}

func (r *RPCRequest) request() jsonrpc.Request {
	return jsonrpc.Request{Method: r.Method, Params: r.Params, ID: jsonrpc.IntID(int64(r.ID))}
}

// Params returns the params that Call makes of its arguments: none of none; an
// argument alone that is a struct, a map, a slice or an array, or points to one, as
// it is, empty if it is nil; an array of all arguments otherwise.
func Params(params ...any) any {
	switch {
	case len(params) == 0:
		return nil
	case len(params) > 1 || params[0] == nil:
		return params
	}
	t := reflect.TypeOf(params[0])
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	v := reflect.ValueOf(params[0])
	switch v.Kind() {
	case reflect.Slice:
		if v.IsNil() {
			return []any{}
		}
	case reflect.Map:
		if v.IsNil() {
			return map[string]any{}
		}
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array, reflect.Interface:
		return params[0]
	}
	return params
}

// An RPCResponse is the response to a request: it has a Result or an Error.
type RPCResponse struct {
	JSONRPC string    `json:"jsonrpc"`
	Result  any       `json:"result,omitempty"` // numbers are json.Number
	Error   *RPCError `json:"error,omitempty"`
	ID      int       `json:"id"`
}

// An RPCError is what a server said when it said no.
type RPCError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// Error returns the code and the message.
func (e *RPCError) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// GetInt returns the result if it is an integer.
func (r *RPCResponse) GetInt() (int64, error) {
	n, err := get[json.Number](r, "an integer")
	if err != nil {
		return 0, err
	}
	return n.Int64()
}

// GetFloat returns the result if it is a number.
func (r *RPCResponse) GetFloat() (float64, error) {
	n, err := get[json.Number](r, "a number")
	if err != nil {
		return 0, err
	}
	return n.Float64()
}

// GetBool returns the result if it is true or false.
func (r *RPCResponse) GetBool() (bool, error) { return get[bool](r, "a boolean") }

// GetString returns the result if it is a string.
func (r *RPCResponse) GetString() (string, error) { return get[string](r, "a string") }

func get[T any](r *RPCResponse, what string) (T, error) {
	v, ok := r.Result.(T)
	if !ok {
		return v, fmt.Errorf("the result is a %T, not %s", r.Result, what)
	}
	return v, nil
}

// GetObject decodes the result by the rules of encoding/json.
func (r *RPCResponse) GetObject(toType any) error {
	text, err := json.Marshal(r.Result)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, toType)
}

// AsMap returns the responses by their ids.
func (res RPCResponses) AsMap() map[int]*RPCResponse {
	byID := make(map[int]*RPCResponse, len(res))
	for _, r := range res {
		byID[r.ID] = r
	}
	return byID
}

// RPCResponses are the responses to a batch, in the order of the requests.
type RPCResponses []*RPCResponse

// GetByID returns the response with an id, or nil.
func (res RPCResponses) GetByID(id int) *RPCResponse {
	for _, r := range res {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// HasError reports whether one of them is an error.
func (res RPCResponses) HasError() bool {
	for _, r := range res {
		if r.Error != nil {
			return true
		}
	}
	return false
}

// decodeNumbers decodes JSON with numbers as json.Number; what is none is nil.
func decodeNumbers(text []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	_ = d.Decode(&v) // package jsonrpc has checked it
	return v
}
