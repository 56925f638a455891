package jsonrpc

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
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
	files     certificateFiles // of tlsConfig
	wrap      func(http.RoundTripper) http.RoundTripper
	lean      bool
	address   string // to connect to; empty: that of the URL
}

// Dial returns a client for the server at rawURL. The scheme says how it is
// talked to:
//
//	http://HOST:PORT/PATH, https://…  a POST for each message
//	ws://HOST:PORT/PATH, wss://…      a WebSocket
//	tcp://HOST:PORT, tls://HOST:PORT  a socket
//	unix:///PATH                      a Unix socket
//	exec:COMMAND ARGUMENT…            a child process, on its standard input and output
//
// and those of [RegisterScheme], which packages of integration call.
//
// User and password in a URL of http or ws become basic authentication. Messages
// on tcp, tls, unix and exec are lines, unless [WithFraming] says otherwise.
//
// An http client connects with its first call; ctx is not used. The others are
// streams, which connect before Dial returns, or until ctx ends. Both connect
// again whenever they have to.
func Dial(ctx context.Context, rawURL string, opts ...DialOption) (*Client, error) {
	d := &dialSettings{settings: defaultSettings()}
	d.apply(opts)
	return d.dial(ctx, rawURL)
}

func (d *dialSettings) apply(opts []DialOption) {
	for _, opt := range opts {
		if opt != nil {
			opt.applyDial(d)
		}
	}
}

func (d *dialSettings) dial(ctx context.Context, rawURL string) (*Client, error) {
	if d.err != nil {
		return nil, fmt.Errorf("jsonrpc: %w", d.err)
	}
	scheme, rest, found := strings.Cut(rawURL, ":")
	if !found || !isScheme(scheme) {
		return nil, d.refuse("the URL has no scheme: write http://HOST:PORT/PATH")
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "http", "https":
		return d.dialHTTP(rawURL)
	case "ws", "wss":
		return d.dialWebSocket(ctx, rawURL)
	case "tcp", "tls", "unix":
		return d.dialSocket(ctx, scheme, rawURL)
	case "exec":
		return d.dialCommand(ctx, rest)
	}
	if s, known := schemes.Load(scheme); known {
		return d.dialScheme(ctx, s.(Scheme), rawURL)
	}
	return nil, d.refuse("URL scheme %q: use %s", clean(scheme, 20), knownSchemes())
}

// refuse returns the error for a URL or options that do not fit.
func (d *dialSettings) refuse(format string, args ...any) error {
	return fmt.Errorf("jsonrpc: %w", &MessageError{Reason: d.secrets.mask(fmt.Sprintf(format, args...))})
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
