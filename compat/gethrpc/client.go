// Package gethrpc has the client of github.com/ethereum/go-ethereum/rpc, method
// for method, on package jsonrpc. A program that calls nodes changes the import and
// goes on:
//
//	import rpc "example.com/jsonrpc/compat/gethrpc"
//
// What is beneath is a [jsonrpc.Client]: see [New] for its options, retries and
// pools among them, and [Client.JSONRPC] for what more it can do. Types of
// go-ethereum's own, and what takes its *rpc.Client, such as ethclient, are not
// here.
package gethrpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"sync"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A Client calls the methods of a node. It may be used by many goroutines at once.
type Client struct {
	client *jsonrpc.Client
	stream bool
	subs   *subscriptions

	mu     sync.Mutex
	header http.Header // under mu
}

// New makes a Client of a client of package jsonrpc, be it that of a pool. Nodes
// are not strict about the specification: dial it with
// jsonrpc.WithValidation(false), as [Dial] does. CanSubscribe says whether it talks
// over a stream. A subscription then ends once a lost connection has been made
// again, and not, as with [Dial], at once.
func New(client *jsonrpc.Client, canSubscribe bool) *Client {
	return &Client{client: client, stream: canSubscribe, subs: &subscriptions{}}
}

// JSONRPC returns the client beneath.
func (c *Client) JSONRPC() *jsonrpc.Client { return c.client }

// Dial is DialContext without a context.
func Dial(rawurl string) (*Client, error) { return DialContext(context.Background(), rawurl) }

// DialContext makes a client for a URL with the scheme http, https, ws or wss, or
// for the path of an IPC socket. The context is for the connection.
func DialContext(ctx context.Context, rawurl string) (*Client, error) {
	return DialOptions(ctx, rawurl)
}

// DialOptions is DialContext with options of jsonrpc.Dial, which take the place of
// those of go-ethereum: jsonrpc.WithHeader, jsonrpc.WithHTTPClient and so on.
func DialOptions(ctx context.Context, rawurl string, options ...jsonrpc.DialOption) (*Client, error) {
	u, err := url.Parse(rawurl)
	if err != nil {
		return nil, errors.New("gethrpc: the URL cannot be parsed") // its error quotes it
	}
	opts := []jsonrpc.DialOption{jsonrpc.WithValidation(false)}
	stream := true
	switch u.Scheme {
	case "http", "https":
		stream = false
	case "ws", "wss":
	case "": // go-ethereum's IPC has no framing: messages end where their brackets do
		rawurl = (&url.URL{Scheme: "unix", Path: rawurl}).String()
		opts = append(opts, jsonrpc.WithFraming(transport.Bare))
	default:
		return nil, fmt.Errorf("gethrpc: no known transport for URL scheme %q", u.Scheme)
	}
	subs := &subscriptions{}
	opts = append(opts, jsonrpc.WithStreamWrap(func(s transport.Stream) transport.Stream {
		return &watched{Stream: s, lost: subs.lost}
	}))
	client, err := jsonrpc.Dial(ctx, rawurl, append(opts, options...)...)
	if err != nil {
		return nil, err
	}
	return &Client{client: client, stream: stream, subs: subs}, nil
}

// Close closes the client. Calls under way end in an error.
func (c *Client) Close() { _ = c.client.Close() }

// SetHeader sets a header of all requests to come. It is for HTTP alone and
// changes nothing elsewhere.
func (c *Client) SetHeader(key, value string) {
	if c.stream {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.header = c.header.Clone()
	if c.header == nil {
		c.header = http.Header{}
	}
	c.header.Set(key, value)
}

func (c *Client) options() (opts []jsonrpc.CallOption) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, values := range c.header {
		opts = append(opts, jsonrpc.WithHeader(name, values...))
	}
	return opts
}

// params are the arguments of a call, by position. go-ethereum sends an empty
// array if there are none.
func params(args []any) any {
	if args == nil {
		return jsonrpc.Args{}
	}
	return jsonrpc.Args(args)
}

// Call is CallContext without a context.
func (c *Client) Call(result any, method string, args ...any) error {
	return c.CallContext(context.Background(), result, method, args...)
}

// CallContext calls a method with arguments by position and decodes its result
// into result, which is a pointer, or nil if nobody wants it. What the server said
// when it said no is an [Error], and a [DataError] too.
func (c *Client) CallContext(ctx context.Context, result any, method string, args ...any) error {
	if result != nil && reflect.TypeOf(result).Kind() != reflect.Pointer {
		return fmt.Errorf("call result parameter must be pointer or nil interface: %v", result)
	}
	return convert(c.client.Call(ctx, method, params(args), result, c.options()...))
}

// A BatchElem is one call of a batch.
type BatchElem struct {
	Method string
	Args   []any
	// Result is a pointer to what the result is decoded into. If it is nil, the
	// result is dropped.
	Result any
	// Error is set if the server said no to this call, did not answer it, or if
	// its result did not fit.
	Error error
}

// BatchCall is BatchCallContext without a context.
func (c *Client) BatchCall(b []BatchElem) error {
	return c.BatchCallContext(context.Background(), b)
}

// BatchCallContext sends all calls as one batch. The error is that of the batch as
// a whole; each call has one of its own in its element.
func (c *Client) BatchCallContext(ctx context.Context, b []BatchElem) error {
	if len(b) == 0 {
		return &callError{&jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "empty batch"}, nil}
	}
	var batch jsonrpc.Batch
	items := make([]*jsonrpc.Result[json.RawMessage], len(b))
	for i, elem := range b {
		items[i] = jsonrpc.Queue[json.RawMessage](&batch, elem.Method, params(elem.Args))
	}
	_, whole := c.client.Send(ctx, &batch, c.options()...)
	answered := false
	for i, item := range items {
		raw, err := item.Get()
		switch {
		case errors.Is(err, jsonrpc.ErrNoResponse):
			err = ErrMissingBatchResponse
		case err == nil && b[i].Result != nil:
			err = json.Unmarshal(raw, b[i].Result)
		}
		answered = answered || err == nil || jsonrpc.CodeOf(err) != 0
		b[i].Error = convert(err)
	}
	if whole == nil || answered { // what fails one item is in its element
		return nil
	}
	return convert(whole)
}

// Notify sends a notification, which nobody answers.
func (c *Client) Notify(ctx context.Context, method string, args ...any) error {
	return convert(c.client.Notify(ctx, method, params(args), c.options()...))
}

// SupportedModules calls the method rpc_modules.
func (c *Client) SupportedModules() (map[string]string, error) {
	var modules map[string]string
	ctx, cancel := context.WithTimeout(context.Background(), moduleTimeout)
	defer cancel()
	err := c.CallContext(ctx, &modules, "rpc_modules")
	return modules, err
}

const moduleTimeout = 10 * time.Second

// SupportsSubscriptions reports whether the transport can carry them.
func (c *Client) SupportsSubscriptions() bool { return c.stream }
