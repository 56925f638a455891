package jsonrpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"strings"

	"example.com/jsonrpc/internal/words"
	"example.com/jsonrpc/transport"
)

// NewStreamClient returns a client of a server that is talked to over a stream:
// one of package transport set up by hand, or of your own. It connects at once,
// and again whenever it has to, by calling dial. The name stands for the server
// in errors and logs. [Dial] is simpler for the usual streams.
func NewStreamClient(ctx context.Context, name string, dial StreamDialer, opts ...ClientOption) (*Client, error) {
	set := defaultSettings()
	for _, opt := range opts {
		if opt != nil {
			opt.applyClient(&set)
		}
	}
	return newStreamClient(ctx, name, dial, set)
}

func newStreamClient(ctx context.Context, name string, dial StreamDialer, set settings) (*Client, error) {
	if set.err == nil && (set.header != nil || set.query != nil || set.cookies != nil || set.auths != nil) {
		set.fail("%s is a stream without headers: there is no place for headers, authentication, cookies or a query", name)
	}
	if set.err != nil {
		return nil, fmt.Errorf("jsonrpc: %w", set.err)
	}
	if wrap := set.stream.wrap; wrap != nil {
		inner := dial
		dial = func(ctx context.Context) (transport.Stream, error) {
			stream, err := inner(ctx)
			if err != nil {
				return nil, err
			}
			return wrap(stream), nil
		}
	}
	conn := newConn(name, dial, &set)
	c, err := newClient(conn, set, false)
	if err != nil {
		return nil, err
	}
	if set.stream.lazy {
		return c, nil
	}
	if _, err := conn.connected(ctx); err != nil {
		_ = conn.Close()
		return nil, c.explain(ctx, "", err)
	}
	return c, nil
}

// streamOptions are the options of a stream of bytes.
func (d *dialSettings) streamOptions() transport.StreamOptions {
	return transport.StreamOptions{Framing: d.stream.framing, MaxMessage: d.maxReply}
}

// dialSocket dials tcp, tls and unix.
func (d *dialSettings) dialSocket(ctx context.Context, scheme, rawURL string) (*Client, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, d.refuse("the URL cannot be parsed: write %s", socketForm(scheme))
	}
	network, address := "tcp", u.Host
	if scheme == "unix" {
		network, address = "unix", u.Path
		if u.Opaque != "" { // unix:relative/path
			address, _ = url.PathUnescape(u.Opaque)
		}
		address = u.Host + address // unix://relative/path
	}
	if address == "" || scheme != "unix" && (u.Port() == "" || strings.Trim(u.Path, "/") != "" || u.User != nil) {
		return nil, d.refuse("the URL must have the form %s", socketForm(scheme))
	}
	opts := &transport.NetOptions{StreamOptions: d.streamOptions(), KeepAlive: d.stream.keepAlive}
	switch {
	case scheme == "tls":
		opts.TLS = d.tls()
	case d.tlsConfig != nil:
		return nil, d.refuse("options for TLS have no effect on %s: use tls", scheme)
	}
	if d.forHTTP() {
		return nil, d.refuse("options for HTTP and proxies have no effect on %s", scheme)
	}
	name := scheme + "://" + address + d.at()
	if d.address != "" {
		if scheme == "unix" {
			return nil, d.refuseAddress(scheme)
		}
		if address = d.address; opts.TLS != nil && opts.TLS.ServerName == "" {
			opts.TLS.ServerName = u.Hostname()
		}
	}
	files := d.reloadable()
	return newStreamClient(ctx, name, func(ctx context.Context) (transport.Stream, error) {
		opts := *opts
		opts.TLS = currentTLS(opts.TLS, files)
		return transport.DialNet(ctx, network, address, &opts)
	}, d.settings)
}

func socketForm(scheme string) string {
	if scheme == "unix" {
		return "unix:///PATH"
	}
	return scheme + "://HOST:PORT"
}

// dialCommand starts a child process.
func (d *dialSettings) dialCommand(ctx context.Context, line string) (*Client, error) {
	command, err := words.Split(line)
	if err != nil || len(command) == 0 {
		return nil, d.refuse(`the URL must have the form exec:COMMAND ARGUMENT…, with "quotes" closed`)
	}
	if d.tlsConfig != nil || d.forHTTP() {
		return nil, d.refuse("options for TLS, HTTP and proxies have no effect on a child process")
	}
	if d.address != "" {
		return nil, d.refuseAddress("exec")
	}
	opts := &transport.CommandOptions{StreamOptions: d.streamOptions(), ExitWait: d.stream.exitWait, TermWait: d.stream.termWait}
	// Only the command is named: its arguments may be secret.
	return newStreamClient(ctx, "exec:"+command[0], func(context.Context) (transport.Stream, error) {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Stderr = d.stream.stderr
		return transport.Command(cmd, opts)
	}, d.settings)
}

