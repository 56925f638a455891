package jsonrpc_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// Once, a call on a connection that was not to be made again said that it had ended, and not why: what a child process
// had said at its end was lost, and so was the alert of a server that wants a certificate.
func TestWithoutReconnectSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		reason := errors.New("out of cats")
		client, err := jsonrpc.NewStreamClient(t.Context(), "a pipe", func(context.Context) (transport.Stream, error) {
			return endedStream{transport.NewStream(ours, nil), reason}, nil
		}, jsonrpc.WithoutReconnect())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		synctest.Wait() // for the reader, who finds the end
		err = client.Call(t.Context(), "cat", nil, nil)
		if !errors.Is(err, reason) || jsonrpc.MaybeSent(err) {
			t.Errorf("got %v, which wraps %v: %v", err, reason, errors.Is(err, reason))
		}
		const want = ": reconnecting is turned off, and the connection has ended: out of cats"
		if !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %q, want it to end with %q", err, want)
		}
	})
}

// An endedStream is a stream that ends for a reason.
type endedStream struct {
	transport.Stream
	reason error
}

func (s endedStream) Read(_ context.Context, buf []byte) ([]byte, error) { return buf, s.reason }
