package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-zeromq/zmq4"

	"example.com/jsonrpc/transport"
)

// Options are the settings of [Dial] and [DialREQ]. Nil, and any zero field,
// means the default.
type Options struct {
	// Username and Password, if there is either, are sent to the server in clear
	// text (ZeroMQ's PLAIN mechanism). Each has 255 bytes at most. Without them
	// the mechanism is NULL.
	Username, Password string

	// MaxMessage bounds a message from the server in bytes, all its frames
	// together; a longer one is dropped as it arrives and reported. The default
	// is 64 MiB.
	MaxMessage int64

	// KeepAlive is that of [transport.NetOptions]: how long a connection may be
	// idle before the system probes it. The default is 15 seconds; a negative
	// value turns it off.
	KeepAlive time.Duration

	// NoDelimiter, of Dial only, leaves out the empty frame before a message. It
	// is for ROUTER and DEALER servers that do not expect one. A REP server
	// drops messages without it.
	NoDelimiter bool

	// Connections, of DialREQ only, is how many connections there may be, and so
	// how many calls at a time. The default is 4.
	Connections int

	// AnswerWait, of DialREQ only, is how long the server may take to answer a
	// notification, which holds a connection for as long. Then the connection is
	// closed. The default is 30 seconds.
	AnswerWait time.Duration
}

// plain reports whether the mechanism is PLAIN.
func (o *Options) plain() bool { return o.Username != "" || o.Password != "" }

// Dial connects a DEALER socket to a server's REP, ROUTER or DEALER socket, for
// [jsonrpc.NewStreamClient]. The endpoint is written as everywhere in
// ZeroMQ: tcp://HOST:PORT, ipc:///PATH or, on Linux, ipc://@NAME for a name that
// is not in the file system.
//
// Any number of messages can be under way. A REP server works through them one
// by one, in their order.
//
// An error is a *[transport.Error] with Op "connect". See [ErrRefused].
func Dial(ctx context.Context, endpoint string, opts *Options) (transport.Stream, error) {
	o, e := Options{}, delimited
	if opts != nil {
		o = *opts
	}
	if o.NoDelimiter {
		e = bare
	}
	if o.Connections != 0 || o.AnswerWait != 0 {
		return nil, connectError(errors.New("the options Connections and AnswerWait are for DialREQ"))
	}
	return dial(ctx, endpoint, zmq4.Dealer, e, &o)
}

// dial connects a socket.
func dial(ctx context.Context, endpoint string, socket zmq4.SocketType, e envelope, o *Options) (transport.Stream, error) {
	network, address, err := splitEndpoint(endpoint)
	if err == nil && max(len(o.Username), len(o.Password)) > 255 {
		err = errors.New("a user name or a password of more than 255 bytes")
	}
	if err != nil {
		return nil, connectError(err)
	}
	conn, err := dialer(o.KeepAlive).DialContext(ctx, network, address)
	if err == nil {
		if err = handshake(ctx, conn, socket, o); err == nil {
			return newStream(conn, e, o.MaxMessage), nil
		}
		_ = conn.Close()
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return nil, connectError(err)
}

func connectError(err error) error { return &transport.Error{Op: "connect", Err: err} }

// splitEndpoint reads an endpoint.
func splitEndpoint(endpoint string) (network, address string, err error) {
	scheme, address, _ := strings.Cut(endpoint, "://")
	switch {
	case address == "":
	case scheme == "tcp":
		if _, port, err := net.SplitHostPort(address); err == nil && port != "" {
			return "tcp", address, nil
		}
	case scheme == "ipc":
		return "unix", address, nil
	}
	return "", "", fmt.Errorf("the endpoint %.100q: write tcp://HOST:PORT or ipc:///PATH", endpoint)
}

// dialer has the times of [transport.DialNet].
func dialer(idle time.Duration) *net.Dialer {
	if idle == 0 {
		idle = 15 * time.Second
	}
	d := &net.Dialer{Timeout: 30 * time.Second, KeepAliveConfig: net.KeepAliveConfig{
		Enable: idle > 0, Idle: max(idle, 0), Interval: 10 * time.Second, Count: 3,
	}}
	if idle < 0 {
		d.KeepAlive = -1
	}
	return d
}
