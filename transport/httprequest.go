package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"reflect"
)

// A post is the body of a request and the reply, in one piece of memory that is not
// used again: net/http may read the body after RoundTrip has returned, and it sends
// header and body in one write only if the body is a *bytes.Reader, which cannot
// tell when it is done with.
type post struct {
	reply  httpReply
	reader bytes.Reader
	body   []byte
	small  [128]byte // with it, a post is as large as one of the allocator's sizes, 240
}

// take makes the body of m that of p: a copy, so that the sender can use its memory
// again, unless m is large.
func (p *post) take(m *Message) {
	const large = 64 << 10
	if len(m.Body) > large {
		m.Keep()
		p.body = m.Body
		return
	}
	p.body = append(p.small[:0], m.Body...) // or elsewhere, if it is not small
}

// newRequest is http.NewRequest without parsing the URL again.
func newRequest(ctx context.Context, u *url.URL, header http.Header, p *post) *http.Request {
	body := p.body
	p.reader.Reset(body)
	req := (&http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(&p.reader), ContentLength: int64(len(body)),
		// With GetBody, net/http may repeat a request of which nothing was written.
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}).WithContext(ctx)
	if host := header["Host"]; len(host) > 0 && host[0] != "" {
		req.Host = host[0]
	}
	return req
}

// A usedRequest is a request of a transport's own URL and headers that can be sent
// again with another body, as http.RoundTripper allows once the body of the response
// is closed.
type usedRequest struct {
	of   *HTTP
	req  *http.Request
	body []byte
}

// request returns a request for p, one that was used before if ctx is the same: it
// cannot be given another without being copied.
func (h *HTTP) request(ctx context.Context, p *post) *http.Request {
	used, _ := h.used.Get().(*usedRequest)
	if used == nil || !isSame(used.req.Context(), ctx) {
		used = &usedRequest{of: h, req: newRequest(ctx, h.url, h.header, p)}
		used.req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(used.body)), nil }
	} else {
		p.reader.Reset(p.body)
		used.req.Body, used.req.ContentLength = io.NopCloser(&p.reader), int64(len(p.body))
	}
	used.body = p.body
	p.reply.used = used
	return used.req
}

// isSame reports whether two contexts are one. Some cannot be compared.
func isSame(a, b context.Context) bool {
	if a == context.Background() {
		return b == context.Background()
	}
	return reflect.TypeOf(a).Kind() == reflect.Pointer && a == b
}

// release lets the request be used again, of which resp is the response, whole and
// closed. HTTP/2 may look at it even later.
func (u *usedRequest) release(resp *http.Response) {
	if resp.ProtoMajor > 1 {
		return
	}
	if resp.Request == u.req {
		resp.Request = u.of.sample // for whoever keeps resp
	}
	u.req.Body, u.body = http.NoBody, nil
	u.of.used.Put(u)
}
