package jsonrpc

import (
	"context"
)

// A Caller is what methods can be called on: a [*Client], a [URL], or a stand-in
// for them in a test.
type Caller interface {
	Call(ctx context.Context, method string, params, result any, opts ...CallOption) error
	Notify(ctx context.Context, method string, params any, opts ...CallOption) error
	Send(ctx context.Context, m Message, opts ...CallOption) (*Reply, error)
}

// Call calls a method and returns its result as a T:
//
//	sound, err := jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Named{"name": "Mittens"})
//
// It is [Client.Call] with a type. On an error it returns the zero T.
func Call[T any](ctx context.Context, c Caller, method string, params any, opts ...CallOption) (T, error) {
	var result T
	if err := c.Call(ctx, method, params, &result, opts...); err != nil {
		var zero T
		return zero, err
	}
	return result, nil
}

// A Method is the name of a method with the types of its params and its result:
//
//	var Cube = jsonrpc.Method[jsonrpc.Args, int]("cube")
//
//	n, err := Cube.Call(ctx, client, jsonrpc.Args{3})
//
// P must be a type that encodes as a JSON array or object.
type Method[P, R any] string

// Call calls the method, see [Client.Call].
func (m Method[P, R]) Call(ctx context.Context, c Caller, params P, opts ...CallOption) (R, error) {
	return Call[R](ctx, c, string(m), params, opts...)
}

// Notify sends a notification of the method, see [Client.Notify].
func (m Method[P, R]) Notify(ctx context.Context, c Caller, params P, opts ...CallOption) error {
	return c.Notify(ctx, string(m), params, opts...)
}

// Queue adds a request for the method to a batch, see [Queue].
func (m Method[P, R]) Queue(b *Batch, params P) *Result[R] { return Queue[R](b, string(m), params) }
