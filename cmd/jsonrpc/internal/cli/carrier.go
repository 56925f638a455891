package cli

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest/demo"
	"example.com/jsonrpc/transport"
)

// carrierOptions returns the options about what carries the messages.
func (c *connection) carrierOptions(s *session, address string) ([]jsonrpc.DialOption, error) {
	if err := c.trust.check(); err != nil {
		return nil, err
	}
	proxy, err := c.parseProxy(s)
	if err != nil {
		return nil, err
	}
	options := c.trust.options()
	switch schemeOf(address) {
	case "demo":
		return c.httpTransport(s, inProcess{demo.New()}), nil
	case "http", "https":
		if !c.many && !c.digest { // Monero answers a challenge on its own connection alone
			rt, err := c.singleRoundTripper(proxy)
			return c.httpTransport(s, rt), err
		}
		fallthrough
	case "ws", "wss":
		if proxy != nil {
			options = append(options, jsonrpc.WithProxy(proxy.String()))
		}
		if c.verbose > 1 {
			options = append(options, jsonrpc.WithHTTPWrap(func(rt http.RoundTripper) http.RoundTripper { return headerTrace{s, rt} }))
		}
	case "exec":
		if c.verbose > 1 {
			options = append(options, jsonrpc.WithStderr(&lineWriter{each: func(line string) { s.sayLine("  | " + line) }}))
		}
	}
	if c.framing.Framing != nil {
		options = append(options, jsonrpc.WithFraming(c.framing.Framing))
	}
	return options, nil
}

// singleRoundTripper is for one message: a connection that is kept would be watched
// by net/http, which reports what servers send too much.
func (c *connection) singleRoundTripper(proxy *url.URL) (http.RoundTripper, error) {
	config, err := c.trust.config()
	if err != nil {
		return nil, err
	}
	rt := newRoundTripper(config, proxy)
	rt.DisableKeepAlives = true
	return rt, nil
}

// newRoundTripper returns the library's own, with the settings of the command.
func newRoundTripper(config *tls.Config, proxy *url.URL) *http.Transport {
	if proxy == nil {
		return transport.NewRoundTripper(config, nil)
	}
	return transport.NewRoundTripper(config, http.ProxyURL(proxy))
}

// httpTransport sends through rt, and shows the headers under -vv.
func (c *connection) httpTransport(s *session, rt http.RoundTripper) []jsonrpc.DialOption {
	if c.verbose > 1 {
		rt = headerTrace{s, rt}
	}
	return []jsonrpc.DialOption{jsonrpc.WithHTTPTransport(rt)}
}

// parseProxy returns the proxy, nil for the environment's.
func (c *connection) parseProxy(s *session) (*url.URL, error) {
	if c.proxy == "" {
		return nil, nil
	}
	u, err := url.Parse(c.proxy)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return nil, &usageError{"--proxy wants a URL of the form http://HOST:PORT, https://… or socks5://…"}
	}
	password, _ := u.User.Password()
	s.secrets.basic(u.User.Username(), password)
	return u, nil
}

// proxied reports whether a proxy may be used.
func (c *connection) proxied(s *session) bool {
	return c.proxy != "" || slices.ContainsFunc([]string{"HTTP_PROXY", "http_proxy"}, func(name string) bool {
		return s.process.Getenv(name) != ""
	})
}

// acceptsEnvironment marks the secrets in a URL, and reports whether credentials
// from the environment are for it: it must have a place for them, and none of
// its own.
func acceptsEnvironment(s *session, address string) bool {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"http", "https", "ws", "wss"}, strings.ToLower(u.Scheme)) {
		return false
	}
	for _, values := range u.Query() {
		s.secrets.found(values...)
	}
	if u.User == nil {
		return true
	}
	password, _ := u.User.Password()
	s.secrets.basic(u.User.Username(), password)
	return false
}
