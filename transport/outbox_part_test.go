package transport_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc/transport"
)

// One writes for all. If its context ends after some messages were written, those
// who sent them know it at once, even if the peer reads no more.
func TestWrittenBeforeTheWriterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer func() { _, _ = ours.Close(), theirs.Close() }()
		stream := transport.NewStream(ours, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan string, 3)
		write := func(ctx context.Context, message string) {
			if err := stream.Write(ctx, []byte(message)); err == nil {
				done <- message
			}
		}
		go write(ctx, `"a"`) // who writes for all, and leaves
		synctest.Wait()
		for _, message := range []string{`"b"`, `"c"`} {
			go write(t.Context(), message)
			synctest.Wait()
		}
		if _, err := io.ReadFull(theirs, make([]byte, len("\"a\"\n\"b\"\n"))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		if n := len(done); n != 2 { // a itself was written, so that there is no error
			t.Errorf("%d messages are known to be written, want 2", n)
		}
	})
}
