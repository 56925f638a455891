package jsonrpc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"example.com/jsonrpc/transport"
)

// dialSettings are what the options of [Dial] set.
type dialSettings struct {
	settings
	http      transport.HTTPOptions
	userHTTP  bool
	proxy     *url.URL
	tlsConfig *tls.Config
}

// Dial returns a client for the server at rawURL, which must have one of the
// schemes http and https. User and password in it become basic authentication.
//
// An http client connects with its first call, and again whenever it has to;
// ctx is for transports that connect at once.
func Dial(ctx context.Context, rawURL string, opts ...DialOption) (*Client, error) {
	d := &dialSettings{settings: defaultSettings()}
	for _, opt := range opts {
		if opt != nil {
			opt.applyDial(d)
		}
	}
	if d.err != nil {
		return nil, fmt.Errorf("jsonrpc: %w", d.err)
	}
	scheme, _, found := strings.Cut(rawURL, ":")
	if !found || !isScheme(scheme) {
		return nil, fmt.Errorf("jsonrpc: %w", &MessageError{Reason: "the URL has no scheme: write http://HOST:PORT/PATH"})
	}
	switch strings.ToLower(scheme) {
	case "http", "https":
		return d.dialHTTP(rawURL)
	}
	return nil, fmt.Errorf("jsonrpc: %w", &MessageError{Reason: fmt.Sprintf("URL scheme %q: use http or https", clean(scheme, 20))})
}

// isScheme reports whether s can be a URL's scheme (RFC 3986, 3.1). What cannot
// may be a password.
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || (c < '0' || c > '9') && !strings.ContainsRune("+-.", rune(c))) {
			return false
		}
	}
	return s != ""
}

// userSecrets returns what is secret of a URL's user information: the password,
// or the name if it is alone and so a token, and both as basic authentication
// sends them.
func userSecrets(u *url.Userinfo) []string {
	if u == nil {
		return nil
	}
	password, found := u.Password()
	basic := base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + password))
	if !found || password == "" {
		return []string{u.Username(), basic}
	}
	return []string{password, basic}
}

// dialHTTP gives headers, cookies and query to the transport, which then has
// them ready for each message.
func (d *dialSettings) dialHTTP(rawURL string) (*Client, error) {
	if u, err := url.Parse(rawURL); err == nil {
		d.secrets = d.secrets.withFound(userSecrets(u.User)...)
		for _, values := range u.Query() {
			d.secrets = d.secrets.withFound(values...)
		}
		if len(d.query) > 0 {
			query := u.Query()
			for name, values := range d.query {
				query[name] = values
			}
			u.RawQuery = query.Encode()
			rawURL = u.String()
		}
	}
	d.http.Header = d.header.Clone()
	if cookies := d.cookieHeader(&settings{}); len(cookies) > 0 {
		if d.http.Header == nil {
			d.http.Header = http.Header{}
		}
		d.http.Header["Cookie"] = cookies
	}
	d.http.TLS = d.tlsConfig
	if d.proxy != nil {
		d.http.Proxy = http.ProxyURL(d.proxy)
	}
	if d.userHTTP && (d.tlsConfig != nil || d.proxy != nil) {
		return nil, fmt.Errorf("jsonrpc: %w", &MessageError{Reason: "options for TLS and proxies have no effect on an HTTP client of your own: set them there"})
	}
	rt, err := transport.NewHTTP(rawURL, &d.http)
	if err != nil {
		return nil, fmt.Errorf("jsonrpc: %w", &MessageError{Reason: d.secrets.mask(err.Error())})
	}
	return newClient(rt, d.settings, false)
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

// WithCookieJar keeps the cookies that the server sets, and sends them back.
func WithCookieJar(jar http.CookieJar) DialOption {
	return dialOnly(func(d *dialSettings) { d.http.Jar = jar })
}

// WithCompression sends messages of [transport.CompressFrom] bytes or more
// compressed with gzip. Few servers understand it. Compressed replies are
// always read.
func WithCompression() DialOption {
	return dialOnly(func(d *dialSettings) { d.http.Compress = true })
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

// WithTLSConfig uses a copy of config for TLS. Options after it change the copy.
func WithTLSConfig(config *tls.Config) DialOption {
	return dialOnly(func(d *dialSettings) { d.tlsConfig = config.Clone() })
}

// WithCAFile trusts the certificate authorities in a PEM file, and no others.
func WithCAFile(path string) DialOption {
	return dialOnly(func(d *dialSettings) {
		pem, err := os.ReadFile(path)
		if err != nil {
			d.fail("cannot read the CA file: %v", err)
			return
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			d.fail("the CA file %s holds no certificate in PEM form", path)
			return
		}
		d.tls().RootCAs = pool
	})
}

// WithCAPool trusts the certificate authorities in pool, and no others.
func WithCAPool(pool *x509.CertPool) DialOption {
	return dialOnly(func(d *dialSettings) { d.tls().RootCAs = pool })
}

// WithClientCert shows the certificate in a PEM file to the server, with the key
// in another, or in the same.
func WithClientCert(certFile, keyFile string) DialOption {
	return dialOnly(func(d *dialSettings) {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			d.fail("cannot load the client certificate: %v", err)
			return
		}
		d.tls().Certificates = []tls.Certificate{cert}
	})
}

// WithClientCertificate shows the certificate to the server.
func WithClientCertificate(cert tls.Certificate) DialOption {
	return dialOnly(func(d *dialSettings) { d.tls().Certificates = []tls.Certificate{cert} })
}

// WithServerName expects the server's certificate to be for name, whatever the
// host in the URL.
func WithServerName(name string) DialOption {
	return dialOnly(func(d *dialSettings) { d.tls().ServerName = name })
}

// WithInsecureSkipVerify accepts any certificate of the server's: anybody on the
// way can read and change everything. It is for tests.
func WithInsecureSkipVerify() DialOption {
	return dialOnly(func(d *dialSettings) { d.tls().InsecureSkipVerify = true })
}

// tls returns the TLS configuration to be changed.
func (d *dialSettings) tls() *tls.Config {
	if d.tlsConfig == nil {
		d.tlsConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return d.tlsConfig
}
