package transport

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
)

// A leanBody is the body of a reply, and what is to be done with the connection
// when it ends.
type leanBody struct {
	ctx    context.Context
	stop   func() bool // ends the watch over ctx; nil if it never ends
	conn   *leanConn
	pool   *leanPool
	rest   *leanRest // of a large request
	reply  io.ReadCloser
	keep   bool // the connection can be used again after the end
	over   atomic.Bool
	closed atomic.Bool
}

// Read reads the body. At its end the connection is free for others.
func (b *leanBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.reply.Read(p)
	if err == nil {
		return n, nil
	}
	whole := err == io.EOF
	if !whole {
		err = b.reason(err)
	}
	b.finish(whole)
	return n, err
}

// Close closes the connection if the body was not read to its end. It may be
// called during a Read, which then fails.
func (b *leanBody) Close() error {
	b.closed.Store(true)
	b.finish(false)
	return nil
}

// finish is for the end of the exchange; whole says that all of the reply was read.
func (b *leanBody) finish(whole bool) {
	if b.over.Swap(true) {
		return
	}
	// A watch that cannot be stopped any more is about to close the connection.
	undisturbed := b.stop == nil || b.stop()
	switch c := b.conn; {
	case !whole || !undisturbed:
		c.abort()
	case b.keep && c.reader.Buffered() == 0 && b.rest.sent():
		b.pool.put(c)
	default:
		_ = c.conn.Close()
	}
}

// reason returns why the exchange failed with err. It is asked before finish, which
// makes the rest of a request fail.
func (b *leanBody) reason(err error) error {
	if b.ctx.Err() != nil {
		return context.Cause(b.ctx) // and not the broken connection
	}
	if b.rest != nil {
		if failed := b.rest.failed.Load(); failed != nil {
			return failed
		}
	}
	return err
}
