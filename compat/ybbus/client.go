// Package ybbus has the client of github.com/ybbus/jsonrpc/v3, name for name, on
// package jsonrpc. A program changes the import and goes on:
//
//	import jsonrpc "example.com/jsonrpc/compat/ybbus"
//
// What is different: ids are checked, and so are replies as far as
// jsonrpc.WithValidation(false) goes; replies are bounded (64 MiB), and unknown members
// of one are never an error; params that are neither an array nor an object, which
// JSON-RPC does not know, are not sent; RPCRequest.JSONRPC is always "2.0".
package ybbus

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"example.com/jsonrpc"
)

// An RPCClient calls the methods of a server over HTTP.
type RPCClient interface {
	// Call calls a method. Params are those of [Params]. What the server said when
	// it said no is in the response, and the error is nil; the error is for what
	// went wrong otherwise, as an [HTTPError] if the status was 400 or more.
	Call(ctx context.Context, method string, params ...any) (*RPCResponse, error)
	// CallRaw sends a request as it is.
	CallRaw(ctx context.Context, request *RPCRequest) (*RPCResponse, error)
	// CallFor calls a method and decodes its result into out. The server's no is
	// the error, an [RPCError].
	CallFor(ctx context.Context, out any, method string, params ...any) error
	// CallBatch sends requests as one batch, with ids from 0 on, which it sets.
	CallBatch(ctx context.Context, requests RPCRequests) (RPCResponses, error)
	// CallBatchRaw sends requests as one batch, with the ids that they have.
	CallBatchRaw(ctx context.Context, requests RPCRequests) (RPCResponses, error)
}

// An HTTPClient sends requests, as *http.Client does.
type HTTPClient interface {
	Do(req *http.Request) (*http.Response, error)
}

// RPCClientOpts are the settings of a client.
type RPCClientOpts struct {
	// HTTPClient sends the requests.
	HTTPClient HTTPClient
	// CustomHeaders are sent with each request.
	CustomHeaders map[string]string
	// AllowUnknownFields is of no effect: they are always allowed.
	AllowUnknownFields bool
	// DefaultRequestID is the id of all requests of Call and CallFor.
	DefaultRequestID int
}

// An HTTPError says that a server answered with a status of 400 or more.
type HTTPError struct {
	Code int
	err  error
}

// Error says what went wrong.
func (e *HTTPError) Error() string { return e.err.Error() }

// Unwrap returns the error of package jsonrpc.
func (e *HTTPError) Unwrap() error { return e.err }

// NewClient returns a client for the server at a URL.
func NewClient(endpoint string) RPCClient { return NewClientWithOpts(endpoint, nil) }

// NewClientWithOpts returns a client with settings, which may be nil. A mistake in
// them, or in the URL, is the error of each call.
func NewClientWithOpts(endpoint string, opts *RPCClientOpts) RPCClient {
	if opts == nil {
		opts = &RPCClientOpts{}
	}
	dial := []jsonrpc.DialOption{jsonrpc.WithValidation(false)}
	switch c := opts.HTTPClient.(type) {
	case nil:
	case *http.Client:
		dial = append(dial, jsonrpc.WithHTTPClient(c))
	default:
		dial = append(dial, jsonrpc.WithHTTPTransport(doer{c}))
	}
	for name, value := range opts.CustomHeaders {
		dial = append(dial, jsonrpc.WithHeader(name, value))
	}
	c, err := jsonrpc.Dial(context.Background(), endpoint, dial...)
	return &client{c, err, opts.DefaultRequestID}
}

// doer makes an HTTPClient a RoundTripper.
type doer struct{ client HTTPClient }

func (d doer) RoundTrip(r *http.Request) (*http.Response, error) { return d.client.Do(r) }

type client struct {
	client    *jsonrpc.Client
	err       error // of making it
	defaultID int
}

func (c *client) Call(ctx context.Context, method string, params ...any) (*RPCResponse, error) {
	if c.err != nil {
		return nil, c.err
	}
	return c.CallRaw(ctx, NewRequestWithID(c.defaultID, method, params...))
}

func (c *client) CallRaw(ctx context.Context, request *RPCRequest) (*RPCResponse, error) {
	if c.err != nil {
		return nil, c.err
	}
	raw, err := c.client.Request(ctx, request.Method, request.Params, jsonrpc.WithID(jsonrpc.IntID(int64(request.ID))))
	return single(raw, err, request.ID)
}

func (c *client) CallFor(ctx context.Context, out any, method string, params ...any) error {
	response, err := c.Call(ctx, method, params...)
	switch {
	case err != nil:
		return err
	case response.Error != nil:
		return response.Error
	}
	return response.GetObject(out)
}

func (c *client) CallBatch(ctx context.Context, requests RPCRequests) (RPCResponses, error) {
	for i, r := range requests {
		r.ID, r.JSONRPC = i, "2.0"
	}
	return c.CallBatchRaw(ctx, requests)
}

func (c *client) CallBatchRaw(ctx context.Context, requests RPCRequests) (RPCResponses, error) {
	if c.err != nil {
		return nil, c.err
	}
	if len(requests) == 0 {
		return nil, errors.New("empty request list")
	}
	var b jsonrpc.Batch
	for _, r := range requests {
		b.Add(r.request())
	}
	reply, err := c.client.Send(ctx, &b)
	if reply == nil {
		return nil, httpError(err)
	}
	var responses RPCResponses
	for i := range reply.Responses {
		r := &reply.Responses[i]
		if response, err := newResponse(r.Result, r.Err, requests[i].ID); err == nil { // one that the server left out is none here
			responses = append(responses, response)
		}
	}
	page := (*HTTPError)(nil)
	if err = httpError(err); responses != nil && !errors.As(err, &page) {
		err = nil // it is that of an item
	}
	return responses, err
}

// single returns the response to one request. If it has an error and a status of
// 400 or more, there are both.
func single(raw json.RawMessage, err error, id int) (*RPCResponse, error) {
	response, failed := newResponse(raw, err, id)
	if failed != nil {
		return nil, httpError(failed)
	}
	if page := (*HTTPError)(nil); errors.As(httpError(err), &page) {
		return response, page
	}
	return response, nil
}

// httpError returns an HTTPError for an error with a status, others as they are.
func httpError(err error) error {
	if page := (*jsonrpc.HTTPError)(nil); errors.As(err, &page) && page.StatusCode >= http.StatusBadRequest {
		return &HTTPError{page.StatusCode, err}
	}
	return err
}

// newResponse returns a response, or the error if there was none.
func newResponse(raw json.RawMessage, err error, id int) (*RPCResponse, error) {
	response := &RPCResponse{JSONRPC: "2.0", ID: id}
	said := (*jsonrpc.Error)(nil)
	switch {
	case err == nil:
		response.Result = decodeNumbers(raw)
	case errors.As(err, &said):
		response.Error = &RPCError{Code: int(said.Code), Message: said.Message, Data: decodeNumbers(said.Data)}
	default:
		return nil, err
	}
	return response, nil
}
