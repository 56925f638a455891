package transport

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// LeanOptions are the settings of a [LeanRoundTripper]. Nil, and any zero field,
// means the default.
type LeanOptions struct {
	// TLS is for https. Its NextProtos are not used: only HTTP/1.1 is spoken.
	TLS *tls.Config

	// Proxy names the proxy for a request, as in http.Transport. Nil means the
	// environment's (HTTP_PROXY, HTTPS_PROXY, NO_PROXY). A request for which it
	// names one is left to the ordinary transport.
	Proxy func(*http.Request) (*url.URL, error)

	// Address, HOST:PORT, is connected to instead of the host in the URL, which
	// TLS still verifies and headers still name.
	Address string

	// MaxIdle is how many idle connections to one server are kept. The default
	// is 256.
	MaxIdle int

	// IdleTimeout is how long a connection may be idle before it is closed. The
	// default is 90 seconds.
	IdleTimeout time.Duration

	// DialTimeout bounds the time to connect, TLS included. The default is 30
	// seconds.
	DialTimeout time.Duration
}

// A LeanRoundTripper is an http.RoundTripper for many small calls over HTTP/1.1.
// The calling goroutine itself writes the request, in one system call, and reads
// the reply: a connection has no goroutines of its own, and a call is spared the way
// through them. Replies are parsed by http.ReadResponse. It is safe for use by many
// goroutines at once.
//
// It speaks HTTP/1.1 over TCP and TLS to the server in the URL. Whatever else a
// request needs, it leaves to an ordinary http.Transport made by
// [NewRoundTripper]: a proxy, a body of unknown length, headers about the
// connection (Connection, Upgrade, Expect), trailers, hosts that are not ASCII,
// and all that http.Transport refuses. So it does on systems that are not Unix,
// where one cannot ask a connection without waiting whether it is still good.
//
// What differs from http.Transport:
//   - There is no HTTP/2.
//   - No request is sent twice but one of which an idle connection took no byte.
//     A connection that the server closed while it was idle, or on which it said
//     something unasked, is found before it is used, and closed.
//   - A body is read by RoundTrip, so that its Read should not wait for anything;
//     beyond 64 KiB by a goroutine, while the reply may already arrive.
//   - A reply's status 101, which is never asked for, is an error. Its headers, with
//     those of 1xx before it, are limited to 256 KiB.
//   - An error of a request is an *[Error], which says whether the server may have
//     seen it.
//
// If a request's context ends, its connection is closed at once.
type LeanRoundTripper struct {
	opts     LeanOptions
	idle     leanPool
	ordinary *http.Transport // for requests that are not plain
}

// NewLeanRoundTripper returns a [LeanRoundTripper]. A program has one, or one for
// each of its TLS settings.
func NewLeanRoundTripper(opts *LeanOptions) *LeanRoundTripper {
	if opts == nil {
		opts = &LeanOptions{}
	}
	t := &LeanRoundTripper{opts: *opts}
	o := &t.opts
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	if o.MaxIdle <= 0 {
		o.MaxIdle = 256
	}
	if o.IdleTimeout <= 0 {
		o.IdleTimeout = 90 * time.Second
	}
	if o.DialTimeout <= 0 {
		o.DialTimeout = 30 * time.Second
	}
	t.ordinary = NewRoundTripper(o.TLS.Clone(), o.Proxy)
	t.ordinary.MaxIdleConns, t.ordinary.MaxIdleConnsPerHost, t.ordinary.IdleConnTimeout = 0, o.MaxIdle, o.IdleTimeout
	if dialer := (&net.Dialer{Timeout: o.DialTimeout}); o.Address != "" {
		t.ordinary.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, o.Address)
		}
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	} else {
		o.TLS = o.TLS.Clone()
	}
	o.TLS.NextProtos = []string{"http/1.1"}
	t.idle.max, t.idle.timeout = o.MaxIdle, o.IdleTimeout
	return t
}

// CloseIdleConnections closes the connections that are idle, and those in use once
// they are done with, unless there are more requests by then. Those in use are not
// disturbed.
func (t *LeanRoundTripper) CloseIdleConnections() {
	t.idle.closeAll()
	t.ordinary.CloseIdleConnections()
}

// RoundTrip sends req and returns the response, whose body must be closed. A
// connection can be used again once the body has been read to its end.
func (t *LeanRoundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	m := leanRequests.Get().(*leanRequest)
	defer m.release()
	if !canReadNow || !m.take(req) || t.proxied(req) {
		return t.ordinary.RoundTrip(req)
	}
	if err := m.readBody(req); err != nil {
		return nil, &Error{Op: "send", Err: err}
	}
	ctx := req.Context()
	trace := httptrace.ContextClientTrace(ctx)
	for {
		c, err := t.connection(ctx, req.URL, trace)
		if err != nil {
			return nil, err
		}
		resp, again, err := t.exchange(ctx, c, m, req, trace)
		if !again {
			return resp, err
		}
	}
}

// proxied reports whether req needs the ordinary transport for a proxy, or for
// the error of who cannot say.
func (t *LeanRoundTripper) proxied(req *http.Request) bool {
	proxy, err := t.opts.Proxy(req)
	return proxy != nil || err != nil
}

// connection returns an idle connection that is good or makes one.
func (t *LeanRoundTripper) connection(ctx context.Context, u *url.URL, trace *httptrace.ClientTrace) (*leanConn, error) {
	if ctx.Err() != nil {
		return nil, &Error{Op: "send", Err: context.Cause(ctx)}
	}
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(hostPort(u))
	}
	server := leanServer{u.Scheme, u.Host}
	c, idle := t.idle.take(server)
	if c == nil {
		var err error
		if c, err = t.dial(ctx, u, trace); err != nil {
			return nil, err
		}
		c.server = server
	}
	if trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: c.conn, Reused: c.used, WasIdle: c.used, IdleTime: idle})
	}
	return c, nil
}

// exchange sends m, which is req, on c and reads the reply. It says whether m may
// be sent again because c was an old connection that took no byte of it.
func (t *LeanRoundTripper) exchange(
	ctx context.Context, c *leanConn, m *leanRequest, req *http.Request, trace *httptrace.ClientTrace,
) (resp *http.Response, again bool, err error) {
	x := &leanBody{ctx: ctx, conn: c, pool: &t.idle}
	if ctx.Done() != nil {
		x.stop = context.AfterFunc(ctx, c.abort)
	}
	n, err := c.conn.Write(m.text)
	if err != nil {
		reason := x.reason(err)
		x.finish(false)
		wroteRequest(trace, err)
		if n == 0 && c.used && ctx.Err() == nil {
			return nil, true, nil
		}
		return nil, false, &Error{Op: "send", Sent: n > 0, Err: reason}
	}
	if m.rest > 0 {
		x.rest = m.sendRest(c, trace)
	} else {
		wroteRequest(trace, nil)
	}
	resp, err = c.readResponse(req, trace)
	if err != nil {
		err = httpError(ctx, "send", x.reason(err))
		x.finish(false)
		return nil, false, err
	}
	x.reply, x.keep = resp.Body, !resp.Close && !req.Close && resp.StatusCode >= http.StatusOK
	if resp.Body == http.NoBody {
		x.finish(true)
	} else {
		resp.Body = x
	}
	return resp, false, nil
}

func wroteRequest(trace *httptrace.ClientTrace, err error) {
	if trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
}
