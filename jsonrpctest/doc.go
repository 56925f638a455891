// Package jsonrpctest is for tests of programs that speak JSON-RPC, and for
// anything that is to be shown without a network. docs/testing.md is a tour.
//
// A [Server] calls functions of Go by name and keeps strictly to JSON-RPC 2.0. [New]
// makes one for a test: it is reached by HTTP, WebSockets and sockets, takes
// expectations and remembers what came.
//
//	srv := jsonrpctest.New(t)
//	srv.HandleFunc("cube", func(n int) int { return n * n * n }, "n")
//	srv.Expect("cat").With(jsonrpc.Named{"name": "Mittens"}).Return("meow").Times(2)
//	client, err := jsonrpc.Dial(ctx, srv.URL("ws"))
//
// [Start] serves handlers over HTTP until the test ends, [Connect] makes a client
// that reaches them without a network, and [OpenRPC] has the handlers of a document.
// On streams, [PeerOf] is the client to be notified and asked.
//
// [Script] is for the server that does not keep to the rules, and for knowing
// exactly what was sent: it expects requests and sends replies as they are
// written down.
//
//	url := jsonrpctest.Script(t, `
//		--> {"jsonrpc":"2.0","method":"cat","id":1}
//		<-- HTTP 503 Retry-After: 1
//		<-- {"jsonrpc":"2.0","error":{"code":-32000,"message":"asleep"},"id":1}
//	`)
//
// [Cassette] records such a script from a real server, without its secrets, and
// plays it in all later runs. [Recorder] and [Player] are its halves.
//
// [Server.SetFaults] has a server fail as servers do, down to a reply that is cut at
// a given byte, and [Server.CountBy] finds out what was carried out twice. [NoLeaks]
// finds goroutines and sockets that a test has left.
package jsonrpctest
