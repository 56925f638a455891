package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// WebSocketOptions are the settings of [DialWebSocket]. Nil, and any zero field,
// means the default.
type WebSocketOptions struct {
	// Header is sent with the handshake.
	Header http.Header
	// Subprotocols are offered to the server, the best first.
	Subprotocols []string
	// RoundTripper sends the handshake, and must give back a connection as
	// http.Transport does. Nil means one made by [NewRoundTripper] of TLS and
	// Proxy, which are ignored otherwise.
	RoundTripper http.RoundTripper
	TLS          *tls.Config
	Proxy        func(*http.Request) (*url.URL, error)
	// MaxMessage bounds a message from the server in bytes, after
	// decompression; a longer one is dropped as it arrives and reported. The
	// default is 64 MiB.
	MaxMessage int64
	// PingAfter is how long nothing may come from the server before it is sent
	// a ping; if the pong takes longer than that again, the connection is
	// closed. The default is 30 seconds; a negative value turns it off.
	PingAfter time.Duration
	// Compress offers compression of messages (RFC 7692).
	Compress bool
}

// A HandshakeError says that a server answered a WebSocket handshake with an
// ordinary HTTP response.
type HandshakeError struct {
	Response *http.Response // its Body holds the first KiB
	Err      error
}

// Error says status and reason.
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("the server answered the WebSocket handshake with HTTP %d", e.Response.StatusCode)
}

// Unwrap returns the reason.
func (e *HandshakeError) Unwrap() error { return e.Err }

// DialWebSocket connects to a ws or wss URL. Redirects are not followed. An error
// is an *[Error] with Op "connect", and has a *[HandshakeError] in it if the
// server answered otherwise.
func DialWebSocket(ctx context.Context, rawURL string, opts *WebSocketOptions) (Stream, error) {
	if opts == nil {
		opts = &WebSocketOptions{}
	}
	rt, own := opts.RoundTripper, false
	if rt == nil {
		rt, own = NewRoundTripper(opts.TLS, opts.Proxy), true
	}
	s := &webSocket{limit: opts.MaxMessage, wire: &wire{tripper: rt}, done: make(chan struct{}), deflating: make(chan struct{}, 1)}
	dial := &websocket.DialOptions{
		HTTPHeader: mergeHeader(http.Header{"User-Agent": {userAgent}}, opts.Header), Host: opts.Header.Get("Host"), Subprotocols: opts.Subprotocols,
		HTTPClient: &http.Client{Transport: s.wire, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
	if opts.Compress {
		s.compress, dial.CompressionMode = true, websocket.CompressionContextTakeover
	}
	conn, resp, err := websocket.Dial(ctx, rawURL, dial)
	if own {
		defer rt.(*http.Transport).CloseIdleConnections()
	}
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols && resp.StatusCode != 0 {
			return nil, &Error{Op: "connect", Err: &HandshakeError{resp, errors.New(http.StatusText(resp.StatusCode))}}
		}
		// The error of http.Client quotes the URL, and so its query.
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err
		}
		return nil, connectError(ctx, err)
	}
	s.conn = conn
	if s.limit <= 0 {
		s.limit = DefaultMaxMessage
	}
	conn.SetReadLimit(-1) // ours drops the message, not the connection
	if every := opts.PingAfter; every >= 0 {
		if every == 0 {
			every = 30 * time.Second
		}
		go s.ping(every)
	}
	return s, nil
}

// webSocket is a Stream over a connection that a context, given to any of its
// methods, would end. So none is given to it.
type webSocket struct {
	conn   *websocket.Conn
	limit  int64
	wire   *wire
	inRead atomic.Bool // pongs are seen by a read under way, and only then
	pinged atomic.Bool // a ping was sent
	done   chan struct{}
	close  sync.Once

	// Of the one reader.
	reading chan read // of a read whose caller has gone; nil if there is none
	ended   error     // of each read to come

	// Of the one writer.
	masks    [256]byte // random; those up to maskUsed were used
	maskUsed int

	compress  bool
	deflating chan struct{} // full while one compresses
}

type read struct {
	msg []byte
	err error
}

// Read appends the next message to buf, be it text or binary.
func (s *webSocket) Read(ctx context.Context, buf []byte) ([]byte, error) {
	if ctx.Done() == nil && s.reading == nil {
		return s.read(buf)
	}
	if s.reading == nil {
		reading := make(chan read, 1)
		s.reading = reading
		go func() {
			msg, err := s.read(nil)
			reading <- read{msg, err}
		}()
	}
	select {
	case r := <-s.reading:
		s.reading = nil
		return append(buf, r.msg...), r.err
	case <-ctx.Done():
		return buf, context.Cause(ctx)
	}
}

// read reads the next message, be it of any length.
func (s *webSocket) read(buf []byte) ([]byte, error) {
	if s.ended != nil {
		return buf, s.ended
	}
	s.wire.heard.Store(time.Now().UnixNano())
	s.inRead.Store(true)
	defer s.inRead.Store(false)
	_, r, err := s.conn.Reader(context.Background())
	if err != nil {
		return buf, s.end(err)
	}
	start, long := len(buf), false
	var begins beginning
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, make([]byte, max(len(buf), 512))...)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)-start) > s.limit {
			begins.add(buf[start:])
			buf, long = buf[:start], true // drop it, and what follows
		}
		switch {
		case err == nil:
		case err != io.EOF || s.wire.ended.Load():
			return buf[:start], s.end(err)
		case long:
			return buf[:start], begins.tooLong(s.limit)
		default:
			return buf, nil
		}
	}
}

// end makes err the end of the stream.
func (s *webSocket) end(err error) error {
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusNoStatusRcvd:
		err = io.EOF
	default:
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("the connection ended without a close handshake: %w", io.ErrUnexpectedEOF)
		}
	}
	s.ended = err
	return err
}

// ping asks a silent server whether it is still there.
func (s *webSocket) ping(every time.Duration) {
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-timer.C:
		}
		heard := s.wire.heard.Load()
		silent := time.Since(time.Unix(0, heard))
		switch {
		case !s.inRead.Load():
			timer.Reset(every)
			continue
		case silent < every:
			timer.Reset(every - silent)
			continue
		}
		s.pinged.Store(true)
		ctx, cancel := context.WithTimeout(context.Background(), every)
		err := s.conn.Ping(ctx)
		cancel()
		if err != nil && s.wire.heard.Load() == heard && s.inRead.Load() {
			_ = s.conn.CloseNow()
			return
		}
		timer.Reset(every)
	}
}

// Pinged reports whether a ping was sent. There are servers that answer one with a
// message too.
func (s *webSocket) Pinged() bool { return s.pinged.Load() }

// Close shakes hands with the server (RFC 6455, 7.1.2), for five seconds at most.
func (s *webSocket) Close() error {
	var err error
	s.close.Do(func() {
		s.wire.out.shutDown(errClosedConn)
		err = s.conn.Close(websocket.StatusNormalClosure, "")
		close(s.done)
		if websocket.CloseStatus(err) != -1 || errors.Is(err, io.EOF) {
			err = nil
		}
	})
	return err
}
