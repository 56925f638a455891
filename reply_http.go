package jsonrpc

import (
	"errors"
	"net/http"
)

// httpOutcome adds what the HTTP response says, if there is one, to the outcome
// err. A status is no failure if a response was due and came all the same.
func (x *Exchange) httpOutcome(resp *http.Response, text []byte, err error) error {
	if resp == nil {
		return err
	}
	success := resp.StatusCode >= 200 && resp.StatusCode < 300
	if success && err == nil {
		return nil
	}
	var (
		parse      *ParseResponseError
		validation *ValidationError
	)
	switch {
	case success && len(text) > 0 && errors.As(err, &parse) && !looksJSON(resp.Header.Get("Content-Type"), text):
		return &pageError{x.newHTTPError(resp, text), err}
	case success, err == nil && x.msg.Reply:
		return err
	case err == nil, errors.Is(err, ErrNoResponse), errors.As(err, &parse),
		errors.As(err, &validation) && validation.Deviation == DeviationNotResponse:
		return x.newHTTPError(resp, text)
	}
	return &statusError{err, x.newHTTPError(resp, text)}
}

func (x *Exchange) newHTTPError(resp *http.Response, text []byte) *HTTPError {
	return &HTTPError{
		StatusCode: resp.StatusCode, Status: x.secrets.mask(resp.Status),
		Header: x.secrets.maskHeader(resp.Header), Body: x.secrets.start(text),
	}
}

// A pageError is a reply that is not JSON and does not claim to be.
type pageError struct {
	http  *HTTPError
	parse error
}

func (e *pageError) Error() string   { return e.http.Error() }
func (e *pageError) Unwrap() []error { return []error{e.http, e.parse} }
