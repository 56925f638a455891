package jsonrpc

import (
	"context"
	"encoding/json"
)

// A URL is a server that is called once, as in a script: each call dials, calls
// and closes.
//
//	sound, err := jsonrpc.Call[string](ctx, jsonrpc.URL("https://pets.example"), "cat", nil)
//
// Programs that call more than once should [Dial], which keeps the connection.
type URL string

// Request is [Client.Request] on a client of its own.
func (u URL) Request(ctx context.Context, method string, params any, opts ...CallOption) (json.RawMessage, error) {
	var result json.RawMessage
	if err := u.Call(ctx, method, params, &result, opts...); err != nil {
		return nil, err
	}
	return result, nil
}

// Call is [Client.Call] on a client of its own.
func (u URL) Call(ctx context.Context, method string, params, result any, opts ...CallOption) error {
	c, err := Dial(ctx, string(u))
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Call(ctx, method, params, result, opts...)
}

// Notify is [Client.Notify] on a client of its own.
func (u URL) Notify(ctx context.Context, method string, params any, opts ...CallOption) error {
	c, err := Dial(ctx, string(u))
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Notify(ctx, method, params, opts...)
}

// Send is [Client.Send] on a client of its own.
func (u URL) Send(ctx context.Context, m Message, opts ...CallOption) (*Reply, error) {
	c, err := Dial(ctx, string(u))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Send(ctx, m, opts...)
}
