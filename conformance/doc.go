// Package conformance compares what package jsonrpc makes of a reply, with
// validation on, to what a JSON Schema validator makes of it.
//
// It is a module of tests alone, so that the validator is nobody's dependency.
// Its tests draw replies, valid, slightly wrong and very wrong ones, and ask two
// judges about each: the client, and an oracle that shares no code with it
// (encoding/json, the schema in testdata, and the rules that no schema can say:
// no member twice, the request's id, each request of a batch answered once).
// Any difference is a failure, printed with the number that draws it again:
//
//	go test ./conformance -replies 10000000
//	go test ./conformance -first 4711 -replies 1
//	go test ./conformance -fuzz FuzzConformance
package conformance
