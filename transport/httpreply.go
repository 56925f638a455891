package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
)

// httpReply is the body of a response, decompressed.
type httpReply struct {
	resp *http.Response
	body io.Reader
	z    *decoder     // nil if it is not compressed
	used *usedRequest // to be used again, or nil
	ends bool         // the end of body was seen
}

// begin makes r the reply in resp, which it closes if it cannot be read.
func (r *httpReply) begin(resp *http.Response) (io.ReadCloser, error) {
	r.resp, r.body = resp, resp.Body
	if encoding := strings.ToLower(first(resp.Header["Content-Encoding"])); encoding != "" && encoding != "identity" {
		known, ok := encodings.Load(strings.TrimPrefix(encoding, "x-")) // x-gzip, RFC 9110, 8.4.1.3
		if !ok {
			_ = resp.Body.Close()
			return nil, &Error{Op: "read", Sent: true, Err: fmt.Errorf(
				"%w: it is compressed with %.32q, which was not asked for", ErrEncoding, encoding)}
		}
		r.z = &decoder{name: encoding, encoding: known.(Encoding), body: resp.Body}
		r.body = r.z
		resp.ContentLength = -1
	}
	if isEventStream(resp) {
		return &eventReply{httpReply: r, events: newEventReader(r)}, nil
	}
	return r, nil
}

// first is http.Header.Get for a name that is in its canonical form already.
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func isEventStream(resp *http.Response) bool {
	contentType := first(resp.Header["Content-Type"])
	if len(contentType) < len("text/event-stream") || contentType[0] != 't' && contentType[0] != 'T' {
		return false // the common case, without parsing
	}
	mediaType, _, _ := mime.ParseMediaType(contentType)
	return mediaType == "text/event-stream"
}

func (r *httpReply) Response() *http.Response { return r.resp }

func (r *httpReply) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if err == io.EOF {
		r.ends = true
	} else if err != nil {
		err = httpError(r.resp.Request.Context(), "read", err)
	}
	return n, err
}

func (r *httpReply) Close() error {
	err := r.resp.Body.Close()
	if r.z != nil {
		r.z.close()
		r.z, r.body = nil, http.NoBody
	}
	if r.used != nil && r.ends && err == nil {
		r.used.release(r.resp)
		r.used = nil
	}
	return err
}

// eventReply is a response of type text/event-stream.
type eventReply struct {
	*httpReply
	events *eventReader
}

func (r *eventReply) Next(limit int64) ([]byte, error) { return r.events.next(limit) }

// drain reads a little of a body that nobody wants, so that its connection can
// be used again, and closes it.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 16<<10)
	_ = body.Close()
}

// httpError turns an error of net/http, met at op, into an *Error that says
// whether the message may have been sent.
func httpError(ctx context.Context, op string, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	if ctx.Err() != nil {
		// net/http may report the broken connection instead of the reason.
		return &Error{Op: op, Sent: true, Err: context.Cause(ctx)}
	}
	if errors.Is(err, context.Canceled) {
		// net/http may give a request a connection that it is about to close for
		// another request, which was canceled. This one was not.
		return &Error{Op: op, Sent: true, Err: errors.New("the connection was closed because of another request")}
	}
	if strings.Contains(err.Error(), "server response headers exceeded") {
		return &Error{Op: "read", Sent: true, Err: fmt.Errorf("%w: its headers are over the limit", ErrTooLarge)}
	}
	var (
		netop  *net.OpError
		record tls.RecordHeaderError
		verify *tls.CertificateVerificationError
		host   x509.HostnameError
	)
	switch {
	case errors.As(err, &netop) && (netop.Op == "dial" || netop.Op == "proxyconnect"),
		errors.As(err, &record) && record.Conn != nil, // nil: after the handshake
		errors.As(err, &verify), errors.As(err, &host),
		strings.HasPrefix(err.Error(), "http: server gave HTTP response to HTTPS client"):
		return &Error{Op: "connect", Err: err}
	case errors.As(err, &netop) && netop.Op == "remote error" && op == "send":
		// A TLS alert. With TLS 1.3 the server refuses a client's certificate, or
		// the lack of one, when the client may have sent the message already.
		return &Error{Op: "connect", Sent: true, Err: netop}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Op: "read", Sent: true, Err: fmt.Errorf("the server closed the connection before the reply was whole: %w", io.ErrUnexpectedEOF)}
	}
	if errors.As(err, &netop) && netop.Op == "read" {
		op = "read"
	}
	return &Error{Op: op, Sent: true, Err: err}
}
