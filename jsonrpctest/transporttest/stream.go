package transporttest

import (
	"errors"
	"testing"
	"testing/synctest"

	"example.com/jsonrpc/transport"
)

// An OpenStream returns a new stream to be tested and the far end of it. The
// stream must refuse messages from the peer of more than limit bytes; 0 means
// whatever is its default. What else is opened is closed with t.Cleanup.
type OpenStream func(t *testing.T, limit int64) (transport.Stream, *Peer)

// A Peer is the far end of a stream under test. Send, Receive and Close are
// needed. Where one of the others is nil, the rules that need it are skipped.
//
// Receive is called by one goroutine and the others by another one. A Peer may
// do nothing that it is not asked for: some rules are about a peer that does not
// read.
type Peer struct {
	// Send sends a message to the stream. It may wait for the stream to read.
	Send func(msg []byte) error

	// Receive returns the next message that the stream has written, and an
	// error once the stream or the peer is closed. The stream may have left out
	// white space that means nothing in JSON or put in other.
	Receive func() ([]byte, error)

	// Close ends the connection: in order, or, after a Begin without the rest,
	// in the middle of a message.
	Close func() error

	// Begin sends the first half of a message, and rest the second. It is nil
	// if messages arrive whole or not at all.
	Begin func(msg []byte) (rest func() error, err error)

	// Spoil sends something malformed, from which a reader can find the way
	// back to the next message. It is nil if there is no such thing.
	Spoil func() error

	// Promise sends the beginning of a message that says it will have that many
	// bytes. It is nil if messages do not begin with their length.
	Promise func(size int64) error
}

// TestStream tests a transport of streams. Each rule opens a stream of its own.
func TestStream(t *testing.T, open OpenStream) {
	for _, rule := range streamRules {
		t.Run(rule.name, func(t *testing.T) { rule.run(t, open, func() {}) })
	}
}

// TestStreamInBubble is [TestStream] with each rule in a bubble of
// testing/synctest: for streams that wait for nothing outside of the program.
func TestStreamInBubble(t *testing.T, open OpenStream) {
	for _, rule := range streamRules {
		t.Run(rule.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { rule.run(t, open, synctest.Wait) })
		})
	}
}

// A streamRule is something that a stream must do.
type streamRule struct {
	name  string
	why   string // says the rule and the reason for it
	limit int64  // given to OpenStream
	check func(*ends) error
}

var streamRules = []streamRule{
	{"Messages", "Messages arrive whole and in order, both ways, whatever JSON they hold: " +
		"a reply that is cut, joined or reordered answers the wrong call, or none.", 0, checkMessages},
	{"Buffers", "Read appends to the buffer it is given and does not keep it, and Write does not keep the message: " +
		"both are used again for other messages, which would change under the transport.", 0, checkBuffers},
	{"WriteEnded", "Write with a context that has ended returns its error, in an *Error with Sent false, and sends nothing: " +
		"the caller takes it that the server has not seen the message, and may send it again.", 0, checkWriteEnded},
	{"WriteBlocked", "Write returns soon after its context ends even if the peer does not read, and what was sent stays whole: " +
		"a call has a deadline whatever the peer does, and half a message would spoil all other calls on the connection.", 0, checkWriteBlocked},
	{"WriteConcurrently", "Many goroutines may Write at once, their messages are not mixed up, and one whose error says that it was not sent is not sent: " +
		"calls share a connection, and some are given up at any time.", 0, checkWriteConcurrently},
	{"ReadEnded", "Read returns soon after its context ends, and loses nothing even in the middle of a message: " +
		"whoever reads for a while and hands on to another must not cost anybody a reply.", 0, checkReadEnded},
	{"EOF", "Read returns io.EOF, each time, after the last message of a peer that closed in order: " +
		"that is how an end is told from a failure.", 0, checkEOF},
	{"EOFInMessage", "Read returns io.ErrUnexpectedEOF, not io.EOF, if the stream ends in the middle of a message: " +
		"a reply was lost, and that must not look like a server that had nothing to say.", 0, checkEOFInMessage},
	{"FrameError", "A message that cannot be read is a *FrameError, and the next Read goes on with the next message: " +
		"one bad message of a server must not cost the connection and all the calls on it.", 0, checkFrameError},
	{"Limit", "A message over the limit is a *FrameError that wraps ErrTooLarge, the next message is read, and one of just the limit too: " +
		"the memory of a client is not in the hands of a server.", ruleLimit, checkLimit},
	{"Promise", "The length that a message says it will have is not allocated before it has come: " +
		"ten bytes would cost gigabytes.", 4 * promised, checkPromise},
	{"CloseUnblocksRead", "Close makes a Read that is under way return an error, and so does each later one: " +
		"otherwise the goroutine that reads is never rid of.", 0, checkCloseUnblocksRead},
	{"CloseUnblocksWrite", "Close makes a Write that the peer holds up return an *Error, and so does each later one: " +
		"otherwise calls hang on a connection that is no more.", 0, checkCloseUnblocksWrite},
}

// errSkip says that the peer has no means for a check.
var errSkip = errors.New("the peer has no means for this")

func (r *streamRule) run(t *testing.T, open OpenStream, settle func()) {
	wantNoGoroutines(t) // first, so that it looks last
	stream, peer := open(t, r.limit)
	e := newEnds(stream, peer, settle)
	err := r.check(e)
	if closeErr := e.close(); err == nil {
		err = closeErr
	}
	report(t, r.why, err)
}

func report(t *testing.T, why string, err error) {
	t.Helper()
	switch {
	case errors.Is(err, errSkip):
		t.Skip(err)
	case err != nil:
		t.Errorf("%v\n\nThe rule: %s", err, why)
	}
}
