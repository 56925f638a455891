package jsonrpctest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

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
	return roundTrip(ctx, s, m)
}

// roundTrip answers a message of a client in the same program.
func roundTrip(ctx context.Context, s service, m *transport.Message) (io.ReadCloser, error) {
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
	in := &incoming{text: m.Body, header: m.Header.Clone()}
	s.arrive(in)
	var out *outgoing
	done := make(chan struct{})
	go func() {
		defer close(done) // even if the handler calls t.FailNow, which ends this goroutine
		out = s.respond(ctx, in)
	}()
	select {
	case <-done:
		if out == nil {
			out = &outgoing{}
		}
		return out.deliverMemory(ctx)
	case <-ctx.Done():
		return nil, endedError(ctx)
	}
}

func endedError(ctx context.Context) error {
	return &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
}

// deliverMemory hands over the reply, with what goes wrong with it: there are no
// bytes on a wire, so that a cut counts those of the text.
func (out *outgoing) deliverMemory(ctx context.Context) (io.ReadCloser, error) {
	f := &out.fault
	switch {
	case f.drop != nil:
		return nil, &transport.Error{Op: "read", Sent: true, Err: io.ErrUnexpectedEOF}
	case f.stall || !pause(ctx, f.late):
		<-ctx.Done()
		return nil, endedError(ctx)
	}
	body := out.body()
	if out.status == 0 && out.header == nil && f.wire == nil {
		return memoryReply{bytes.NewBuffer(body)}, nil
	}
	reply := &statusReply{ctx: ctx, body: body, wire: f.wire}
	if out.status != 0 || out.header != nil {
		status, header := out.head(len(body))
		reply.response = &http.Response{
			StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), Header: header,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)), Body: http.NoBody,
		}
		return httpReply{reply}, nil
	}
	return reply, nil
}

// memoryReply is a [transport.BytesReply].
type memoryReply struct{ *bytes.Buffer }

func (memoryReply) Close() error { return nil }

// A statusReply is the body of a reply with a status or a disturbance.
type statusReply struct {
	ctx      context.Context
	response *http.Response
	body     []byte
	sent     int
	wire     *disturbance // or nil
}

// httpReply is a [transport.HTTPReply].
type httpReply struct{ *statusReply }

func (r httpReply) Response() *http.Response { return r.response }

func (r *statusReply) Close() error { return nil }

func (r *statusReply) Read(p []byte) (int, error) {
	size := min(len(p), len(r.body)-r.sent)
	if d := r.wire; d != nil && len(p) > 0 {
		if d.cut {
			size = min(size, d.after-r.sent)
		}
		if d.piece > 0 {
			size = min(size, d.piece)
		}
		if d.cut && size <= 0 && r.sent >= d.after && r.sent < len(r.body) {
			if d.stall {
				<-r.ctx.Done()
				return 0, endedError(r.ctx)
			}
			return 0, &transport.Error{Op: "read", Sent: true, Err: io.ErrUnexpectedEOF}
		}
		if !pause(r.ctx, d.pause) {
			return 0, endedError(r.ctx)
		}
	}
	if size == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	copy(p, r.body[r.sent:r.sent+size])
	r.sent += size
	return size, nil
}
