package jsonrpc

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"example.com/jsonrpc/transport"
)

// A Class is what the outcome of a call means for whoever thinks of sending it
// again, or elsewhere. See [Classify].
type Class uint8

const (
	// ClassAnswer is an answer: a result, or an error that the application means.
	// A result that did not fit the Go value is one too.
	ClassAnswer Class = iota
	// ClassBehind is a server that works and lacks what was asked for, so far: it
	// is behind the others. Later, or elsewhere, it may be there.
	ClassBehind
	// ClassRateLimited is a server that was asked too often.
	ClassRateLimited
	// ClassUnavailable is a server that is overloaded, starting or stopping, or a
	// gateway that cannot reach it.
	ClassUnavailable
	// ClassUnreachable is a message that was certainly not sent: no address, no
	// connection, no token.
	ClassUnreachable
	// ClassTimeout is a deadline that passed: that of the context, or a gateway's.
	ClassTimeout
	// ClassBroken is a reply that did not come, or not whole, or that makes no
	// sense: a connection reset, garbage, another request's answer.
	ClassBroken
	// ClassTooLarge is a message or a reply over a limit. Sent as it is, it will be
	// again; a smaller batch may not.
	ClassTooLarge
	// ClassRejected is a server that turned the message away unread: wrong
	// credentials, wrong path, a redirect. It will again.
	ClassRejected
	// ClassCanceled is a call that its caller gave up.
	ClassCanceled
	// ClassRefused is a call that this side refused: a mistake in the message, a
	// closed client, an interceptor's own error.
	ClassRefused
	numClasses
)

var classNames = [numClasses]string{
	"answer", "behind", "rate limited", "unavailable", "unreachable", "timeout", "broken",
	"too large", "rejected", "canceled", "refused",
}

// String returns the class's name, as "rate limited".
func (c Class) String() string {
	if c < numClasses {
		return classNames[c]
	}
	return "class " + strconv.Itoa(int(c))
}

// Temporary reports whether the same message may fare better if it is sent
// again: behind, rate limited, unavailable, unreachable, timeout, broken.
func (c Class) Temporary() bool { return c >= ClassBehind && c <= ClassBroken }

// Failure reports whether the endpoint is at fault, as circuit breakers and
// pools count it: unavailable, unreachable, timeout, broken. An answer never is,
// whatever it says.
func (c Class) Failure() bool { return c >= ClassUnavailable && c <= ClassBroken }

// An Outcome is what became of a call, in the terms of those who may send it again.
type Outcome struct {
	Class Class
	// Sent is false only if the server cannot have seen the message, see
	// [MaybeSent].
	Sent bool
	// RetryAfter is how long the server asked to be left alone, 0 if it did not
	// say.
	RetryAfter time.Duration
}

// MayRepeat reports whether sending the message again is safe and may help: the
// outcome is temporary, and either nothing was sent or the request is idempotent
// (see [WithIdempotent]).
func (o Outcome) MayRepeat(idempotent bool) bool {
	return o.Class.Temporary() && (idempotent || !o.Sent)
}

// A Classifier says what the error of a call means. [Classify] is the one that
// knows the usual servers; one of your own decides about those it knows better
// and leaves the others to it:
//
//	func classify(err error) jsonrpc.Outcome {
//		o := jsonrpc.Classify(err)
//		if jsonrpc.CodeOf(err) == 17 { // this server's "busy"
//			o.Class = jsonrpc.ClassUnavailable
//		}
//		return o
//	}
type Classifier func(err error) Outcome

