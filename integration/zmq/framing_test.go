package zmq

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"example.com/jsonrpc/jsonrpctest/transporttest"
	"example.com/jsonrpc/transport"
)

// frame is a frame as RFC 23/ZMTP draws it, not as the code under test writes it.
func frame(flags byte, body string) string {
	if flags&2 != 0 || len(body) > 255 {
		return string(binary.BigEndian.AppendUint64([]byte{flags | 2}, uint64(len(body)))) + body
	}
	return string([]byte{flags, byte(len(body))}) + body
}

const delimiter = "\x01\x00"

func TestAppendMessage(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, test := range []struct {
		envelope
		msg, want string
	}{
		{delimited, "{}", "\x01\x00\x00\x02{}"},
		{strict, "{}", "\x01\x00\x00\x02{}"},
		{bare, "{}", "\x00\x02{}"},
		{bare, long[1:], "\x00\xff" + long[1:]},
		{bare, long, "\x02\x00\x00\x00\x00\x00\x00\x01\x00" + long},
		{delimited, "", "\x01\x00\x00\x00"},
		{delimited, "\x04PONGabc", "\x04\x08\x04PONGabc"},
	} {
		if got := string(appendMessage([]byte("before"), []byte(test.msg), test.envelope)); got != "before"+test.want {
			t.Errorf("%.20q: got %.20q, want %.20q", test.msg, got, test.want)
		}
	}
}

// A result is what a splitter makes of a flow of bytes.
type result struct {
	messages []string // one that was spoilt is its reason
	pings    []string
	end      string // why there was no more
}

// split gives data to a splitter as it would arrive, size bytes at a time.
func split(data string, strict bool, limit int64, size int) (r result) {
	s := &splitter{limit: limit, strict: strict, ping: func(c []byte) { r.pings = append(r.pings, string(c)) }}
	var arrived []byte
	for len(data) > 0 {
		n := min(size, len(data))
		arrived, data = append(arrived, data[:n]...), data[n:]
		for len(arrived) > 0 {
			msg, used, err := s.Split(arrived)
			arrived = arrived[used:]
			spoilt := (*transport.FrameError)(nil)
			switch {
			case errors.As(err, &spoilt):
				r.messages = append(r.messages, spoilt.Reason)
				continue
			case err != nil:
				r.end = err.Error()
				return r
			case msg != nil:
				r.messages = append(r.messages, string(msg))
				continue
			}
			if used == 0 {
				break
			}
		}
	}
	if !s.between && r.end == "" {
		r.end = "in the middle"
	}
	return r
}

func TestSplit(t *testing.T) {
	const (
		tooLong     = "the message is over the limit of 300 bytes"
		noDelimiter = "a message without an empty frame before its body, as REP sends it"
	)
	long := strings.Repeat("x", 299)
	tests := map[string]struct {
		data   string
		strict bool
		want   result
	}{
		"a message":                   {delimiter + frame(0, "{}"), false, result{messages: []string{"{}"}}},
		"without a delimiter":         {frame(0, "{}"), false, result{messages: []string{"{}"}}},
		"one after the other":         {delimiter + frame(0, "[1]") + delimiter + frame(0, "[2]"), true, result{messages: []string{"[1]", "[2]"}}},
		"empty":                       {delimiter + frame(0, ""), true, result{messages: []string{""}}},
		"in parts":                    {delimiter + frame(1, "[1,") + frame(1, "") + frame(2, "2]"), true, result{messages: []string{"[1,2]"}}},
		"a long length of a short":    {delimiter + frame(2, "{}"), true, result{messages: []string{"{}"}}},
		"just the limit":              {delimiter + frame(0, long+"x"), true, result{messages: []string{long + "x"}}},
		"over the limit":              {delimiter + frame(0, long+"xx") + delimiter + frame(0, "{}"), true, result{messages: []string{tooLong, "{}"}}},
		"over the limit in parts":     {delimiter + frame(1, long) + frame(1, "xx") + frame(1, long) + frame(0, "") + frame(0, "{}"), false, result{messages: []string{tooLong, "{}"}}},
		"strict without a delimiter":  {frame(0, "{}") + delimiter + frame(0, "[]"), true, result{messages: []string{noDelimiter, "[]"}}},
		"strict, a lonely empty":      {frame(0, "") + delimiter + frame(0, "[]"), true, result{messages: []string{noDelimiter, "[]"}}},
		"strict, parts, no delimiter": {frame(1, "a") + frame(1, "") + frame(0, "b") + delimiter + frame(0, "[]"), true, result{messages: []string{noDelimiter, "[]"}}},
		"a ping":                      {frame(4, "\x04PING\x00\x01abc") + frame(0, "{}"), false, result{messages: []string{"{}"}, pings: []string{"abc"}}},
		"pings that are none":         {frame(4, "\x04PING\x00") + frame(4, "\x04PING\x00\x01"+long[:17]) + frame(4, "\x04PINK\x00\x01") + frame(4, ""), false, result{}},
		"a ping in a message":         {delimiter + frame(4, "\x04PING\x00\x01") + frame(0, "{}"), true, result{messages: []string{"{}"}, pings: []string{""}}},
		"a long command":              {frame(4, long) + frame(0, "{}"), false, result{messages: []string{"{}"}}},
		"a command in one too long":   {frame(1, long+"xx") + frame(4, long) + frame(0, "y") + frame(0, "{}"), false, result{messages: []string{tooLong, "{}"}}},
		"in the middle of a head":     {"\x02\x00\x00", false, result{end: "in the middle"}},
		"in the middle of a message":  {delimiter + frame(1, "{}"), false, result{end: "in the middle"}},
		"in the middle of a frame":    {"\x00\x05abc", false, result{end: "in the middle"}},
		"in the middle of a skip":     {frame(0, long+"xxx")[:310], false, result{end: "in the middle"}},
		"an endless length":           {delimiter + "\x02\x7f\xff\xff\xff\xff\xff\xff\xff" + long, false, result{end: "in the middle"}},
		"a length below zero":         {"\x02\x80\x00\x00\x00\x00\x00\x00\x00", false, result{end: "a frame whose length has its highest bit set: the stream is out of step"}},
		"a reserved bit":              {"{}", false, result{end: "a frame begins with 0x7b: the stream is out of step"}},
		"a command with more":         {"\x05\x00", false, result{end: "a command that goes on in another frame: the stream is out of step"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for size := 1; size <= len(test.data); size++ {
				got := split(test.data, test.strict, 300, size)
				if !same(got, test.want) {
					t.Fatalf("%d bytes at a time: got %.200q, want %.200q", size, got, test.want)
				}
			}
		})
	}
}

