package transport

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// leanFirst is how much of a request's body goes out with its head, in bytes.
const leanFirst = 64 << 10

// A leanRequest is a request as it is sent.
type leanRequest struct {
	text []byte        // the head, and as much of the body as is in memory
	body io.ReadCloser // not read to its end yet, and ours to close; or nil
	rest int64         // bytes of body that are not in text
}

var leanRequests = sync.Pool{New: func() any { return new(leanRequest) }}

// release lets the memory be used again.
func (m *leanRequest) release() {
	if m.body != nil {
		_ = m.body.Close()
	}
	const large = 2 * leanFirst
	if cap(m.text) <= large {
		m.text, m.body, m.rest = m.text[:0], nil, 0
		leanRequests.Put(m)
	}
}

// take writes the head of req into m and reports whether req is plain: everything
// about it is valid and of the common kind. It does not touch the body.
func (m *leanRequest) take(req *http.Request) bool {
	u := req.URL
	hasBody := req.Body != nil && req.Body != http.NoBody
	if u == nil || req.Header == nil || u.Scheme != "http" && u.Scheme != "https" || hasBody != (req.ContentLength > 0) ||
		!isToken(req.Method) || req.Method == http.MethodConnect || !isPlainHost(u.Host) ||
		len(req.TransferEncoding) > 0 || len(req.Trailer) > 0 ||
		req.Cancel != nil { //nolint:staticcheck // deprecated, but who uses it must get it
		return false
	}
	target, host := u.RequestURI(), req.Host
	if target[0] != '/' || strings.ContainsAny(target, " \t") || hasControls(target) {
		return false
	}
	if host == "" {
		host = u.Host
	} else if host != u.Host && !isPlainHost(host) {
		return false
	}
	text := append(m.text[:0], req.Method...)
	text = append(append(append(text, ' '), target...), " HTTP/1.1\r\nHost: "...)
	text = append(append(text, host...), "\r\n"...)
	text, plain := appendFields(text, req.Header)
	if !plain {
		return false
	}
	if req.Close {
		text = append(text, "Connection: close\r\n"...)
	}
	if hasBody || req.Method == http.MethodPost || req.Method == http.MethodPut || req.Method == http.MethodPatch {
		text = append(text, "Content-Length: "...)
		text = append(strconv.AppendInt(text, req.ContentLength, 10), "\r\n"...)
	}
	m.text = append(text, "\r\n"...)
	return true
}

// appendFields appends the lines of header and reports whether all are plain.
func appendFields(text []byte, header http.Header) (_ []byte, plain bool) {
	var few [16]string
	names := few[:0]
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	if _, given := header["User-Agent"]; !given {
		text = append(text, "User-Agent: Go-http-client/1.1\r\n"...) // as net/http
	}
	for _, name := range names {
		values := header[name]
		switch name {
		case "Host":
			continue // the request's own field has it
		case "User-Agent":
			if len(values) == 0 || values[0] == "" {
				continue
			}
			values = values[:1]
		case "Connection", "Content-Length", "Expect", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
			return text, false
		}
		// Another spelling might be one of the above.
		if !isToken(name) || name != http.CanonicalHeaderKey(name) {
			return text, false
		}
		for _, value := range values {
			value = strings.Trim(value, " \t")
			if hasControls(value) {
				return text, false
			}
			text = append(append(append(append(text, name...), ": "...), value...), "\r\n"...)
		}
	}
	return text, true
}

// hasControls reports whether s has control characters, other than a tab.
func hasControls(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return true
		}
	}
	return false
}

// isToken reports whether s is a token (RFC 9110, 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isPlainHost reports whether s can be a host with or without a port. What it
// refuses, such as zones and names that are not ASCII, is not always wrong.
func isPlainHost(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && strings.IndexByte("-._:[]", c) < 0 {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}

// readBody reads the body of req, the first leanFirst bytes of a large one.
func (m *leanRequest) readBody(req *http.Request) error {
	if req.ContentLength == 0 {
		return nil
	}
	m.body = req.Body
	size := int(min(req.ContentLength, leanFirst))
	m.rest = req.ContentLength - int64(size)
	head := len(m.text)
	m.text = slices.Grow(m.text, size+1)[:head+size]
	_, err := io.ReadFull(m.body, m.text[head:])
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errWrongLength
	}
	if err != nil || m.rest > 0 {
		return err
	}
	if err := atEnd(m.body, m.text[head+size:head+size+1]); err != nil {
		return err
	}
	err = m.body.Close()
	m.body = nil
	return err
}

// atEnd returns an error unless body, read into p, ends here.
func atEnd(body io.Reader, p []byte) error {
	n, err := io.ReadFull(body, p)
	if n > 0 {
		return errWrongLength
	}
	if err == io.EOF {
		return nil
	}
	return err
}

var errWrongLength = errors.New("the request's body has not as many bytes as its ContentLength says")

// A leanRest is the rest of a large body, on its way.
type leanRest struct {
	done   chan struct{}
	failed atomic.Pointer[Error]
}

// sendRest sends what is left of the body, while the caller may read the reply.
func (m *leanRequest) sendRest(c *leanConn, trace *httptrace.ClientTrace) *leanRest {
	rest := &leanRest{done: make(chan struct{})}
	body := &restReader{from: m.body, left: m.rest}
	m.body = nil
	go func() {
		defer close(rest.done)
		_, err := io.Copy(c.conn, body)
		_ = body.from.Close()
		wroteRequest(trace, err)
		if err == nil {
			return
		}
		rest.failed.Store(&Error{Op: "send", Sent: true, Err: err})
		if body.err != nil {
			c.abort()
			return
		}
		// The server reads no more of it. It may have said why.
		const soon = time.Second
		_ = c.raw.SetReadDeadline(time.Now().Add(soon))
	}()
	return rest
}

// A restReader reads what is left of a body, which must be left bytes, and notes
// its own error, to tell it from the writer's.
type restReader struct {
	from io.ReadCloser
	left int64
	err  error
}

func (r *restReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		if r.err = atEnd(r.from, p[:1]); r.err == nil {
			return 0, io.EOF
		}
		return 0, r.err
	}
	n, err := r.from.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if err == io.EOF && r.left == 0 {
		return n, nil // it says so again
	}
	if err == io.EOF {
		err = errWrongLength
	}
	r.err = err
	return n, err
}

// sent reports whether all was sent, which it may be in this moment.
func (r *leanRest) sent() bool {
	if r == nil {
		return true
	}
	const moment = 50 * time.Millisecond
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-r.done:
		return r.failed.Load() == nil
	case <-timer.C:
		return false
	}
}
