// Package otel makes spans and metrics of the calls of a client, by the semantic
// conventions of OpenTelemetry for JSON-RPC:
//
//	client, err := jsonrpc.Dial(ctx, "https://node.example",
//		jsonrpc.WithInterceptors(otel.Interceptor(&otel.Options{Methods: otel.Methods("eth_*")})),
//		resilience.New(resilience.Retry{}),
//	)
//
// It needs the API of OpenTelemetry alone; without an SDK it costs next to
// nothing. The conventions are those of version 1.44.0, see docs/telemetry.md for
// each attribute.
//
// # Spans
//
// There is one span for each message: a call, a notification, or a batch. Put
// the interceptor outside of those that retry, by giving it first, and its span
// covers all attempts, with an event "jsonrpc.attempt" for each if there are
// several. For a span of each attempt, put another one with [Options].Attempts
// inside.
//
// A span's name is the method, if it is one of [Options].Methods, and otherwise
// jsonrpc. A failure sets its status. A batch whose requests failed in part has no
// error status: "jsonrpc.batch.item" events tell of them.
//
// # Metrics
//
// rpc.client.call.duration is a histogram of the same durations.
//
// # Trace context
//
// It travels in the headers of the message where there are any, in params._meta as
// the Model Context Protocol has it, or as members of the request: see [Carry].
//
// # Secrets
//
// Params, results, headers, and the path, user and query of the URL are in no
// attribute. A span's status has the server's own message, with the secrets masked
// that the client knows (see jsonrpc.WithSecrets); no text of a reply is in it
// otherwise.
package otel
