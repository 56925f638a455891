package jsonrpctest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"example.com/jsonrpc"
)

// Func makes a [Handler] of an ordinary function.
//
// Params by position become its arguments, those of a variadic function
// included. Params by name do so if the names of the arguments are given, as Go
// does not keep them:
//
//	jsonrpctest.Func(func(minuend, subtrahend int) int { return minuend - subtrahend }, "minuend", "subtrahend")
//
// or, as a whole, if the only argument is a struct or a map. An argument that is
// a pointer may be left out, and is then nil. A first argument that is a
// [context.Context] is the handler's, and no param.
//
// The function returns nothing, a result, an error, or both. Params are decoded
// by the rules of encoding/json, into an any with all digits of their numbers
// (json.Number). Params that do not fit, unknown ones and missing ones end in
// an error with the code [jsonrpc.CodeInvalidParams] that says what was expected.
//
// Func panics if f is not such a function.
func Func(f any, names ...string) Handler {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		panic(fmt.Sprintf("jsonrpctest: Func needs a function, got %T", f))
	}
	s := newSignature(v.Type(), names)
	return func(ctx context.Context, params json.RawMessage) (any, error) {
		var in []reflect.Value
		if s.context {
			in = append(in, reflect.ValueOf(&ctx).Elem())
		}
		arguments, err := s.arguments(params)
		if err != nil {
			return nil, &jsonrpc.Error{
				Code:    jsonrpc.CodeInvalidParams,
				Message: fmt.Sprintf("Invalid params: %v, expected %s", err, s),
			}
		}
		return s.outcome(v.Call(append(in, arguments...)))
	}
}

// A signature is what a function takes and returns.
type signature struct {
	context  bool           // it takes one, first
	params   []reflect.Type // the others; of a variadic one the item's type
	names    []string       // of params, or nil
	variadic bool
	result   bool // it returns one
	err      bool // it returns one, last
}

// newSignature panics if t is not fit for a handler.
func newSignature(t reflect.Type, names []string) *signature {
	s := &signature{variadic: t.IsVariadic(), names: names}
	for in := range t.Ins() {
		s.params = append(s.params, in)
	}
	if len(s.params) > 0 && s.params[0] == reflect.TypeFor[context.Context]() {
		s.context = true
		s.params = s.params[1:]
	}
	if s.variadic {
		last := &s.params[len(s.params)-1]
		*last = (*last).Elem()
	}
	if len(names) > 0 && len(names) != len(s.params) {
		panic(fmt.Sprintf("jsonrpctest: Func got %d names for the %d params of %v", len(names), len(s.params), t))
	}
	outs := t.NumOut()
	if outs > 0 && t.Out(outs-1) == reflect.TypeFor[error]() {
		s.err = true
		outs--
	}
	s.result = outs == 1
	// A nil *jsonrpc.Error would not be a nil error.
	if outs > 1 || s.result && t.Out(0).Implements(reflect.TypeFor[error]()) {
		panic(fmt.Sprintf("jsonrpctest: Func needs a function that returns a result, an error, or both in this order, got %v", t))
	}
	return s
}

// outcome makes a handler's outcome of what the function returned.
func (s *signature) outcome(out []reflect.Value) (result any, err error) {
	if s.err {
		err, _ = reflect.TypeAssert[error](out[len(out)-1])
	}
	if s.result {
		result = out[0].Interface()
	}
	return result, err
}