func same(a, b result) bool {
	join := func(s []string) string { return strings.Join(s, "\n") }
	return len(a.messages) == len(b.messages) && join(a.messages) == join(b.messages) && join(a.pings) == join(b.pings) && a.end == b.end
}

// FuzzSplit wants the same of a splitter however the bytes arrive, and nothing
// out of thin air.
func FuzzSplit(f *testing.F) {
	for _, data := range []string{
		delimiter + frame(0, "{}") + frame(4, "\x04PING\x00\x01abc") + frame(0, "[]"),
		delimiter + frame(1, "[1,") + frame(1, "") + frame(2, "2]") + frame(1, strings.Repeat("x", 300)) + frame(0, "y"),
		"\x02\x7f\xff\xff\xff\xff\xff\xff\xff" + frame(4, strings.Repeat("x", 300)),
	} {
		f.Add(data, false, uint8(20), uint8(1))
		f.Add(data, true, uint8(255), uint8(7))
	}
	f.Fuzz(func(t *testing.T, data string, strict bool, limit, size uint8) {
		bound := int64(limit) + 1
		got := split(data, strict, bound, int(size)+1)
		if whole := split(data, strict, bound, len(data)+1); !same(got, whole) {
			t.Errorf("%d bytes at a time: got %q, want %q", int(size)+1, got, whole)
		}
		for _, msg := range got.messages {
			if int64(len(msg)) > bound && !strings.Contains(msg, "limit") && !strings.Contains(msg, "without") {
				t.Errorf("a message of %d bytes is over the limit of %d", len(msg), bound)
			}
		}
	})
}

// TestStream holds the stream to the rules of all streams.
func TestStream(t *testing.T) {
	for name, e := range map[string]envelope{"delimited": delimited, "bare": bare, "strict": strict} {
		t.Run(name, func(t *testing.T) {
			transporttest.TestStreamInBubble(t, func(t *testing.T, limit int64) (transport.Stream, *transporttest.Peer) {
				ours, theirs := net.Pipe()
				return newStream(ours, e, limit), newPeer(theirs, e)
			})
		})
	}
}

// newPeer is the far end of a stream.
func newPeer(conn net.Conn, e envelope) *transporttest.Peer {
	write := func(s string) error {
		_, err := io.WriteString(conn, s)
		return err
	}
	before := delimiter
	if e == bare {
		before = ""
	}
	p := &transporttest.Peer{
		Send:    func(msg []byte) error { return write(before + frame(0, string(msg))) },
		Receive: func() ([]byte, error) { return receive(conn) },
		Close:   conn.Close,
		Begin: func(msg []byte) (rest func() error, err error) {
			all := before + frame(0, string(msg))
			half := len(all) / 2
			return func() error { return write(all[half:]) }, write(all[:half])
		},
		Promise: func(size int64) error {
			return write(before + string(binary.BigEndian.AppendUint64([]byte{2}, uint64(size))) + "{")
		},
	}
	if e == strict {
		p.Spoil = func() error { return write(frame(0, "{}")) }
	}
	return p
}

// receive reads the frames of one message and joins them.
func receive(r io.Reader) ([]byte, error) {
	var msg bytes.Buffer
	for {
		flags, body, err := receiveFrame(r)
		if err != nil {
			return nil, err
		}
		msg.WriteString(body)
		if flags&1 == 0 {
			return msg.Bytes(), nil
		}
	}
}

func receiveFrame(r io.Reader) (flags byte, body string, err error) {
	head := make([]byte, 9)
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return 0, "", err
	}
	size := uint64(head[1])
	if head[0]&2 != 0 {
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return 0, "", err
		}
		size = binary.BigEndian.Uint64(head[1:])
	}
	data := make([]byte, size)
	_, err = io.ReadFull(r, data)
	return head[0], string(data), err
}

// TestPong answers a PING of a server that sends nothing else, and takes the end
// after it for the end of a connection in order.
func TestPong(t *testing.T) {
	ours, theirs := net.Pipe()
	s := newStream(ours, delimited, 0)
	ended := make(chan error, 1)
	go func() {
		_, err := s.Read(t.Context(), nil)
		ended <- err
	}()
	for _, pingContext := range []string{"", "0123456789abcdef"} {
		if _, err := io.WriteString(theirs, frame(4, "\x04PING\x00\x0a"+pingContext)); err != nil {
			t.Fatal(err)
		}
		flags, body, err := receiveFrame(theirs)
		if err != nil || flags != 4 || body != "\x04PONG"+pingContext {
			t.Errorf("got the frame %d %q, %v", flags, body, err)
		}
	}
	_ = theirs.Close()
	if err := <-ended; err != io.EOF {
		t.Errorf("the end after a PING is %v, want io.EOF", err)
	}
}
