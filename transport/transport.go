// Package transport carries JSON-RPC messages: bytes in, bytes out. It knows
// nothing of JSON-RPC and looks into no message.
//
// There are two seams. A [RoundTripper] sends one message and brings back the
// reply to it, as HTTP does. A [Stream] is a flow of messages both ways, as a
// socket is; package jsonrpc makes one into a RoundTripper by matching ids.
// Keeping them apart keeps HTTP from pretending to be a stream, where one
// refused POST would end the client.
//
// Most programs never import this package: jsonrpc.Dial picks a transport by
// the URL's scheme. Import it to set one up by hand, or to write your own.
package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
)

// A RoundTripper carries one message to a server and brings back the reply. It
// looks into neither. It may be used by many goroutines at once.
type RoundTripper interface {
	// RoundTrip sends m and returns once the reply has begun to arrive or, if
	// !m.Reply, once m is sent; the reader may be nil only if !m.Reply.
	//
	// The caller reads the reply and closes it, and does not use m.Body again
	// unless m was not kept (see [Message.Keep]). The reader is for one
	// goroutine. RoundTrip, and a Read of the reply, return soon after ctx
	// ends. An error is an *[Error] and wraps ctx's where that is the reason.
	// RoundTrip must not change m but for Keep.
	RoundTrip(ctx context.Context, m *Message) (io.ReadCloser, error)
}

// A Stream is a flow of whole messages both ways: a socket, a pipe, a
// WebSocket. One goroutine reads at a time, any number write. Package
// jsonrpctest/transporttest tests whether a Stream keeps to this contract.
type Stream interface {
	// Read appends the next message to buf and returns the longer slice. If
	// ctx ends first it returns ctx's error and loses nothing: the next Read
	// goes on where this one stopped. A *[FrameError] costs one message only.
	// An error that wraps io.EOF means the peer closed in order, and one that
	// wraps io.ErrUnexpectedEOF that it did not finish a message.
	Read(ctx context.Context, buf []byte) ([]byte, error)

	// Write sends msg whole or not at all, as far as the peer can tell, and
	// does not keep it. An error is an *[Error]; if ctx ends while msg waits to
	// be sent, Write returns and msg may be sent later all the same. If ctx has
	// ended before, nothing is sent.
	Write(ctx context.Context, msg []byte) error

	// Close ends the stream in the transport's own orderly way. Reads and
	// writes under way return soon after.
	Close() error
}

// A Message is one JSON-RPC message on its way to a server.
type Message struct {
	// Body is the message's JSON text, in UTF-8.
	Body []byte

	// Reply says whether an answer is due. It is false for notifications.
	Reply bool

	// Header holds headers for this message alone. They are added to those of
	// the transport; a name given here replaces that name there, and a name
	// without values removes it. A transport without headers refuses a
	// message that has some with [ErrNoHeaders].
	Header http.Header

	// Query is added to the query of the transport's URL, under the same rule.
	Query url.Values

	// Info is the sender's own note on the message, for wrappers that know the
	// sender. Transports leave it alone.
	Info any

	kept atomic.Bool
}

// Keep is called by a transport that may read m.Body after RoundTrip has
// returned. The sender then leaves Body to the garbage collector instead of
// using its memory again. The Message itself, and its maps, are the sender's
// again all the same: a transport that needs them longer copies them.
func (m *Message) Keep() { m.kept.Store(true) }

// Kept reports whether [Message.Keep] was called.
func (m *Message) Kept() bool { return m.kept.Load() }

// Reset makes m ready for another message and forgets everything in it.
func (m *Message) Reset() {
	m.Body, m.Reply, m.Header, m.Query, m.Info = nil, false, nil, nil, nil
	m.kept.Store(false)
}

// Replies may be more than a reader. Package jsonrpc asks for each of these
// with a type assertion.
type (
	// An HTTPReply came in an HTTP response.
	HTTPReply interface {
		io.ReadCloser
		// Response returns the response; its Body must not be used.
		Response() *http.Response
	}

	// A BytesReply is whole in memory already.
	BytesReply interface {
		io.ReadCloser
		// Bytes returns what has not been read yet. It is valid until Close.
		Bytes() []byte
	}

	// An EventsReply is a flow of messages, one of which answers the request,
	// as in text/event-stream. Next is used instead of Read.
	EventsReply interface {
		io.ReadCloser
		// Next returns the next message, of at most limit bytes, or io.EOF. It
		// is valid until the next call.
		Next(limit int64) ([]byte, error)
	}
)

// Errors of every transport.
var (
	// ErrTooLarge says that what came from the server was over a limit.
	ErrTooLarge = errors.New("reply too large")

	// ErrEncoding says that a reply is compressed in a way that cannot be read:
	// only gzip is, and what RegisterEncoding knows, and only if it is whole.
	ErrEncoding = errors.New("the reply cannot be decompressed")

	// ErrNoHeaders says that a message had headers or a query and the transport
	// has no place for them.
	ErrNoHeaders = errors.New("this transport cannot carry headers or query parameters for one message")
)

// An Error says that a message could not be sent or its reply not be read, and
// whether the server may have seen it.
type Error struct {
	// Op is what was being done: "connect", "authorize" (getting a token),
	// "send", "read" or "redirect".
	Op string
	// Sent is false only if the server cannot have seen the message, so that
	// sending it again is always safe.
	Sent bool
	// Err is the reason. It holds no URL and no secret.
	Err error
}

// Error returns the operation and the reason.
func (e *Error) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }
