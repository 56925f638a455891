// Package jsonrpctest has JSON-RPC servers for tests: of programs that call one,
// and of anything that is to be shown without a network.
//
// A [Server] calls functions of Go by name and keeps strictly to JSON-RPC 2.0.
// [Start] serves it over HTTP until the test ends, [Connect] makes a client that
// reaches it without a network:
//
//	url := jsonrpctest.Start(t, jsonrpctest.Handlers{
//		"cube": jsonrpctest.Func(func(n int) int { return n * n * n }, "n"),
//	})
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
package jsonrpctest
