package transporttest

import (
	"io"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc/transport"
)

// A Handler is what the server of a test does with a message. It writes the
// reply to w, from where it is sent on at once if it can be sent in parts, and
// may wait for long. An error means that the rest of the reply will never come,
// as if the server had been killed. To a notification it writes nothing.
//
// Messages are JSON-RPC requests with ids of their own, and replies the responses
// to them, for transports that look.
type Handler func(msg []byte, w io.Writer) error

// An OpenRoundTripper starts a server that calls h, for many messages at once if
// it can, and returns a transport that sends messages to it. Both are closed with
// t.Cleanup.
type OpenRoundTripper func(t *testing.T, h Handler) transport.RoundTripper

// TestRoundTripper tests a transport of single messages. Each rule opens one of
// its own.
func TestRoundTripper(t *testing.T, open OpenRoundTripper) {
	for _, rule := range tripRules {
		t.Run(rule.name, func(t *testing.T) { rule.run(t, open) })
	}
}

// TestRoundTripperInBubble is [TestRoundTripper] with each rule in a bubble of
// testing/synctest: for transports that wait for nothing outside of the program.
func TestRoundTripperInBubble(t *testing.T, open OpenRoundTripper) {
	for _, rule := range tripRules {
		t.Run(rule.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { rule.run(t, open) })
		})
	}
}

// A tripRule is something that a RoundTripper must do.
type tripRule struct {
	name  string
	why   string // says the rule and the reason for it
	check func(*trip) error
}

var tripRules = []tripRule{
	{"Reply", "RoundTrip brings the message to the server as it is, and the reply back as it is: " +
		"what a message means is for package jsonrpc to say.", checkReply},
	{"Notification", "A message without an answer is sent, and its reader may be nil: " +
		"whoever sends one does not wait for what never comes.", checkNotification},
	{"Concurrently", "Many goroutines may use it at once, and each gets the reply to its own message: " +
		"a client is shared by a whole program.", checkConcurrently},
	{"Unchanged", "RoundTrip does not change the message but for Keep: " +
		"it may be sent again, to another server, or logged.", checkUnchanged},
	{"Headers", "Headers and a query of a message are sent, or refused with ErrNoHeaders before it is sent: " +
		"a message without the password that was meant to go with it would only mislead.", checkHeaders},
	{"Ended", "With a context that has ended, RoundTrip returns its error in an *Error with Sent false, and sends nothing: " +
		"the caller may send it again.", checkEnded},
	{"EndedWaiting", "RoundTrip, or the Read of the reply, returns soon after its context ends though the server is silent, " +
		"with an *Error that wraps the context's and has Sent true: a call has a deadline whatever the server does.", checkEndedWaiting},
	{"EndedInReply", "The same is so in the middle of a reply: " +
		"a server that stops half-way must not hold up a call for ever.", checkEndedInReply},
	{"CutReply", "A reply that breaks off is an error, and not the end of a shorter reply: " +
		"half of a result may look like a whole one.", checkCutReply},
	{"Abandoned", "A reply that is closed before it was read does not disturb the messages after it: " +
		"callers give up, and the transport lives on.", checkAbandoned},
}

func (r *tripRule) run(t *testing.T, open OpenRoundTripper) {
	wantNoGoroutines(t) // first, so that it looks last
	c := newTrip()
	c.RoundTripper = open(t, c.handle)
	err := r.check(c)
	close(c.release)
	report(t, r.why, err)
}
