package jsonrpc

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"example.com/jsonrpc/transport"
)

// Codes that the specification reserves (clause 5.1). Servers use -32000 to
// -32099 for their own purposes, and real ones any other number.
const (
	CodeParseError     = -32700 // the server could not parse the request
	CodeInvalidRequest = -32600 // the request was not a valid one
	CodeMethodNotFound = -32601 // there is no such method
	CodeInvalidParams  = -32602 // the params do not fit the method
	CodeInternalError  = -32603 // the server failed
)

// An Error is what a server said when it did not answer with a result: the
// error object of clause 5.1. Find it with errors.As in the error of any call.
type Error struct {
	// Code says what kind of error it is. It is 0 if the server gave none and
	// validation is off.
	Code int64 `json:"code"`
	// Message is the server's own sentence.
	Message string `json:"message"`
	// Data is what the server added, as it came; nil if nothing. Of an error
	// that is no error object (validation off), it is the whole value.
	Data json.RawMessage `json:"data,omitempty"`
}

// Error returns the server's message and code.
func (e *Error) Error() string {
	message := clean(e.Message, maxErrorText)
	switch {
	case message == "":
		return fmt.Sprintf("the server answered with error code %d", e.Code)
	case e.Code == 0:
		return message
	}
	return fmt.Sprintf("%s (code %d)", message, e.Code)
}

// Is reports whether target is an *Error of the same code, so that errors.Is finds
// what a server said by its code alone:
//
//	errors.Is(err, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound})
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// DataAs decodes the data of an error. If there is none, it returns the zero T.
func DataAs[T any](e *Error) (T, error) {
	var data T
	if len(e.Data) == 0 {
		return data, nil
	}
	err := decode(e.Data, &data, false)
	return data, err
}

