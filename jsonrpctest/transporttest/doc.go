// Package transporttest tests transports: it has the rules that package jsonrpc
// relies on, each with the reason for it, and runs them against any
// [transport.Stream] or [transport.RoundTripper]. It is to them what
// testing/slogtest is to handlers of log/slog.
//
//	func TestSerial(t *testing.T) {
//		transporttest.TestStream(t, func(t *testing.T, limit int64) (transport.Stream, *transporttest.Peer) {
//			ours, theirs := net.Pipe()
//			opts := &transport.StreamOptions{MaxMessage: limit}
//			return transport.NewStream(ours, opts), transporttest.NewPeer(theirs, transport.Newline)
//		})
//	}
//
// Each rule is a subtest, so that "go test -run" picks one, a rule that a
// transport has no means to be tested for is skipped in sight, and what a test
// opens can be closed with t.Cleanup. That is why the package takes a
// *testing.T, as slogtest.Run does.
//
// A transport whose two ends are in memory can be tested under the fake clock of
// testing/synctest, which makes waiting free: see [TestStreamInBubble] and
// [TestRoundTripperInBubble].
package transporttest
