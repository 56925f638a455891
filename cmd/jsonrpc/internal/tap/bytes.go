package tap

import (
	"context"
	"errors"
	"io"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// A Conn is a flow of bytes both ways, of which one may end before the other.
type Conn interface {
	io.ReadWriteCloser
	// CloseWrite says that nothing more comes.
	CloseWrite() error
}

// Bytes passes bytes on until the server has said its last, or ctx ends, and notes
// the messages in them. Both connections are closed then. An error is the server's.
func Bytes(ctx context.Context, client, server Conn, opts *transport.StreamOptions, r *jsonrpctest.Recorder) error {
	defer context.AfterFunc(ctx, func() { _, _ = client.Close(), server.Close() })()
	up, down := newPassage(client, server, opts), newPassage(server, client, opts)
	n := newNotes(r, down.next)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			text, err := up.next()
			if err != nil {
				break
			}
			n.client(text)
		}
		up.rest()
		_ = server.CloseWrite() // if that fails, the server has gone
	}()
	var err error
	for err == nil {
		_, err = n.server()
	}
	down.rest()
	_ = client.CloseWrite() // if that fails, the client has gone
	_ = client.Close()
	err = server.Close()
	<-over
	return err
}

// A passage carries bytes one way.
type passage struct {
	from     io.Reader
	to       io.Writer
	carried  []byte // that to has not got yet
	lost     error  // of to
	messages transport.Stream
	ended    bool // from
	lines    bool
}

func newPassage(from io.Reader, to io.Writer, opts *transport.StreamOptions) *passage {
	p := &passage{from: from, to: to, lines: opts.Framing == nil || opts.Framing == transport.Newline}
	p.messages = transport.NewStream(p, opts)
	return p
}

// next returns the next message, before the other side has all of it.
func (p *passage) next() ([]byte, error) {
	text, err := p.messages.Read(context.Background(), nil)
	if spoilt := (*transport.FrameError)(nil); errors.As(err, &spoilt) {
		return unframed(spoilt), nil
	}
	return text, err
}

// Read gives bytes to who looks for messages in them. It asks for more only when it
// has found all that there are: so those before are passed on now.
func (p *passage) Read(buf []byte) (int, error) {
	if err := p.pass(); err != nil {
		return 0, err
	}
	n, err := p.from.Read(buf)
	p.carried = append(p.carried[:0], buf[:n]...)
	if n == 0 && err != nil && p.lines && !p.ended {
		p.ended = true
		return copy(buf, "\n"), nil // a last line may lack it
	}
	return n, err
}

func (p *passage) pass() error {
	if len(p.carried) > 0 && p.lost == nil {
		_, p.lost = p.to.Write(p.carried)
	}
	p.carried = p.carried[:0]
	return p.lost
}

// rest passes on what is not in the framing, where no more messages can be found.
func (p *passage) rest() {
	if p.pass() == nil {
		_, _ = io.Copy(p.to, p.from) // either has gone if it fails
	}
}

// Write is never called: the stream is read alone.
func (p *passage) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Close has nothing to close.
func (p *passage) Close() error { return nil }
