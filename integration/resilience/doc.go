// Package resilience makes the calls of a client survive servers that fail, are
// slow, or want to be asked less: retries, rate limits, circuit breakers, hedges.
//
//	client, err := jsonrpc.Dial(ctx, "https://node.example",
//		jsonrpc.WithIdempotent("eth_get*", "eth_call"),
//		resilience.New(
//			resilience.Retry{},
//			resilience.Gate{},
//			resilience.RateLimit{Calls: 25},
//			resilience.Breaker{},
//		))
//
// Each policy is a struct to fill in, whose zero fields mean documented defaults,
// and an interceptor of its own too (see [Policy]). They work with every
// transport, and with batches: of a batch only the failed items are sent again
// that may be.
//
// # What may be sent again
//
// A request that was certainly not sent, or one that is idempotent by the caller's
// word (see [jsonrpc.WithIdempotent]). Nothing else, whatever the server answered:
// a server may carry out a request and fail afterwards. A notification only if it
// was certainly not sent. What an outcome means is decided by
// [jsonrpc.Classify], or by a [Classifier] of your own: an error that the
// application means is an answer, not a failure.
//
// # The order
//
// [New] puts its policies into this order, the first outermost:
//
//	Dedupe       calls that ask the same share one answer
//	Retry        sends again what may be
//	Hedge        sends a second request when the first is slow
//	Breaker      refuses at once what goes to a server that is down
//	Gate         waits while the server has asked to be left alone
//	RateLimit    so many calls a second
//	Concurrency  so many messages at once
//
// So each attempt of a retry goes through the breaker and the limits, and a
// message waits for its turn before it takes a place. Other interceptors go
// outside, if they are to see one call, or inside, if they are to see each attempt:
// [jsonrpc.WithInterceptors] and New count in the order in which they are given.
// The log of [jsonrpc.WithLogger] is innermost and shows each attempt;
// [jsonrpc.Exchange.OnAttempt] tells an outer interceptor of each.
//
// # State
//
// Gate, Breaker, Hedge and the limits keep what they know by endpoint (see
// [jsonrpc.Exchange.Endpoint]), so that one New can serve many clients. No policy
// has a goroutine that outlives its calls: there is nothing to close.
//
// # Errors
//
// What a policy refuses to send ends in a [RefusedError], inside of a
// *transport.Error that says that nothing was sent. What was sent more than once,
// or could have been, and failed ends in a [RetryError], which holds the last
// error and says why there was no other attempt.
package resilience
