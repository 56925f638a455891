// Package auth has what authorizes the messages of a client for as long as it
// lives: tokens that expire, tokens made for each message, signed bodies, files
// that a server writes anew. Each is a [jsonrpc.Auth], for [jsonrpc.WithAuth],
// and works over HTTP and in the handshake of a WebSocket:
//
//	client, err := jsonrpc.Dial(ctx, "http://127.0.0.1:8332",
//		jsonrpc.WithAuth(auth.CookieFile("/home/me/.bitcoin/.cookie")))
//
// What does not change needs none of it: see [jsonrpc.WithBasicAuth],
// [jsonrpc.WithBearerToken] and [jsonrpc.WithHeader]. Digest authentication is in
// package integration/digest, because of its dependency.
package auth

import "net/http"

// authorization returns the one header that most of them are about.
func authorization(value string) http.Header { return http.Header{"Authorization": {value}} }
