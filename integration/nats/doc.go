// Package nats carries JSON-RPC over NATS, where any number of servers can stand
// behind a subject. Importing it makes [jsonrpc.Dial] understand the URLs of NATS:
//
//	import _ "example.com/jsonrpc/integration/nats"
//
//	client, err := jsonrpc.Dial(ctx, "nats://127.0.0.1:4222/rpc.pets")
//
// # URLs
//
//	nats://HOST:PORT/SUBJECT          calls
//	nats+tls://HOST:PORT/SUBJECT      the same over TLS
//	nats-sub://HOST:PORT/SUBJECT      what servers publish on a subject: events
//	nats-sub+tls://HOST:PORT/SUBJECT  the same over TLS
//
// Several servers of a cluster are written with commas: nats://A:4222,B:4222/SUBJECT.
// The port is 4222 if there is none. Options for TLS turn TLS on.
//
// A user name and a password stand in the URL, or come from jsonrpc.WithBasicAuth;
// a token stands in the place of the user name, or comes from
// jsonrpc.WithBearerToken. ?creds=FILE names a file with a JWT and its seed, and
// ?nkey=FILE one with the seed of an NKEY. Other headers (jsonrpc.WithHeader), of
// the client and of a call, go with each message as headers of NATS.
//
// # Calls
//
// A call is published with an inbox for its reply, a notification without. A
// batch is one message. A context that ends ends its call at once.
//
// If nobody listens on the subject, the call fails with ErrNoResponders, and
// jsonrpc.MaybeSent says that it was not sent: it may be sent again, or elsewhere.
// A message over the limit of the NATS server (max_payload, 1 MiB unless it was
// set) is refused before it is sent.
//
// NATS does not tell when the server that took a request goes away: such a call
// ends with its context. Give each call a timeout (jsonrpc.WithTimeout). If the
// connection to NATS itself breaks, calls under way fail at once, with an error
// that says that they may have been carried out, and calls after them wait until
// it is there again, see [Options.ReconnectWait].
//
// # Events
//
// What servers publish on a subject is events, or notifications for a handler, as
// with every stream:
//
//	events, err := jsonrpc.Dial(ctx, "nats-sub://127.0.0.1:4222/pets.>")
//	births, err := jsonrpc.Subscribe(ctx, events, jsonrpc.Notifications("born"), nil)
//	for event, err := range births.Events(ctx) { … }
//
// The queue of a subscription is bounded, and when the connection breaks it is
// made again, with a jsonrpc.Gap in the place of what was missed. With
// ?queue=NAME, each event goes to one only of those who have the same name.
//
// # Servers
//
// [Serve] makes a jsonrpc.Handler, such as a jsonrpc.Mux, a server behind a
// subject: one of a queue group, among which NATS divides the requests.
//
// # By hand
//
// [Dial] returns the transport for [jsonrpc.NewClient], and [DialSubscription] the
// stream for [jsonrpc.NewStreamClient].
package nats
