package jsonrpctest

import (
	"net/http"
	"time"

	"example.com/jsonrpc/jsonrpctest/internal/leak"
)

// leakPatience is how long what was told to end may take to do so.
const leakPatience = 5 * time.Second

// NoLeaks fails the test if, when all else of it is over, a goroutine is left that
// was started since, by the test or by what it started, or a socket, pipe or file
// that was opened since. What was told to end gets five seconds to do so; a test
// that leaves nothing waits for nothing.
//
// Call it first, so that it looks last. Goroutines are told from those of tests
// that run at the same time. Descriptors cannot be: they are looked at on Linux
// alone, and a test that is parallel to others should leave NoLeaks out. Idle
// connections of http.DefaultTransport are closed before, as they are nobody's.
func NoLeaks(t TB) {
	t.Helper()
	before := leak.Descriptors()
	goroutines, unmark := leak.Mark()
	t.Cleanup(func() {
		t.Helper()
		unmark()
		if idle, ok := http.DefaultTransport.(interface{ CloseIdleConnections() }); ok {
			idle.CloseIdleConnections()
		}
		leak.Wait(t, leakPatience, "jsonrpctest: the test has left, with all closed that it closes:",
			goroutines, func() string { return leak.NewDescriptors(before) })
	})
}
