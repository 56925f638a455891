// Package zmq carries JSON-RPC over ZeroMQ. Importing it makes [jsonrpc.Dial]
// understand the URLs of ZeroMQ:
//
//	import _ "example.com/jsonrpc/integration/zmq"
//
//	client, err := jsonrpc.Dial(ctx, "zmq+tcp://127.0.0.1:5000")
//
// It is written in Go alone and needs no libzmq.
//
// # URLs
//
//	zmq+tcp://HOST:PORT      a DEALER socket
//	zmq+ipc:///PATH          the same on a Unix socket
//	zmq-req+tcp://HOST:PORT  REQ sockets
//	zmq-req+ipc:///PATH      the same on Unix sockets
//
// A user name and a password, in the URL (zmq+tcp://USER:PASSWORD@HOST:PORT) or
// by jsonrpc.WithBasicAuth, are given to the server by the mechanism PLAIN, in
// clear text. ?delimiter=no is for the servers described below. CURVE is not
// supported.
//
// # DEALER or REQ
//
// Use DEALER, with REP servers too. It keeps any number of calls in flight on
// one connection: a REP server works through them in order, a ROUTER server may
// answer in any order, and may send requests and notifications of its own. A call
// that is cancelled costs nothing more.
//
// REQ is for servers whose answers cannot be told apart by their ids, and for
// brokers that want one request at a time of each peer. Each call has a
// connection to itself while it lasts, of a few that are kept (see
// Options.Connections); a call that is cancelled costs its connection. Calls and
// notifications of different connections may overtake each other.
//
// A REP server must answer each message, so it answers notifications by an empty
// message, which is dropped.
//
// # The delimiter
//
// REQ sockets put an empty frame before a message, and REP sockets expect it.
// DEALER sockets put what they are told to: here the empty frame, so that REP
// servers, and ROUTER servers made for REQ clients, understand it. A ROUTER
// server that takes what follows the peer's identity for the message needs
// Options.NoDelimiter. Messages from the server are understood with and without
// it, and if they come in several frames these are joined.
//
// # What is different from libzmq
//
// A ZeroMQ socket hides whether it is connected: it queues what it cannot send,
// and waits for an answer for ever. Here, as with every transport of package
// jsonrpc, Dial fails if the server does not answer the handshake, calls fail
// when their connection breaks, with an error that says whether the request may
// have been sent, and the next call connects again. PINGs of the server are
// answered (ZMQ_HEARTBEAT_IVL).
//
// # By hand
//
// [Dial] returns the stream for [jsonrpc.NewStreamClient], and [DialREQ] the
// transport for [jsonrpc.NewClient]:
//
//	client, err := jsonrpc.NewStreamClient(ctx, "solver", func(ctx context.Context) (transport.Stream, error) {
//		return zmq.Dial(ctx, "ipc:///run/solver", &zmq.Options{NoDelimiter: true})
//	})
package zmq