// CodeOf returns the code of the [Error] in err, or 0 if the server did not say
// no, or not with a code.
func CodeOf(err error) int64 {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// A ParseResponseError says that a reply was not JSON. Nothing of it was used.
type ParseResponseError struct {
	Reply []byte // how the reply begins, 4 KiB at most
	Err   error  // what is wrong with it, and where
}

// Error says what is wrong and how the reply begins.
func (e *ParseResponseError) Error() string {
	return fmt.Sprintf("the reply is not JSON: %v: %s", e.Err, clean(string(e.Reply), maxErrorText))
}

// Unwrap returns what is wrong.
func (e *ParseResponseError) Unwrap() error { return e.Err }

// A ValidationError says that a reply was JSON but not the JSON-RPC 2.0 response
// to the request. With [WithValidation](false) most such replies are understood;
// those that could be somebody else's, or could mean two things, never are.
type ValidationError struct {
	// Deviation is the rule that was broken.
	Deviation Deviation
	// Reply is how the reply, or the item of a batch, begins, 4 KiB at most.
	Reply []byte
}

// Error names the rule, shows the reply and says how to accept it, if it can be.
func (e *ValidationError) Error() string {
	text := fmt.Sprintf("the reply is not valid JSON-RPC 2.0: %s: %s", e.Deviation, clean(string(e.Reply), maxErrorText))
	if e.Deviation.Tolerable() {
		text += " (WithValidation(false) accepts it)"
	}
	return text
}

// An HTTPError says that an HTTP response was not an ordinary one. Where its
// body was a JSON-RPC response all the same, errors.As finds the [Error] beside
// it.
type HTTPError struct {
	StatusCode int
	Status     string      // as "502 Bad Gateway"
	Header     http.Header // of the response
	Body       []byte      // how the body begins, 4 KiB at most
}

// Error says status, content type, and the title or first words of the body.
func (e *HTTPError) Error() string {
	text := "the server answered " + clean(e.Status, 100)
	contentType, _, _ := strings.Cut(e.Header.Get("Content-Type"), ";")
	if contentType != "" {
		text = fmt.Sprintf("the server answered %d %s", e.StatusCode, clean(contentType, 100))
	}
	if words := firstWords(e.Body, contentType); words != "" {
		if !strings.HasSuffix(text, words) { // the body may repeat the status
			text += ": " + words
		}
	} else if contentType != "" && http.StatusText(e.StatusCode) != "" {
		text += ": " + http.StatusText(e.StatusCode)
	}
	return text
}

// A DecodeError says that a result did not fit the Go value it was meant for.
// The server did what it was asked: do not ask again.
type DecodeError struct {
	Result []byte // how the result begins, 4 KiB at most
	Err    error  // from the JSON engine
}

// Error says what did not fit.
func (e *DecodeError) Error() string {
	err := e.Err
	if rows := (*notRowsError)(nil); errors.As(err, &rows) { // the engine's words name a type of this package
		err = rows
	}
	return fmt.Sprintf("the result does not fit: %v", err)
}

// Unwrap returns the JSON engine's error.
func (e *DecodeError) Unwrap() error { return e.Err }

// A MessageError says that a message, or an option of its call, was refused
// before anything was sent.
type MessageError struct {
	Reason string // what was wrong and what was expected
	Err    error  // from the JSON engine, or nil
}

// Error returns the reason.
func (e *MessageError) Error() string {
	if e.Err != nil {
		return "not sent: " + e.Reason + ": " + e.Err.Error()
	}
	return "not sent: " + e.Reason
}

// Unwrap returns the JSON engine's error.
func (e *MessageError) Unwrap() error { return e.Err }

// Errors to compare with errors.Is.
var (
	// ErrNoResponse says that the server got the request and sent no response
	// to it: an empty body, or a batch's reply without that item.
	ErrNoResponse = errors.New("the server sent no response to the request")

	// ErrClosed says that the client was closed.
	ErrClosed = errors.New("the client is closed")

	// ErrReplyTooLarge says that a reply was over a limit: its bytes (see
	// [WithMaxReply]), its depth, or a part of it.
	ErrReplyTooLarge = transport.ErrTooLarge

	// ErrNotSent is the error of a batch's [Result] until the batch was sent.
	ErrNotSent = errors.New("the batch was not sent yet")
)

// MaybeSent reports whether the server may have seen the request that ended in
// err. It is false only where sending the request again is certainly safe. An error of
// an interceptor's own that is about several attempts tells it by a method
// MaybeSent() bool.
func MaybeSent(err error) bool {
	var several interface{ MaybeSent() bool }
	if errors.As(err, &several) {
		return several.MaybeSent()
	}
	if e := (*MessageError)(nil); err == nil || errors.As(err, &e) {
		return err == nil
	}
	if e := (*transport.Error)(nil); errors.As(err, &e) {
		return e.Sent
	}
	return !errors.Is(err, ErrClosed) && !errors.Is(err, ErrNotSent)
}

// A callError adds the method and the endpoint to an error, once.
type callError struct {
	method   string
	endpoint string
	err      error
	secrets  *secrets
}

func (e *callError) Error() string {
	text := e.err.Error()
	switch method := clean(e.method, 200); {
	case method != "" && e.endpoint != "":
		text = method + " at " + e.endpoint + ": " + text
	case method != "" || e.endpoint != "": // not every transport says where it goes
		text = method + e.endpoint + ": " + text
	}
	return "jsonrpc: " + e.secrets.mask(text)
}

func (e *callError) Unwrap() error { return e.err }

// withoutCall returns err without the method and the endpoint that it names.
func withoutCall(err error) error {
	if e := (*callError)(nil); errors.As(err, &e) {
		return e.err
	}
	return err
}

// A causeError is an error for the cause of a context's end (context.Cause) that
// is found to be the context's own error too.
type causeError struct{ err, ended error }

func (e *causeError) Error() string   { return e.err.Error() }
func (e *causeError) Unwrap() []error { return []error{e.err, e.ended} }

// A statusError is an Error that came under an HTTP status that is none of
// success.
type statusError struct {
	err  error
	http *HTTPError
}

func (e *statusError) Error() string   { return fmt.Sprintf("%v (HTTP %d)", e.err, e.http.StatusCode) }
func (e *statusError) Unwrap() []error { return []error{e.err, e.http} }
