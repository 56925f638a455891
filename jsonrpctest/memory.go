package jsonrpctest

import (
	"bytes"
	"context"
	"io"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// Connect returns a client for a server with these methods. There is no network
// between them, which makes it fit for examples and for the fake clock of
// testing/synctest. It panics if an option is wrong.
//
// Connect(handlers) is jsonrpc.NewClient(NewServer(handlers)) without the error.
func Connect(handlers Handlers, opts ...jsonrpc.ClientOption) *jsonrpc.Client {
	client, err := jsonrpc.NewClient(NewServer(handlers), opts...)
	if err != nil {
		panic(err)
	}
	return client
}

var _ transport.RoundTripper = (*Server)(nil)

// RoundTrip answers a message of a client in the same program, see
// [transport.RoundTripper].
func (s *Server) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	if ctx.Err() != nil {
		return nil, &transport.Error{Op: "send", Err: context.Cause(ctx)}
	}
	if len(m.Query) > 0 {
		return nil, &transport.Error{Op: "send", Err: transport.ErrNoHeaders}
	}
	if int64(len(m.Body)) > s.maxBody() {
		return memoryReply{bytes.NewBuffer(s.tooLarge())}, nil
	}
	// A handler that does not look at its context goes on when nobody waits for
	// it any more. Then m itself is used again; its body, once kept, is not.
	m.Keep()
	body, header := m.Body, m.Header.Clone()
	var reply []byte
	done := make(chan struct{})
	go func() {
		defer close(done) // even if the handler calls t.FailNow, which ends this goroutine
		reply = s.answer(context.WithValue(ctx, headerKey{}, header), body)
	}()
	select {
	case <-done:
		return memoryReply{bytes.NewBuffer(reply)}, nil
	case <-ctx.Done():
		return nil, &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
	}
}

// memoryReply is a [transport.BytesReply].
type memoryReply struct{ *bytes.Buffer }

func (memoryReply) Close() error { return nil }
