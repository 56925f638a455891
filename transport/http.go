package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// HTTPOptions are the settings of an [HTTP] transport. Nil, and any zero field,
// means the default.
type HTTPOptions struct {
	// Header is sent with each message, over the defaults: Content-Type and
	// Accept application/json, Accept-Encoding (gzip, and what
	// [RegisterEncoding] knows), User-Agent. A name
	// without values removes a default. "Host" sets the request's host.
	Header http.Header

	// RoundTripper does the work; nil means one made by [NewRoundTripper] of
	// TLS and Proxy, which are ignored otherwise. Its HTTP client features
	// (redirects, cookies) are ours.
	RoundTripper http.RoundTripper
	TLS          *tls.Config
	Proxy        func(*http.Request) (*url.URL, error)

	// Own says that RoundTripper is for this transport alone, whose Close then
	// closes its idle connections.
	Own bool

	// Jar keeps cookies. Nil keeps none.
	Jar http.CookieJar

	// CheckRedirect may refuse a redirect that the rules of [HTTP] allow. It
	// cannot allow one that they refuse.
	CheckRedirect func(req *http.Request, via []*http.Request) error

	// Compress sends messages of [CompressFrom] bytes or more with gzip. Few
	// servers understand it.
	Compress bool

	// Encoding, if it is not empty, names what messages are compressed with
	// instead: "gzip" or one that [RegisterEncoding] knows. CompressFrom is the
	// size in bytes from which they are; the default is [CompressFrom]. If the
	// server refuses the encoding (HTTP 415), the message is sent again without
	// it, and so are those that follow.
	Encoding     string
	CompressFrom int
}

// CompressFrom is the size in bytes from which a message is compressed, where
// that is asked for. Smaller ones would hardly shrink.
const CompressFrom = 1 << 10

// HTTP sends each message as the body of a POST to one URL.
//
// A redirect is followed only to the same origin (scheme, host and port), and
// only by repeating the POST: 301, 302, 307 and 308, ten times at most. 303,
// which asks for a GET, and other origins are an *[Error] with Op "redirect".
//
// Replies compressed with gzip, or what [RegisterEncoding] knows, are read as if they were not. A body is always
// sent with its Content-Length, because real servers refuse chunks.
type HTTP struct {
	url     *url.URL
	header  http.Header
	rt      http.RoundTripper
	opts    HTTPOptions
	writer  func(io.Writer) (io.WriteCloser, error) // that compresses messages, or nil
	refused atomic.Bool                             // the server does not take them so

	used   sync.Pool     // of *usedRequest
	sample *http.Request // what they are
	own    bool          // rt is ours to close
}

// NewHTTP returns a transport that posts to rawURL, an absolute http or https
// URL. User and password in it become basic authentication.
func NewHTTP(rawURL string, opts *HTTPOptions) (*HTTP, error) {
	if opts == nil {
		opts = &HTTPOptions{}
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		// The error of url.Parse quotes the URL and the part that is wrong, which
		// may be a password.
		return nil, errors.New("cannot parse the URL: write http://HOST:PORT/PATH, and / ? # @ and % in a password as %2F %3F %23 %40 %25")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("URL scheme %q: use http or https", u.Scheme)
	}
	if u.Host == "" {
		return nil, errors.New("the URL has no host: write http://HOST:PORT/PATH")
	}
	h := &HTTP{url: u, rt: opts.RoundTripper, own: opts.Own, opts: *opts, header: http.Header{
		"Content-Type":    {"application/json"},
		"Accept":          {"application/json"},
		"Accept-Encoding": {strings.Join(encodingNames(), ", ")},
		"User-Agent":      {userAgent},
	}}
	if u.User != nil {
		password, _ := u.User.Password()
		r := http.Request{Header: h.header}
		r.SetBasicAuth(u.User.Username(), password)
		u.User = nil
	}
	u.Fragment = ""
	h.header = mergeHeader(h.header, opts.Header)
	if h.opts.Compress && h.opts.Encoding == "" {
		h.opts.Encoding = "gzip"
	}
	if h.opts.Encoding != "" {
		if h.writer, err = requestEncoding(h.opts.Encoding); err != nil {
			return nil, err
		}
	}
	if h.opts.CompressFrom <= 0 {
		h.opts.CompressFrom = CompressFrom
	}
	h.sample = newRequest(context.Background(), u, h.header, new(post))
	if h.rt == nil {
		h.rt, h.own = NewRoundTripper(opts.TLS, opts.Proxy), true
	}
	return h, nil
}

const userAgent = "jsonrpcclient-go"

// NewRoundTripper returns an http.RoundTripper fit for calling one server from
// many goroutines: it keeps 256 idle connections to it (http.DefaultTransport
// keeps two), bounds the time to connect and the size of a reply's headers, and
// speaks HTTP/2 where the server does. A nil proxy means the environment's
// (HTTP_PROXY, HTTPS_PROXY, NO_PROXY).
func NewRoundTripper(config *tls.Config, proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		WriteBufferSize:        16 << 10, // a batch of 100 in one system call
		ReadBufferSize:         16 << 10,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		DisableCompression:     true, // HTTP reads gzip itself, whatever the RoundTripper
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return &Error{Op: "connect", Err: fmt.Errorf("the proxy answered %s", resp.Status)}
			}
			return nil
		},
	}
}

// String returns the URL without user, password and query, which may be secret.
func (h *HTTP) String() string {
	u := *h.url
	u.RawQuery = ""
	return u.String()
}

