package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/tap"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// recordHTTP passes on POSTs and WebSockets.
func (o *recordOptions) recordHTTP(ctx context.Context, s *session, where listening, address string, who *identity, r *jsonrpctest.Recorder) error {
	u, err := url.Parse(cmp.Or(map[string]string{demoTarget: demoURL}[address], address))
	if err != nil || u.Host == "" {
		return &usageError{"TARGET: the URL must have the form http://HOST:PORT/PATH"}
	}
	u.Scheme = strings.Replace(strings.ToLower(u.Scheme), "ws", "http", 1)
	if u.User != nil && !who.hasUser && who.token == "" {
		who.hasUser, who.user = true, u.User.Username()
		who.password, _ = u.User.Password()
	}
	trip, done, err := o.tripper(ctx, s, address, u, who)
	if err != nil {
		return err
	}
	defer done()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", where.address)
	if err != nil {
		return &localError{fmt.Sprintf("cannot listen: %v", err)}
	}
	passing := &tap.HTTP{
		Target: u, Trip: who.tripper(trip), Recorder: r, Limit: int64(o.maxReply),
		Failed: func(err error) { s.say("warning: the server cannot be reached: " + err.Error()) },
	}
	s.say(fmt.Sprintf("recording what is said to %s at http://%s until interrupted", schemeAndHost(u), listener.Addr()))
	return serveUntil(ctx, listener, passing.Handler())
}

// schemeAndHost is a URL without what may be secret in it.
func schemeAndHost(u *url.URL) string { return u.Scheme + "://" + u.Host }

// tripper returns what carries messages to the server: what the library would use.
func (o *recordOptions) tripper(ctx context.Context, s *session, address string, u *url.URL, who *identity) (trip http.RoundTripper, done func(), err error) {
	options, err := o.carrierOptions(s, address)
	if err != nil {
		return nil, nil, err
	}
	options = append(options, jsonrpc.WithHTTPWrap(func(rt http.RoundTripper) http.RoundTripper {
		trip = rt
		return rt
	}), who.challenged())
	client, err := jsonrpc.Dial(ctx, schemeAndHost(u), options...)
	if err != nil {
		return nil, nil, &localError{strings.TrimPrefix(err.Error(), "jsonrpc: ")}
	}
	return trip, func() { _ = client.Close() }, nil
}

// serveUntil serves until the context ends, then lets requests under way end, for a
// short time, and returns once all are over.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	const grace = 2 * time.Second
	var serving sync.WaitGroup
	ending, end := context.WithCancel(context.WithoutCancel(ctx))
	defer serving.Wait()
	defer end()
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			serving.Add(1)
			defer serving.Done()
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ending }, // WebSockets end with it
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return &localError{fmt.Sprintf("cannot serve: %v", err)}
	case <-ctx.Done():
	}
	patient, cancel := context.WithTimeout(ending, grace)
	defer cancel()
	if err := server.Shutdown(patient); errors.Is(err, context.DeadlineExceeded) {
		_ = server.Close()
	}
	return errStopped
}

// recordBytes passes on connections, or the one of standard input and output.
func (o *recordOptions) recordBytes(ctx context.Context, s *session, where listening, address string, r *jsonrpctest.Recorder) error {
	if err := o.trust.check(); err != nil {
		return err
	}
	pass := func(ctx context.Context, client tap.Conn) error {
		config, err := o.trust.config() // the files may be others by now
		if err == nil {
			err = o.passBytes(ctx, s, client, address, config, r)
		}
		return err
	}
	if where.scheme == "stdio" {
		err := pass(ctx, tap.Stdio(s.process.Stdin, s.process.Stdout))
		if ctx.Err() != nil {
			return errStopped
		}
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, where.scheme, where.address)
	if err != nil {
		return &localError{fmt.Sprintf("cannot listen: %v", err)}
	}
	s.say(fmt.Sprintf("recording what is said to the server by %s at %s until interrupted", schemeOf(address), where.at(listener)))
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	var passing sync.WaitGroup
	defer passing.Wait()
	for {
		conn, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			return errStopped
		case err != nil:
			return &localError{fmt.Sprintf("cannot take connections: %v", err)}
		}
		passing.Go(func() {
			if err := pass(ctx, conn.(tap.Conn)); err != nil && ctx.Err() == nil {
				s.say("warning: " + err.Error())
			}
		})
	}
}

// passBytes connects to the server for a client, and passes on until either has
// said its last.
func (o *recordOptions) passBytes(ctx context.Context, s *session, client tap.Conn, address string, config *tls.Config, r *jsonrpctest.Recorder) error {
	server, err := tap.Dial(ctx, address, config, s.process.Stderr)
	if err != nil {
		_ = client.Close()
		return &transport.Error{Op: "connect", Err: err}
	}
	opts := &transport.StreamOptions{Framing: o.framing.Framing, MaxMessage: int64(o.maxReply)}
	if err := tap.Bytes(ctx, client, server, opts, r); err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return nil
}
