// Package jsonrpc is a client for JSON-RPC 2.0 (https://www.jsonrpc.org/specification),
// and for the servers that exist, which bend it.
//
//	client, err := jsonrpc.Dial(ctx, "https://pets.example")
//	sound, err := jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Named{"name": "Mittens"})
//
// sends {"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1} and
// returns "meow".
//
// # Calling
//
// [Call] returns a result as a type, [Client.Call] decodes it into a variable,
// [Client.Request] returns its JSON. [Client.Notify] wants no answer.
// [Client.Send] sends a message made by hand: a [Request] or [Notification],
// which print as the JSON that is sent, a *[Batch], or [Raw] text. [Method]
// gives a method its types; [Bind] makes the function fields of a struct call
// the methods of a server. A [URL] is called without dialling, for scripts.
//
// # Params
//
// Params are by position, as [Args]; by name, as [Named] or a struct; or any
// other value that encodes as a JSON array or object. Nil leaves them out. The
// rules are those of encoding/json: its tags, its interfaces, its Number. A
// scalar is refused before anything is sent.
//
// # Results
//
// Results are decoded by the same rules, straight into the variable. In an any,
// numbers are float64, or json.Number with [WithNumbers]. [Rows] yields the items
// of an array as they arrive, in the memory of one.
//
// # Batches
//
//	var b jsonrpc.Batch
//	cubes := make([]*jsonrpc.Result[int], 10)
//	for i := range cubes {
//		cubes[i] = jsonrpc.Queue[int](&b, "cube", jsonrpc.Args{i})
//	}
//	_, err = client.Send(ctx, &b)
//	n, err := cubes[3].Get()
//
// The responses may come in any order. A request that fails fails alone.
// [WithCoalescing] makes batches of calls that are made at the same time, and
// [WithMaxBatch] divides batches that are too large.
//
// # Errors
//
// The errors of a call say the method and the endpoint, once, and can be told
// apart with errors.As and errors.Is; see [Client] for the list. What the server
// said is an [*Error] with its code, message and data. [CodeOf] returns the code
// of any error, [MaybeSent] whether the server may have seen the request.
//
// # Replies
//
// A reply is read once, within limits (see [WithMaxReply]), and given to the
// request whose id it has. With validation on, the default, it must satisfy the
// JSON-RPC 2.0 response schema, or the call ends in a [*ValidationError] that
// says which rule it breaks. [WithValidation](false) understands what real
// servers send instead: version 1.0, both a result and a null error, an error
// that is only a string, an id that is lost or in another form. Whatever could
// be somebody else's reply, or could mean two things, is refused either way;
// [Deviation] has the list. Names in the envelope are matched exactly, a
// duplicate member is an error, and so is anything after the reply.
//
// # Options
//
// An [Option] given to [Dial] counts for all calls; given to a call, for that
// call instead. Headers, query parameters and cookies merge, name by name.
// Options about connections, such as [WithCAFile], are for Dial and [NewPool], and
// the compiler sees to it. Everything that goes around calls, such as retries or
// tracing, is an [Interceptor].
//
//   - What is sent: [WithHeader], [WithQuery], [WithIDs], [WithID], [WithVersion1],
//     [WithRequestCompression].
//   - Who calls: [WithBasicAuth], [WithBearerToken], [WithBearer], [WithCookie],
//     [WithCookieJar], [WithClientCert], [WithClientCertificate], and [WithAuth] for
//     what package auth makes.
//   - Who may answer: [WithCAFile], [WithCAPool], [WithServerName], [WithTLSConfig],
//     [WithInsecureSkipVerify].
//   - How replies are read: [WithValidation], [WithDeviations], [WithMaxReply],
//     [WithNumbers], [WithCodec], [WithCompression], [WithHTTPResponse].
//   - When to give up, and what may be done twice: [WithTimeout], [WithIdempotent].
//   - Many calls at once: [WithCoalescing], [WithMaxBatch].
//   - Which way: [WithProxy], [WithAddress], [WithHTTPClient], [WithHTTPTransport],
//     [WithHTTPWrap], [WithLeanHTTP].
//   - On streams: [WithHandler], [WithFraming], [WithKeepAlive], [WithSubprotocols],
//     [WithProgress], [WithCancelNotice], [WithoutReconnect], [WithMaxBackoff],
//     [WithStreamWrap]; to a child process also [WithStderr] and [WithExitWait].
//   - What is told, and to whom: [WithLogger], [WithLogTrim], [WithSecrets],
//     [WithStreamErrors], [WithConnectionHook], [WithInterceptors].
//   - For pools: [WithStrategy], [WithSession], [WithAttempts], [WithAttemptTimeout],
//     [WithClassifier], [WithResting], [WithProbe].
//
// [DialOptions] makes one option of several. [WithNaming] is for [Bind].
//
// # Transports
//
// The scheme of the URL given to [Dial] picks the transport: http, https, ws,
// wss, tcp, tls, unix, or exec for a child process. [NewClient] takes any
// [transport.RoundTripper], [NewStreamClient] any [transport.Stream].
//
// On a stream (all but http and https) any number of calls can be under way, and
// the server may speak too: a [Handler], such as a [Mux], answers its requests,
// and [Subscribe] brings its notifications as events. When the connection
// breaks, calls under way fail, none is sent twice, the next call connects
// again, and subscriptions go on with a [Gap] between their events.
//
// # Many servers
//
// [NewPool] makes one client of many servers. A call goes to another one if it was
// not sent, or may be carried out twice ([WithIdempotent]), and if that may help
// ([Classify]). Servers that fail rest; they may come and go, and be found by [DNS].
//
// # Safety
//
// A password, a token, a query, or any other secret does not reach an error or a
// log ([WithSecrets] marks more). Redirects are followed only within the origin,
// and only by repeating the POST. Nothing is allocated on the word of a length
// header. No reply can make the client panic, hang beyond its context, or use more
// memory than twice its limit, besides what the variable takes that a result is
// decoded into: in an any, that can be twenty times the text.
package jsonrpc
