package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// NetOptions are the settings of [DialNet]. Nil, and any zero field, means the
// default.
type NetOptions struct {
	StreamOptions
	// TLS, if not nil, has the connection encrypted. An empty ServerName means
	// the host of the address.
	TLS *tls.Config
	// KeepAlive is how long the connection may be idle before the system asks
	// the peer's whether it is still there; three times without an answer, ten
	// seconds apart, end the connection. The default is 15 seconds; a negative
	// value turns it off. Unix sockets need none. Unless MaxPause is set, a peer
	// that stops in the middle of a message is given as long, on all sockets.
	KeepAlive time.Duration
}

// DialNet connects to a socket: network is tcp, tcp4, tcp6 or unix. An error is
// an *[Error] with Op "connect".
func DialNet(ctx context.Context, network, address string, opts *NetOptions) (Stream, error) {
	if opts == nil {
		opts = &NetOptions{}
	}
	idle := opts.KeepAlive
	if idle == 0 {
		idle = 15 * time.Second
	}
	const interval, count = 10 * time.Second, 3
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAliveConfig: net.KeepAliveConfig{
		Enable: idle > 0, Idle: max(idle, 0), Interval: interval, Count: count,
	}}
	stream := opts.StreamOptions
	switch {
	case idle < 0:
		dialer.KeepAlive = -1
	case stream.MaxPause == 0:
		stream.MaxPause = idle + count*interval
	}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, connectError(ctx, err)
	}
	if opts.TLS != nil {
		config := opts.TLS.Clone()
		if config.ServerName == "" {
			config.ServerName, _, _ = net.SplitHostPort(address)
		}
		secure := tls.Client(conn, config)
		shake, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := secure.HandshakeContext(shake); err != nil {
			_ = conn.Close()
			return nil, connectError(ctx, err)
		}
		return NewStream(tlsConn{secure}, &stream), nil
	}
	return NewStream(conn, &stream), nil
}

func connectError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	return &Error{Op: "connect", Err: err}
}

// tlsConn is a tls.Conn without SetWriteDeadline: once a write has timed out, a
// tls.Conn cannot be written to again, so that one call's end would end all.
type tlsConn struct{ conn *tls.Conn }

func (c tlsConn) Read(p []byte) (int, error)        { return c.conn.Read(p) }
func (c tlsConn) Write(p []byte) (int, error)       { return c.conn.Write(p) }
func (c tlsConn) Close() error                      { return c.conn.Close() }
func (c tlsConn) SetReadDeadline(t time.Time) error { return c.conn.SetReadDeadline(t) }