// Close closes idle connections. Messages under way are not disturbed.
func (h *HTTP) Close() error {
	if c, ok := h.rt.(interface{ CloseIdleConnections() }); ok && h.own {
		c.CloseIdleConnections()
	}
	return nil
}

// RoundTrip posts m and returns the body of the response, whatever its status.
// The reply is an [HTTPReply], or an [EventsReply] too if the response's type is
// text/event-stream.
func (h *HTTP) RoundTrip(ctx context.Context, m *Message) (io.ReadCloser, error) {
	if ctx.Err() != nil { // net/http would not say that nothing was sent
		return nil, &Error{Op: "send", Err: context.Cause(ctx)}
	}
	return h.post(ctx, m)
}

// post sends m, following redirects, and returns the reply in the last response.
func (h *HTTP) post(ctx context.Context, m *Message) (io.ReadCloser, error) {
	p := new(post)
	p.take(m)
	u, header := h.url, h.header
	own := len(m.Header) == 0 && len(m.Query) == 0 && h.opts.Jar == nil
	if len(m.Header) > 0 {
		header = mergeHeader(header, m.Header)
	}
	if len(m.Query) > 0 {
		u = addQuery(u, m.Query)
	}
	asItIs := header
	small := h.writer == nil || len(p.body) < h.opts.CompressFrom || h.refused.Load()
	if !small {
		var err error
		if p.body, err = compressed(p.body, h.writer); err != nil {
			return nil, &Error{Op: "send", Err: err}
		}
		own, header = false, mergeHeader(header, http.Header{"Content-Encoding": {h.opts.Encoding}})
	}
	var via []*http.Request
	for {
		var req *http.Request
		if own && len(via) == 0 {
			req = h.request(ctx, p)
		} else {
			req = newRequest(ctx, u, header, p)
		}
		if h.opts.Jar != nil {
			req.Header = header.Clone()
			for _, c := range h.opts.Jar.Cookies(u) {
				req.AddCookie(c)
			}
		}
		if len(via) > 0 && h.opts.CheckRedirect != nil {
			if err := h.opts.CheckRedirect(req, via); err != nil {
				return nil, &Error{Op: "redirect", Sent: true, Err: err}
			}
		}
		resp, err := h.rt.RoundTrip(req)
		if err != nil {
			return nil, httpError(ctx, "send", err)
		}
		// A RoundTripper made by hand, as in tests, may leave these out.
		if resp.Request == nil {
			resp.Request = req
		}
		if resp.Body == nil {
			resp.Body = http.NoBody
		}
		if h.opts.Jar != nil {
			if cookies := resp.Cookies(); len(cookies) > 0 {
				h.opts.Jar.SetCookies(u, cookies)
			}
		}
		if resp.StatusCode == http.StatusUnsupportedMediaType && !small { // nothing was done with it
			h.refused.Store(true)
			small, header, p = true, asItIs, new(post)
			drain(resp.Body)
			p.take(m)
			continue
		}
		if !isRedirect(resp) {
			return p.reply.begin(resp)
		}
		drain(resp.Body)
		via = append(via, req)
		p = &post{body: p.body}
		if u, err = redirect(u, resp, len(via)); err != nil {
			return nil, &Error{Op: "redirect", Sent: true, Err: err}
		}
	}
}

// mergeHeader returns base with the names of over replaced or, where they have
// no values, removed. It changes neither, and returns base if over is empty.
func mergeHeader(base, over http.Header) http.Header {
	if len(over) == 0 {
		return base
	}
	merged := make(http.Header, len(base)+len(over))
	maps.Copy(merged, base)
	for name, values := range over {
		name = http.CanonicalHeaderKey(name)
		if len(values) == 0 {
			delete(merged, name)
			if name == "User-Agent" {
				merged[name] = nil // net/http adds its own unless told not to
			}
			continue
		}
		merged[name] = values
	}
	return merged
}

// addQuery returns u with the names of query replaced or, where they have no
// values, removed.
func addQuery(u *url.URL, query url.Values) *url.URL {
	all := u.Query()
	maps.Copy(all, query) // Encode leaves out names without values
	withQuery := *u
	withQuery.RawQuery = all.Encode()
	return &withQuery
}

func isRedirect(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return resp.Header.Get("Location") != ""
	}
	return false
}

// redirect returns the URL to post to next, or why the redirect is refused. The
// message names the origin alone: paths and queries may hold keys.
func redirect(from *url.URL, resp *http.Response, count int) (*url.URL, error) {
	const maxRedirects = 10
	to, err := from.Parse(resp.Header.Get("Location"))
	if err != nil {
		return nil, fmt.Errorf("HTTP %d with a Location that is not a URL", resp.StatusCode)
	}
	origin := to.Scheme + "://" + to.Host
	switch {
	case resp.StatusCode == http.StatusSeeOther:
		return nil, fmt.Errorf("HTTP 303 to %s asks for a GET, which JSON-RPC cannot be sent with: check the URL", origin)
	case to.Scheme == "http" && from.Scheme == "https":
		return nil, fmt.Errorf("HTTP %d from https to %s refused: it would send the request in the clear", resp.StatusCode, origin)
	case to.Scheme != from.Scheme || !strings.EqualFold(hostPort(to), hostPort(from)):
		return nil, fmt.Errorf("HTTP %d to another origin refused: if %s is right, use it as the URL", resp.StatusCode, origin)
	case count > maxRedirects:
		return nil, fmt.Errorf("stopped after %d redirects", maxRedirects)
	}
	to.User, to.Fragment = nil, ""
	return to, nil
}

// hostPort returns u's host and port, with the scheme's port if it has none.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
