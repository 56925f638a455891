package jsonrpc

import (
	"maps"
	"net/http"
	"net/url"
	"slices"

	"example.com/jsonrpc/transport"
)

// dialHTTP gives headers, cookies and query to the transport, which then has
// them ready for each message.
func (d *dialSettings) dialHTTP(rawURL string) (*Client, error) {
	if u, err := url.Parse(rawURL); err == nil {
		if d.noteURL(u) {
			rawURL = u.String()
		}
	}
	if d.stream.framing != nil {
		return nil, d.refuse("a framing has no effect on HTTP, where a message is a body")
	}
	if err := d.checkHTTP(); err != nil {
		return nil, err
	}
	d.http.Header = d.sessionHeader()
	d.http.TLS = d.tlsConfig
	if files := d.reloadable(); d.ownTripper(files) {
		d.http.RoundTripper, d.http.Own = d.newRoundTripper(files), true
	}
	rt, err := transport.NewHTTP(rawURL, &d.http)
	if err != nil {
		return nil, d.refuse("%v", err)
	}
	c, err := newClient(rt, d.settings, false)
	if err == nil {
		c.endpoint += d.at()
	}
	return c, err
}

// noteURL notes the secrets in u and adds the query of the options to it. It
// reports whether it did.
func (d *dialSettings) noteURL(u *url.URL) (changed bool) {
	d.secrets = d.secrets.withFound(userSecrets(u.User)...)
	query := u.Query()
	for _, values := range query {
		d.secrets = d.secrets.withFound(values...)
	}
	if len(d.query) == 0 {
		return false
	}
	maps.Copy(query, d.query)
	u.RawQuery = query.Encode()
	return true
}

// sessionHeader returns the headers of the options, cookies included.
func (d *dialSettings) sessionHeader() http.Header {
	header := d.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if cookies := d.cookieHeader(&settings{}); len(cookies) > 0 {
		header["Cookie"] = cookies
	}
	return header
}

// forHTTP reports whether there are options that only HTTP heeds, or the handshake of a
// WebSocket.
func (d *dialSettings) forHTTP() bool {
	return d.proxy != nil || d.userHTTP || d.wrap != nil || d.lean || d.http.Jar != nil || d.http.Compress || d.http.Encoding != ""
}

// checkHTTP refuses options that would have no effect, and prepares the proxy.
func (d *dialSettings) checkHTTP() error {
	if d.userHTTP && (d.tlsConfig != nil || d.proxy != nil) {
		return d.refuse("options for TLS and proxies have no effect on an HTTP client of your own: set them there")
	}
	if d.userHTTP && d.lean {
		return d.refuse("lean HTTP has no effect on an HTTP client of your own")
	}
	if err := d.checkAddress(); err != nil {
		return err
	}
	if d.userHTTP && d.wrap != nil {
		d.http.RoundTripper = d.wrap(d.http.RoundTripper)
	}
	if d.proxy != nil {
		d.http.Proxy = http.ProxyURL(d.proxy)
	}
	return nil
}

// WithHTTPClient sends messages with the transport, the cookie jar, the redirect
// rule and the timeout of c. Its redirect rule can forbid, not allow (see
// [transport.HTTP]).
func WithHTTPClient(c *http.Client) DialOption {
	return dialOnly(func(d *dialSettings) {
		if c == nil {
			d.fail("the HTTP client is nil")
			return
		}
		d.userHTTP = c.Transport != nil
		d.http.RoundTripper, d.http.Jar, d.http.CheckRedirect = c.Transport, c.Jar, c.CheckRedirect
		if c.Timeout > 0 {
			d.timeout = c.Timeout
		}
	})
}

// WithHTTPTransport sends messages with rt. The default is one made by
// [transport.NewRoundTripper].
func WithHTTPTransport(rt http.RoundTripper) DialOption {
	return dialOnly(func(d *dialSettings) { d.http.RoundTripper, d.userHTTP = rt, rt != nil })
}

// WithLeanHTTP sends messages with a [transport.LeanRoundTripper] instead of an
// http.Transport, for many small calls over HTTP/1.1: a call takes less time and a
// third of the allocations. Options for TLS, addresses and proxies have the same
// effect. Where there is a proxy, and on systems that are not Unix, messages go over
// an http.Transport all the same. It is for http and https URLs only.
func WithLeanHTTP() DialOption {
	return dialOnly(func(d *dialSettings) { d.lean = true })
}

// WithHTTPWrap sends messages through what wrap makes of the RoundTripper that
// there is: for an authentication or a trace that is made for net/http. It is
// called once, or for each handshake of a WebSocket. Several are put around each
// other, the first outermost.
func WithHTTPWrap(wrap func(http.RoundTripper) http.RoundTripper) DialOption {
	return dialOnly(func(d *dialSettings) {
		outer := d.wrap
		if d.wrap = wrap; outer != nil && wrap != nil {
			d.wrap = func(rt http.RoundTripper) http.RoundTripper { return outer(wrap(rt)) }
		}
	})
}

// WithCookieJar keeps the cookies that the server sets, and sends them back: with each
// message over HTTP, in the handshake of a WebSocket.
func WithCookieJar(jar http.CookieJar) DialOption {
	return dialOnly(func(d *dialSettings) { d.http.Jar = jar })
}

// WithCompression sends messages of [transport.CompressFrom] bytes or more
// compressed with gzip, and offers a WebSocket's own compression in its handshake. Few
// servers understand it. Compressed replies are always read.
func WithCompression() DialOption {
	return dialOnly(func(d *dialSettings) { d.http.Compress = true })
}

// WithRequestCompression sends messages of from bytes or more, 1 KiB if that is 0,
// compressed with the encoding: "gzip" or, if package integration/zstd is imported,
// "zstd". It is for HTTP. If the server refuses the encoding (HTTP 415), messages
// are sent without it from then on, the refused one again. Replies in these
// encodings are always read.
func WithRequestCompression(encoding string, from int) DialOption {
	return dialOnly(func(d *dialSettings) {
		if encoding == "" {
			d.fail("the encoding of requests has no name: write gzip")
		}
		d.http.Encoding, d.http.CompressFrom = encoding, from
	})
}

// WithProxy connects through the HTTP, HTTPS or SOCKS5 proxy at the URL, which
// may hold user and password. The default is the environment's (HTTP_PROXY,
// HTTPS_PROXY and NO_PROXY).
func WithProxy(rawURL string) DialOption {
	return dialOnly(func(d *dialSettings) {
		u, err := url.Parse(rawURL)
		if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
			d.fail("the proxy is not a URL of the form http://HOST:PORT, https://… or socks5://…")
			return
		}
		d.proxy, d.secrets = u, d.secrets.withFound(userSecrets(u.User)...)
	})
}