// dialWebSocket dials ws and wss.
func (d *dialSettings) dialWebSocket(ctx context.Context, rawURL string) (*Client, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return nil, d.refuse("the URL must have the form ws://HOST:PORT/PATH or wss://…")
	}
	if d.stream.framing != nil {
		return nil, d.refuse("a framing has no effect on a WebSocket, which has its own")
	}
	if d.lean {
		return nil, d.refuse("lean HTTP has no effect on a WebSocket")
	}
	if d.http.Encoding != "" {
		return nil, d.refuse("an encoding of requests has no effect on a WebSocket, which has a compression of its own: use WithCompression")
	}
	if jar := d.http.Jar; jar != nil {
		inner := d.wrap
		d.wrap = func(rt http.RoundTripper) http.RoundTripper {
			if inner != nil {
				rt = inner(rt)
			}
			return &withJar{rt, jar}
		}
	}
	if err := d.checkHTTP(); err != nil {
		return nil, err
	}
	d.noteURL(u)
	header := d.sessionHeader()
	if u.User != nil {
		password, _ := u.User.Password()
		r := http.Request{Header: header}
		r.SetBasicAuth(u.User.Username(), password)
		u.User = nil
	}
	opts := &transport.WebSocketOptions{
		Header: header, Subprotocols: d.stream.subprotocols, RoundTripper: d.http.RoundTripper,
		TLS: d.tlsConfig, Proxy: d.http.Proxy, MaxMessage: d.maxReply, PingAfter: d.stream.keepAlive,
		Compress: d.http.Compress,
	}
	name := *u
	name.RawQuery = ""
	base, files := d.settings, d.reloadable()
	own := d.ownTripper(files)
	newest := new(shown)
	dial := func(ctx context.Context) (stream transport.Stream, err error) {
		secrets := base.secrets
		err = base.authorized(ctx, nil, func(auth http.Header) (refused bool, err error) {
			opts := *opts
			if own {
				rt := d.newRoundTripper(files)
				defer rt.CloseIdleConnections()
				opts.RoundTripper = rt
			}
			if len(auth) > 0 {
				opts.Header = opts.Header.Clone()
				maps.Copy(opts.Header, auth)
				secrets = authSecrets(secrets, auth)
				newest.header.Store(&auth)
			}
			stream, err = transport.DialWebSocket(ctx, u.String(), &opts)
			answer := (*transport.HandshakeError)(nil)
			return errors.As(err, &answer) && answer.Response.StatusCode == http.StatusUnauthorized, err
		})
		return stream, secrets.maskTree(handshakeError(err, secrets))
	}
	// They have gone into the handshake.
	set := d.settings
	set.header, set.query, set.cookies, set.auths = nil, nil, nil, nil
	if len(base.auths) > 0 {
		set.stream.shown = newest
	}
	return newStreamClient(ctx, name.String()+d.at(), dial, set)
}

// withJar is a RoundTripper for handshakes, with cookies.
type withJar struct {
	http.RoundTripper
	jar http.CookieJar
}

// RoundTrip sends the cookies that the jar has for the server, and keeps those that
// it sets.
func (j *withJar) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	for _, c := range j.jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	resp, err := j.RoundTripper.RoundTrip(req)
	if err == nil {
		if cookies := resp.Cookies(); len(cookies) > 0 {
			j.jar.SetCookies(req.URL, cookies)
		}
	}
	return resp, err
}

// handshakeError has an answer to a handshake found as an [HTTPError].
func handshakeError(err error, s *secrets) error {
	refused := (*transport.HandshakeError)(nil)
	if !errors.As(err, &refused) {
		return err
	}
	body := new(bytes.Buffer)
	if refused.Response.Body != nil {
		_, _ = io.CopyN(body, refused.Response.Body, startOf)
	}
	return &transport.Error{Op: "connect", Err: (&Exchange{secrets: s}).newHTTPError(refused.Response, body.Bytes())}
}
