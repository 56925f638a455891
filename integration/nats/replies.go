package nats

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc/transport"
)

// take gives a reply to the call that waits for it. One that comes late, or
// twice, is dropped.
func (r *Requester) take(msg *natsgo.Msg) {
	a := answer{text: msg.Data}
	if len(msg.Data) == 0 && msg.Header.Get("Status") == "503" {
		a.err = &transport.Error{Op: "send", Err: fmt.Errorf("no server listens on the subject %q: %w", r.subject, ErrNoResponders)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	token := r.tokenOf(msg.Subject)
	if answered := r.calls[token]; answered != nil {
		delete(r.calls, token)
		answered <- a
	}
}

// listen has r told of what happens to the connection, besides those whom n names.
func (r *Requester) listen(n *natsgo.Options) {
	lost, again, failed := n.DisconnectedErrCB, n.ReconnectedCB, n.AsyncErrorCB
	n.DisconnectedErrCB = func(nc *natsgo.Conn, err error) {
		if err == nil {
			err = io.EOF
		}
		r.fail(&transport.Error{Op: "read", Sent: true, Err: fmt.Errorf("the connection to NATS broke: %w", err)})
		r.broken(nc, err)
		if lost != nil {
			lost(nc, err)
		}
	}
	n.ReconnectedCB = func(nc *natsgo.Conn) {
		r.mended()
		if again != nil {
			again(nc)
		}
	}
	var refused int64
	n.AsyncErrorCB = func(nc *natsgo.Conn, sub *natsgo.Subscription, err error) {
		if errors.Is(err, natsgo.ErrPermissionViolation) {
			// The NATS server names the subject, not the message, and permissions can
			// change: only if it has refused all there ever were, these are among them.
			sent := true
			if strings.Contains(strings.ToLower(err.Error()), "publish") {
				refused++
				sent = refused < r.published.Load()
			}
			r.fail(&transport.Error{Op: "send", Sent: sent, Err: err})
		}
		failed(nc, sub, err)
	}
}

// fail ends the calls that wait for a reply.
func (r *Requester) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failLocked(err)
}

// failLocked is fail for those who hold r.mu.
func (r *Requester) failLocked(err error) {
	for token, answered := range r.calls {
		answered <- answer{err: err}
		delete(r.calls, token)
	}
}

// broken has calls wait for the next connection, unless it is there already.
func (r *Requester) broken(nc *natsgo.Conn, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cause != nil || r.cause == nil {
		r.cause = cmp.Or(cause, natsgo.ErrDisconnected)
	}
	select {
	case <-r.up:
		if !nc.IsConnected() { // if it is connected later, mended comes after this
			r.up = make(chan struct{})
		}
	default:
	}
}

// mended has calls go on.
func (r *Requester) mended() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.up:
	default:
		close(r.up)
	}
}
