package transporttest

import (
	"testing"

	"example.com/jsonrpc/jsonrpctest/internal/leak"
)

// wantNoGoroutines fails the test if any goroutine that it starts from now on,
// or that these start, is there when all else of the test is over.
func wantNoGoroutines(t *testing.T) {
	left, unmark := leak.Mark()
	t.Cleanup(func() {
		unmark()
		if t.Failed() {
			return // whatever hangs was reported
		}
		leak.Wait(t, patience, "goroutines are left after Close. The rule: "+
			"Close ends all that the stream has started: a client that connects again and again would fill the memory.", left)
	})
}