// Classify says what the error of a call, of an item of a batch, or of a batch as
// a whole means. The first line that fits counts:
//
//	nil                                          answer
//	*MessageError, ErrClosed, ErrNotSent         refused
//	context.Canceled                             canceled
//	context.DeadlineExceeded                     timeout
//	*Error, by its code and message              see below
//	*Error under HTTP 408, 413, 429, 501 to 599  as the status alone
//	*Error otherwise, under HTTP 500 too         answer
//	ErrReplyTooLarge                             too large
//	*DecodeError                                 answer
//	HTTP 408, 504                                timeout
//	HTTP 413                                     too large
//	HTTP 429                                     rate limited
//	HTTP 500 to 599                              unavailable; 501 and 505 rejected
//	HTTP 200 to 299 with what is no reply        broken
//	any other HTTP status                        rejected
//	*ParseResponseError, *ValidationError        broken
//	ErrNoResponse                                broken
//	*transport.Error, a redirect refused         rejected
//	*transport.Error, not sent                   unreachable
//	*transport.Error, a timeout of the network   timeout
//	*transport.Error                             broken
//	anything else: an interceptor's              refused
//
// Codes and words of real servers that mean "try again" are in a table in
// docs/reliability.md, with where each was found. Among them are 429 and -32005
// (rate limited, though the status is 200), -28 (Bitcoin Core is starting) and
// "header not found" (behind). Without such words -32603 and -32000 are answers,
// because that is what real servers use them for.
//
// RetryAfter comes from the error's data (backoff_seconds, try_again_in,
// retry_after) or, of an [*HTTPError], from its headers (see [RetryAfter]).
// Where the status was 200, the headers are in [Exchange.HTTPResponse]. An error
// of an interceptor's own tells it by a method RetryAfter() time.Duration, and is
// best wrapped in a *transport.Error that says that nothing was sent.
func Classify(err error) Outcome {
	o := Outcome{Sent: MaybeSent(err)}
	var (
		message    *MessageError
		said       *Error
		decode     *DecodeError
		page       *HTTPError
		parse      *ParseResponseError
		validation *ValidationError
		failed     *transport.Error
	)
	switch {
	case err == nil:
		o.Sent = true
	case errors.As(err, &message), errors.Is(err, ErrClosed), errors.Is(err, ErrNotSent), errors.Is(err, transport.ErrNoHeaders):
		o.Class = ClassRefused
	case errors.Is(err, context.Canceled):
		o.Class = ClassCanceled
	case errors.Is(err, context.DeadlineExceeded):
		o.Class = ClassTimeout
	case errors.As(err, &said):
		errors.As(err, &page)
		o.Class = classOfError(said, page)
		o.RetryAfter = retryAfterData(said.Data)
	case errors.Is(err, ErrReplyTooLarge):
		o.Class = ClassTooLarge
	case errors.As(err, &decode):
		o.Class = ClassAnswer
	case errors.As(err, &page):
		o.Class = classOfStatus(page.StatusCode)
	case errors.As(err, &parse), errors.As(err, &validation), errors.Is(err, ErrNoResponse):
		o.Class = ClassBroken
	case errors.As(err, &failed):
		o.Class = classOfTransport(failed)
	default:
		o.Class = ClassRefused
	}
	var hint interface{ RetryAfter() time.Duration }
	switch {
	case errors.As(err, &hint) && o.Class.Temporary():
		o.RetryAfter = max(hint.RetryAfter(), 0)
	case o.Class != ClassRateLimited && o.Class != ClassUnavailable:
		o.RetryAfter = 0
	case o.RetryAfter == 0 && page != nil:
		o.RetryAfter = RetryAfter(page.Header)
	}
	return o
}

// classOfError returns the class of an error object, which may have come under a
// status that is none of success.
func classOfError(e *Error, page *HTTPError) Class {
	if class := classOfCode(e); class != ClassAnswer || page == nil {
		return class
	}
	switch class := classOfStatus(page.StatusCode); {
	case page.StatusCode == http.StatusInternalServerError, class == ClassRejected, class == ClassBroken:
		return ClassAnswer // servers put their errors under 400, 404 and 500
	default:
		return class
	}
}

func classOfStatus(status int) Class {
	switch {
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return ClassTimeout
	case status == http.StatusRequestEntityTooLarge:
		return ClassTooLarge
	case status == http.StatusTooManyRequests:
		return ClassRateLimited
	case status == http.StatusNotImplemented, status == http.StatusHTTPVersionNotSupported:
		return ClassRejected
	case status >= 500:
		return ClassUnavailable
	case status >= 200 && status < 300:
		return ClassBroken
	}
	return ClassRejected
}

func classOfTransport(e *transport.Error) Class {
	switch {
	case e.Op == "redirect":
		return ClassRejected
	case !e.Sent:
		return ClassUnreachable
	}
	if timeout := (net.Error)(nil); errors.As(e.Err, &timeout) && timeout.Timeout() {
		return ClassTimeout
	}
	return ClassBroken
}
