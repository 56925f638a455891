package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
	"github.com/go-zeromq/zmq4/security/plain"
)

// handshakeTime bounds the handshake. A server of another protocol may wait for
// us to say something that it understands.
const handshakeTime = 10 * time.Second

var errSilent = fmt.Errorf("the server did not complete the ZMTP handshake within %v: is this a ZeroMQ socket?", handshakeTime)

// handshake makes conn ready for messages. After an error conn is of no use.
func handshake(ctx context.Context, conn net.Conn, socket zmq4.SocketType, o *Options) error {
	ctx, cancel := context.WithTimeoutCause(ctx, handshakeTime, errSilent)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	g := &gate{Conn: conn, mechanism: string(zmq4.NullSecurity), password: o.Password}
	security := null.Security()
	if o.plain() {
		g.mechanism = string(zmq4.PlainSecurity)
		security = plain.Security(o.Username, o.Password)
	}
	err := open(g, security, socket)
	switch {
	case !stop():
		return context.Cause(ctx)
	case g.err != nil: // it says more than zmq4's
		return g.err
	}
	return err
}

// open performs the handshake. Package zmq4 panics over properties of the server
// that are cut short.
func open(g *gate, security zmq4.Security, socket zmq4.SocketType) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("malformed handshake: the properties of the server's socket")
		}
	}()
	_, err = zmq4.Open(g, security, socket, nil, false, nil)
	return err
}
