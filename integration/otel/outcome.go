package otel

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// An outcome is what became of a message, in the terms of the conventions.
type outcome struct {
	failed      bool
	errorType   string
	code        string // of an error object
	description string
	status      int // of an HTTP response that was not an ordinary one
	batch       bool
	failures    int // among the requests of a batch
}

// outcomeOf reads the outcome of an exchange and the error of it as a whole. A
// batch of which every request failed has failed.
func (t *telemetry) outcomeOf(x *jsonrpc.Exchange, err error) outcome {
	o := outcomeOfError(err)
	if err != nil {
		o.status = x.HTTPStatus()
	}
	if !x.Batch() {
		return o
	}
	o.batch = true
	requests := 0
	for _, item := range x.Items() {
		if item.Notification {
			continue
		}
		requests++
		if item.Err == nil {
			continue
		}
		o.failures++
		if err != nil {
			continue
		}
		if one := outcomeOfError(item.Err); o.errorType == "" {
			o.errorType, o.code = one.errorType, one.code
		} else if one.errorType != o.errorType {
			o.errorType, o.code = other, ""
		}
	}
	if err == nil {
		if o.failed = o.failures > 0 && o.failures == requests; !o.failed {
			o.errorType, o.code = "", ""
		}
	}
	return o
}

// outcomeOfError reads an error. What a server sent is not in the description, but
// for the message of an error object.
func outcomeOfError(err error) outcome {
	if err == nil {
		return outcome{}
	}
	var (
		said       *jsonrpc.Error
		page       *jsonrpc.HTTPError
		parse      *jsonrpc.ParseResponseError
		validation *jsonrpc.ValidationError
		decode     *jsonrpc.DecodeError
		message    *jsonrpc.MessageError
		failed     *transport.Error
	)
	o := outcome{failed: true, errorType: other}
	switch {
	case errors.As(err, &said):
		o.code = strconv.FormatInt(said.Code, 10)
		o.errorType, o.description = o.code, said.Message
	case errors.Is(err, context.DeadlineExceeded):
		o.errorType, o.description = "timeout", "the deadline of the call has passed"
	case errors.Is(err, context.Canceled):
		o.errorType, o.description = "canceled", "the call was canceled"
	case errors.Is(err, jsonrpc.ErrReplyTooLarge):
		o.errorType, o.description = "reply_too_large", "the reply is over a limit"
	case errors.As(err, &message):
		o.errorType, o.description = "message", message.Reason
	case errors.As(err, &page):
		o.errorType, o.description = strconv.Itoa(page.StatusCode), page.Status
	case errors.As(err, &parse):
		o.errorType, o.description = "parse_response", "the reply is not JSON"
	case errors.As(err, &validation):
		o.errorType, o.description = "invalid_response", "the reply is not valid JSON-RPC 2.0: "+validation.Deviation.String()
	case errors.As(err, &decode):
		o.errorType, o.description = "decode_result", "the result does not fit the Go type"
	case errors.Is(err, jsonrpc.ErrNoResponse):
		o.errorType, o.description = "no_response", jsonrpc.ErrNoResponse.Error()
	case errors.Is(err, jsonrpc.ErrClosed):
		o.errorType, o.description = "closed", jsonrpc.ErrClosed.Error()
	case errors.As(err, &failed):
		o.errorType, o.description = failed.Op, failed.Error()
	}
	o.description = shorten(o.description)
	return o
}

// maxDescription bounds a span's description, in bytes.
const maxDescription = 256

// shorten makes a text fit for a description.
func shorten(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) <= maxDescription {
		return text
	}
	text = text[:maxDescription]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text + "…"
}

// appendTo appends the attributes that spans and metrics have.
func (o *outcome) appendTo(attributes []attribute.KeyValue, codeKeys []attribute.Key) []attribute.KeyValue {
	if o.errorType == "" {
		return attributes
	}
	attributes = append(attributes, semconv.ErrorTypeKey.String(o.errorType))
	if o.code != "" {
		for _, key := range codeKeys {
			attributes = append(attributes, key.String(o.code))
		}
	}
	return attributes
}

// spanAttributes are those of a span that are known at its end.
func (o *outcome) spanAttributes(codeKeys []attribute.Key) []attribute.KeyValue {
	attributes := o.appendTo(nil, codeKeys)
	if o.status != 0 {
		attributes = append(attributes, semconv.HTTPResponseStatusCode(o.status))
	}
	if o.batch {
		attributes = append(attributes, attribute.Int("jsonrpc.batch.failed", o.failures))
	}
	return attributes
}
