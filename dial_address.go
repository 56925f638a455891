package jsonrpc

import (
	"context"
	"net"
	"net/http"
	"net/url"
)

// WithAddress connects to address, HOST:PORT, instead of the host in the URL. That
// one is still what TLS verifies and what headers name, so that one of the servers
// behind a name can be called. It is for http, https, ws, wss, tcp and tls. The
// proxies of the environment are not used.
func WithAddress(address string) DialOption {
	return dialOnly(func(d *dialSettings) {
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			d.fail("the address %.100q to connect to must have the form HOST:PORT", address)
			return
		}
		d.address = address
	})
}

// at is the part of the server's name that tells the address.
func (d *dialSettings) at() string {
	if d.address == "" {
		return ""
	}
	return " (" + d.address + ")"
}

func (d *dialSettings) refuseAddress(scheme string) error {
	return d.refuse("an address to connect to has no effect on %s", scheme)
}

// checkAddress refuses an address that would have no effect over HTTP, and turns
// off the proxies of the environment for it.
func (d *dialSettings) checkAddress() error {
	if d.address == "" {
		return nil
	}
	if d.userHTTP || d.proxy != nil {
		return d.refuse("an address to connect to has no effect on a proxy or an HTTP client of your own")
	}
	d.http.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	return nil
}

// ownTripper reports whether the options ask for a RoundTripper that package
// transport does not make by itself.
func (d *dialSettings) ownTripper(f *tlsFiles) bool {
	return !d.userHTTP && (f != nil || d.wrap != nil || d.address != "" || d.lean)
}

// connectTo has rt connect to the address, if there is one, whatever the URL.
func connectTo(address string, rt *http.Transport) *http.Transport {
	if address != "" {
		dial := rt.DialContext
		rt.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, address) }
	}
	return rt
}
