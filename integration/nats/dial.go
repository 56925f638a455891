package nats

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc/transport"
)

// closeWait bounds how long Close waits for what was published to be sent.
const closeWait = 2 * time.Second

// A dialer makes the connections of nats.go, which knows no contexts, and closes
// those that block.
type dialer struct {
	net.Dialer
	ctx    context.Context // of the attempts to connect
	cancel context.CancelFunc

	mu   sync.Mutex // for what follows
	conn net.Conn   // the newest
	shut bool       // no more
}

// Dial implements [natsgo.CustomDialer].
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.DialContext(d.ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	d.conn = conn
	return conn, nil
}

// cut closes the newest connection, and any after it.
func (d *dialer) cut() {
	d.cancel()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = true
	if d.conn != nil {
		_ = d.conn.Close()
	}
}

// connect connects to one of the servers.
func connect(ctx context.Context, n *natsgo.Options) (*natsgo.Conn, *dialer, error) {
	if ctx.Err() != nil {
		return nil, nil, connectError(context.Cause(ctx))
	}
	d := &dialer{Dialer: net.Dialer{Timeout: n.Timeout}}
	d.ctx, d.cancel = context.WithCancel(context.WithoutCancel(ctx)) // attempts after the first outlive ctx
	n.CustomDialer = d
	stop := context.AfterFunc(ctx, d.cut)
	nc, err := n.Connect()
	if !stop() { // ctx has ended
		if err == nil {
			nc.Close()
		}
		err = context.Cause(ctx)
	}
	if err != nil {
		d.cancel()
		return nil, nil, connectError(err)
	}
	return nc, d, nil
}

// flush waits until the NATS server has read what was sent to it, and has said
// what it has against it.
func flush(ctx context.Context, nc *natsgo.Conn, d *dialer) error {
	stop := context.AfterFunc(ctx, d.cut)
	err := nc.FlushTimeout(nc.Opts.Timeout)
	if !stop() {
		return context.Cause(ctx)
	}
	if refused := nc.LastError(); err == nil && errors.Is(refused, natsgo.ErrPermissionViolation) {
		err = refused
	}
	return err
}

// shut closes a connection, after what was published is sent, and soon, whatever it
// is doing.
func shut(nc *natsgo.Conn, d *dialer) {
	giveUp := time.AfterFunc(closeWait, d.cut)
	_ = nc.FlushTimeout(closeWait)
	giveUp.Stop()
	d.cut()
	nc.Close()
}

func connectError(err error) error { return &transport.Error{Op: "connect", Err: err} }
