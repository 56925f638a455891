// Package tap passes conversations between clients and a server on, as they are,
// and has them written down.
package tap

import (
	"context"
	"errors"
	"fmt"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// A reader returns the next message of one side.
type reader func() ([]byte, error)

// notes writes down what both sides of a stream say.
type notes struct {
	fromServer reader
	recorder   transport.Stream
}

// newNotes returns the notes of one connection to a server, whose messages are read
// by fromServer.
func newNotes(r *jsonrpctest.Recorder, fromServer reader) *notes {
	n := &notes{fromServer: fromServer}
	n.recorder = r.Stream(n)
	return n
}

// client notes a message of the client's, before it is passed on.
func (n *notes) client(text []byte) {
	_ = n.recorder.Write(context.Background(), text) // the write below does nothing
}

// server returns the next message of the server's, and has noted it.
func (n *notes) server() ([]byte, error) { return n.recorder.Read(context.Background(), nil) }

// Read is below the recorder.
func (n *notes) Read(_ context.Context, buf []byte) ([]byte, error) {
	text, err := n.fromServer()
	return append(buf, text...), err
}

// Write is below the recorder, too: the message is passed on otherwise.
func (n *notes) Write(context.Context, []byte) error { return nil }

// Close has nothing to close.
func (n *notes) Close() error { return nil }

// unframed is what is noted of a frame that is none.
func unframed(err *transport.FrameError) []byte {
	if errors.Is(err, transport.ErrTooLarge) || len(err.Data) == 0 {
		return fmt.Appendf(nil, "(%s)", err.Reason)
	}
	return err.Data
}
