package zmq

import (
	"context"
	"errors"
	"io"
	"net"

	"example.com/jsonrpc/transport"
)

// A stream is the messages on a connection after its handshake.
type stream struct {
	transport.Stream
	splitter splitter
	ponger   ponger
}

func newStream(conn net.Conn, e envelope, limit int64) *stream {
	s := &stream{splitter: splitter{strict: e == strict}}
	s.splitter.ping = func(pingContext []byte) { s.ponger.answer(pingContext, s.Write) }
	framing := transport.NewFraming("zmtp",
		func(dst, msg []byte) []byte { return appendMessage(dst, msg, e) },
		func(limit int64) transport.Splitter {
			s.splitter.limit = limit
			return &s.splitter
		})
	s.Stream = transport.NewStream(conn, &transport.StreamOptions{Framing: framing, MaxMessage: limit})
	return s
}

// Read implements [transport.Stream]. The stream below takes commands, which
// bring no message, for the beginning of one, and so an end after them for an end
// in the middle.
func (s *stream) Read(ctx context.Context, buf []byte) ([]byte, error) {
	buf, err := s.Stream.Read(ctx, buf)
	if errors.Is(err, io.ErrUnexpectedEOF) && s.splitter.between {
		err = io.EOF
	}
	return buf, err
}
