package jsonrpc

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"example.com/jsonrpc/transport"
)

// A Scheme says how [Dial] treats the URLs of a scheme, by one of its functions.
type Scheme struct {
	// RoundTripper returns the transport for a target. It is closed with the
	// client if it is an io.Closer.
	RoundTripper func(ctx context.Context, t *Target) (transport.RoundTripper, error)
	// Stream connects to a target. It is called again whenever the connection
	// has to be made again.
	Stream func(ctx context.Context, t *Target) (transport.Stream, error)
}

// A Target is what [Dial] was given, for the functions of a [Scheme].
type Target struct {
	URL      *url.URL
	Name     string      // the URL without user, password and query
	TLS      *tls.Config // of the options, nil if none was given
	Header   http.Header // of the options, authentication included
	MaxReply int64       // the limit of a message from the server, in bytes
	Secrets  []string    // never to be in an error
}

var schemes sync.Map // string → Scheme

// knownSchemes names all schemes for an error.
func knownSchemes() string {
	var names []string
	schemes.Range(func(name, _ any) bool {
		names = append(names, name.(string))
		return true
	})
	slices.Sort(names)
	names = append([]string{"http", "https", "ws", "wss", "tcp", "tls", "unix"}, names...)
	return strings.Join(names, ", ") + " or exec"
}

// RegisterScheme makes [Dial] understand the URLs of a scheme. It is for package
// initialisation, as that of package integration/zmq, and panics if the scheme
// is known already.
func RegisterScheme(name string, s Scheme) {
	if (s.RoundTripper == nil) == (s.Stream == nil) {
		panic("jsonrpc: a Scheme needs one of its functions: " + name)
	}
	switch name {
	case "http", "https", "ws", "wss", "tcp", "tls", "unix", "exec":
		panic("jsonrpc: scheme registered twice: " + name)
	}
	if _, known := schemes.LoadOrStore(name, s); known {
		panic("jsonrpc: scheme registered twice: " + name)
	}
}

// dialScheme dials a registered scheme.
func (d *dialSettings) dialScheme(ctx context.Context, s Scheme, rawURL string) (*Client, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, d.refuse("the URL cannot be parsed")
	}
	if d.forHTTP() {
		return nil, d.refuse("options for HTTP and proxies have no effect on %s", u.Scheme)
	}
	if d.stream.framing != nil {
		return nil, d.refuse("a framing has no effect on %s", u.Scheme)
	}
	if d.address != "" {
		return nil, d.refuseAddress(u.Scheme)
	}
	d.noteURL(u)
	name := *u
	name.User, name.RawQuery, name.Fragment = nil, "", ""
	t := &Target{URL: u, Name: name.String(), TLS: d.tlsConfig, Header: d.sessionHeader(), MaxReply: d.maxReply}
	if d.secrets != nil {
		t.Secrets = d.secrets.values
	}
	set := d.settings
	set.query = nil
	if s.Stream != nil {
		set.header, set.cookies = nil, nil // they are in the target
		return newStreamClient(ctx, t.Name, func(ctx context.Context) (transport.Stream, error) {
			stream, err := s.Stream(ctx, t)
			return stream, set.secrets.maskTree(err)
		}, set)
	}
	rt, err := s.RoundTripper(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("jsonrpc: %s: %w", d.secrets.mask(t.Name), d.secrets.maskTree(err))
	}
	c, err := newClient(rt, set, false)
	if err == nil && c.endpoint == "" {
		c.endpoint = set.secrets.mask(t.Name)
	}
	return c, err
}
