package jsonrpc

import (
	"context"
	"iter"
	"net/http"
	"slices"
)

// An Invoker carries out one exchange: it sends the message of x and reads the
// reply to it. On return, x has the outcome. The error is that of the exchange
// as a whole; an item of a batch may have failed alone (see [Exchange.Responses]).
type Invoker func(ctx context.Context, x *Exchange) error

// An Interceptor goes around every call: it gets the next Invoker and returns
// one that does something before, after or instead of it. Logging, tracing,
// retries and limits are interceptors. Give them to [WithInterceptors].
//
// An Interceptor may call next more than once, one call after the other: the
// same message, with the same ids, is sent again. To send a part of it, or to send
// it twice at the same time, there are [Exchange.Part] and [Exchange.Copy].
type Interceptor func(next Invoker) Invoker

// chain puts interceptors around last, the first outermost.
func chain(last Invoker, interceptors []Interceptor) Invoker {
	for _, interceptor := range slices.Backward(interceptors) {
		last = interceptor(last)
	}
	return last
}

// Batch reports whether the message is a batch.
func (x *Exchange) Batch() bool { return x.batch }

// Method returns the method of a single request or notification, and "batch"
// for a batch.
func (x *Exchange) Method() string {
	if x.batch || len(x.items) == 0 {
		return "batch"
	}
	return x.items[0].method
}

// Requests yields the requests of the message in order, with their params as
// json.RawMessage. Notifications come with the zero ID.
func (x *Exchange) Requests() iter.Seq[Request] {
	return func(yield func(Request) bool) {
		for i := range x.items {
			it := &x.items[i]
			if !yield(Request{Method: it.method, Params: x.paramsOf(it), ID: it.id}) {
				return
			}
		}
	}
}

// Text returns the message as it is sent. It must not be changed or kept.
func (x *Exchange) Text() []byte { return x.msg.Body }

// ReplyDue reports whether the message asks for a reply: not if it has
// notifications only.
func (x *Exchange) ReplyDue() bool { return x.msg.Reply }

// Header returns the headers of this one call, to be read and changed. They are
// added to those of the session; a name without values removes one of those.
func (x *Exchange) Header() http.Header {
	if x.header == nil {
		x.header = http.Header{}
	}
	return x.header
}

// Endpoint returns where the message goes, without user, password and query. It
// is empty if the transport does not tell. Of a call of a [Pool] it is "pool", and
// the endpoint that it went to last once it has gone to one.
func (x *Exchange) Endpoint() string {
	if x.endpoint != "" {
		return x.endpoint
	}
	return x.client.endpoint
}

// KeepReply asks for the text of the reply to be kept for [Exchange.Reply]. It
// is for logs: the text is copied.
func (x *Exchange) KeepReply() { x.keep = true }

// Reply returns the text of the reply if [Exchange.KeepReply] was called before
// it was read. Of an event stream it is the message that answers.
func (x *Exchange) Reply() []byte { return x.text }

// ReplySize returns the size of the reply in bytes, after decompression. Of a call
// that went with others ([WithCoalescing]) it is that of its own response.
func (x *Exchange) ReplySize() int64 { return x.size }

// HTTPResponse returns the response that the reply came in: its status and its
// headers, not its body. It is nil if the reply did not come by HTTP or not at
// all.
func (x *Exchange) HTTPResponse() *http.Response { return x.response }

// HTTPStatus returns the status of that response, or 0 if there is none.
func (x *Exchange) HTTPStatus() int {
	if x.response == nil {
		return 0
	}
	return x.response.StatusCode
}

// Responses returns the outcome of each request in order, once next has
// returned; notifications have none. Result is nil unless the reply was kept.
func (x *Exchange) Responses() []Response {
	responses := make([]Response, 0, len(x.items))
	for i := range x.items {
		if it := &x.items[i]; !it.notification {
			responses = append(responses, Response{ID: it.id, Method: it.method, Result: it.raw, Err: it.err, set: x.set, secrets: x.secrets})
		}
	}
	return responses
}
