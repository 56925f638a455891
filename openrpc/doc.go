// Package openrpc reads OpenRPC documents, the descriptions of JSON-RPC services,
// of the versions 1.0 to 1.4 (https://spec.open-rpc.org).
//
// [Parse] reads a document, [Discover] asks a server for its own. References
// inside the document are resolved; what they lead to is shared, so that a
// recursive schema is a cycle of pointers. Nothing is ever fetched: a reference
// to another document stays unresolved and is named in [Document.Unresolved].
//
// [Sample] makes a value from a schema, for templates and mock servers.
package openrpc
