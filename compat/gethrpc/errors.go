package gethrpc

import (
	"encoding/json"
	"errors"
	"fmt"

	"example.com/jsonrpc"
)

// Errors to compare with errors.Is.
var (
	// ErrNoResult says that the server sent no response to a call.
	ErrNoResult = errors.New("JSON-RPC response has no result")
	// ErrMissingBatchResponse says that a batch's reply left a call out.
	ErrMissingBatchResponse = errors.New("response batch did not contain a response to this call")
	// ErrClientQuit says that the client was closed.
	ErrClientQuit = errors.New("client is closed")
	// ErrSubscriptionQueueOverflow ends a subscription whose events nobody took.
	ErrSubscriptionQueueOverflow = errors.New("subscription queue overflow")
	// ErrNotificationsUnsupported says that the transport cannot carry
	// subscriptions.
	ErrNotificationsUnsupported = errors.New("notifications not supported")
)

// An Error is what a server said when it said no.
type Error interface {
	Error() string  // the server's message
	ErrorCode() int // its code
}

// A DataError has what the server added to it.
type DataError interface {
	Error() string
	ErrorData() any // decoded, or nil
}

// An HTTPError says that a server answered with an HTTP status that is none of
// success, and without an answer.
type HTTPError struct {
	StatusCode int
	Status     string
	Body       []byte // how it begins, 4 KiB at most

	err error
}

// Error returns the status and the body.
func (e HTTPError) Error() string {
	if len(e.Body) == 0 {
		return e.Status
	}
	return e.Status + ": " + string(e.Body)
}

// Unwrap returns the error of package jsonrpc.
func (e HTTPError) Unwrap() error { return e.err }

// callError is an Error and a DataError.
type callError struct {
	said *jsonrpc.Error
	err  error // that it was found in
}

// Error returns the server's message. If there is none, the code stands for it, as
// in go-ethereum.
func (e *callError) Error() string {
	if e.said.Message == "" {
		return fmt.Sprintf("json-rpc error %d", e.said.Code)
	}
	return e.said.Message
}

func (e *callError) ErrorCode() int { return int(e.said.Code) }
func (e *callError) Unwrap() error  { return e.err }

func (e *callError) ErrorData() any {
	var data any
	if json.Unmarshal(e.said.Data, &data) != nil {
		return nil // there was none
	}
	return data
}

// A namedError is one of this package's, for one of package jsonrpc.
type namedError struct{ name, err error }

func (e *namedError) Error() string   { return e.err.Error() }
func (e *namedError) Unwrap() []error { return []error{e.name, e.err} }

// convert returns the error that go-ethereum would have. That of package jsonrpc
// is inside.
func convert(err error) error {
	var (
		said *jsonrpc.Error
		page *jsonrpc.HTTPError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said):
		return &callError{said, err}
	case errors.As(err, &page):
		return HTTPError{page.StatusCode, page.Status, page.Body, err}
	case errors.Is(err, jsonrpc.ErrNoResponse):
		return &namedError{ErrNoResult, err}
	case errors.Is(err, jsonrpc.ErrClosed):
		return &namedError{ErrClientQuit, err}
	}
	return err
}
