package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"time"
)

// maxReplyHeader is the limit of a reply's status line and headers in bytes, with
// those of the 1xx before it.
const maxReplyHeader = 256 << 10

// A leanServer is what connections are made to.
type leanServer struct{ scheme, host string }

// A leanConn is a connection of a [LeanRoundTripper]. One goroutine uses it at a
// time, but for abort, and the rest of a large body.
type leanConn struct {
	server leanServer
	raw    net.Conn // the socket
	conn   net.Conn // what is spoken on: the socket, or TLS on it
	socket *leanSocket
	state  *tls.ConnectionState // nil without TLS
	reader *bufio.Reader        // of this leanConn
	left   int64                // how much may be read
	used   bool                 // before
	idle   time.Time            // since when
	abort  func()               // closes the socket
}

// dial connects to the server of u.
func (t *LeanRoundTripper) dial(ctx context.Context, u *url.URL, trace *httptrace.ClientTrace) (*leanConn, error) {
	address := t.opts.Address
	if address == "" {
		address = hostPort(u)
	}
	within, cancel := context.WithTimeout(ctx, t.opts.DialTimeout)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(within, "tcp", address)
	if err != nil {
		return nil, connectError(ctx, err)
	}
	c := &leanConn{raw: raw, abort: func() { _ = raw.Close() }}
	c.socket = &leanSocket{Conn: raw, readNow: newReadNow(raw)}
	c.conn, c.reader = c.socket, bufio.NewReaderSize(c, 16<<10)
	if u.Scheme == "https" {
		if err := c.handshake(within, t.opts.TLS, u.Hostname(), trace); err != nil {
			c.abort()
			if ctx.Err() == nil && within.Err() != nil {
				err = fmt.Errorf("no TLS handshake within %v", t.opts.DialTimeout)
			}
			return nil, connectError(ctx, err)
		}
	}
	return c, nil
}

func (c *leanConn) handshake(ctx context.Context, config *tls.Config, host string, trace *httptrace.ClientTrace) error {
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = host
	}
	secure := tls.Client(c.socket, config)
	if trace != nil && trace.TLSHandshakeStart != nil {
		trace.TLSHandshakeStart()
	}
	err := secure.HandshakeContext(ctx)
	state := secure.ConnectionState()
	if trace != nil && trace.TLSHandshakeDone != nil {
		trace.TLSHandshakeDone(state, err)
	}
	c.conn, c.state = secure, &state
	return err
}

// Read reads what the server says, as much of it as may be.
func (c *leanConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLongHeader
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.conn.Read(p)
	c.left -= int64(n)
	return n, err
}

// isQuiet reports whether an idle connection can be used: it is there, and nothing
// has come that nobody asked for, which might be taken for a reply.
func (c *leanConn) isQuiet() bool {
	var one [1]byte
	c.socket.now = true
	n, err := c.conn.Read(one[:]) // TLS reads its own messages, if there are any
	c.socket.now = false
	return n == 0 && err == errNothingYet && c.reader.Buffered() == 0
}

// readResponse reads the response to req, without the body, and the informational
// ones before it.
func (c *leanConn) readResponse(req *http.Request, trace *httptrace.ClientTrace) (*http.Response, error) {
	c.left = maxReplyHeader
	if _, err := c.reader.Peek(1); err != nil {
		return nil, err
	}
	if trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	for {
		resp, err := http.ReadResponse(c.reader, req)
		if err != nil {
			if c.left <= 0 {
				err = &Error{Op: "read", Sent: true, Err: errLongHeader} // what was cut is malformed, too
			}
			return nil, err
		}
		switch {
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, errors.New("the server answered 101 Switching Protocols, which was not asked for")
		case resp.StatusCode < http.StatusContinue || resp.StatusCode >= http.StatusOK:
			c.left = math.MaxInt64
			resp.TLS = c.state
			return resp, nil
		case trace != nil && trace.Got1xxResponse != nil:
			if err := trace.Got1xxResponse(resp.StatusCode, textproto.MIMEHeader(resp.Header)); err != nil {
				return nil, err
			}
		}
	}
}

var errLongHeader = fmt.Errorf("%w: its headers are over the limit", ErrTooLarge)

// errNothingYet is the error of a read that does not wait. That of a deadline is one
// after which TLS goes on.
var errNothingYet = os.ErrDeadlineExceeded

// A leanSocket can be read from without waiting.
type leanSocket struct {
	net.Conn

	readNow func([]byte) (int, error)
	now     bool // do not wait
}

func (s *leanSocket) Read(p []byte) (int, error) {
	if s.now {
		return s.readNow(p)
	}
	return s.Conn.Read(p)
}
