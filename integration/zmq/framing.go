package zmq

import (
	"encoding/binary"
	"errors"
	"fmt"

	"example.com/jsonrpc/transport"
)

// The bits of a frame's first byte. "Bits 7-3 are reserved for future use and
// MUST be zero" (RFC 23/ZMTP, "Framing").
const (
	flagMore      = 1 << iota // another frame of the message follows
	flagLong                  // the length has eight bytes, not one
	flagCommand               // the frame is a command, for the sockets themselves
	flagsReserved = ^byte(flagMore | flagLong | flagCommand)
)

// maxCommand bounds the commands that are looked into: a PING has 22 bytes at
// most. Longer ones are passed over.
const maxCommand = 256

// An envelope says whether an empty frame, the delimiter, comes before the body
// of a message.
type envelope int

const (
	delimited envelope = iota // it is sent; messages that come without it are understood all the same
	bare                      // it is not sent; one that comes is harmless
	strict                    // it is sent, and messages that come without it are dropped
)

// appendMessage appends msg as one or two frames.
func appendMessage(dst, msg []byte, e envelope) []byte {
	if isPong(msg) {
		return appendFrame(dst, flagCommand, msg)
	}
	if e != bare {
		dst = appendFrame(dst, flagMore, nil)
	}
	return appendFrame(dst, 0, msg)
}

func appendFrame(dst []byte, flags byte, body []byte) []byte {
	if len(body) > 255 {
		dst = append(dst, flags|flagLong)
		dst = binary.BigEndian.AppendUint64(dst, uint64(len(body)))
	} else {
		dst = append(dst, flags, byte(len(body)))
	}
	return append(dst, body...)
}

// frameHead reads how a frame begins. Size is that of the head itself, 0 if it
// has not arrived whole. An error ends the stream: where the next frame begins
// is not known then.
func frameHead(data []byte) (flags byte, length int64, size int, err error) {
	if len(data) == 0 {
		return 0, 0, 0, nil
	}
	flags = data[0]
	switch {
	case flags&flagsReserved != 0:
		return 0, 0, 0, fmt.Errorf("a frame begins with %#02x: the stream is out of step", flags)
	case flags&flagCommand != 0 && flags&flagMore != 0:
		return 0, 0, 0, errors.New("a command that goes on in another frame: the stream is out of step")
	case flags&flagLong == 0 && len(data) >= 2:
		return flags, int64(data[1]), 2, nil
	case flags&flagLong == 0 || len(data) < 9:
		return 0, 0, 0, nil
	}
	if length = int64(binary.BigEndian.Uint64(data[1:])); length < 0 { // "the most significant bit MUST be zero"
		return 0, 0, 0, errors.New("a frame whose length has its highest bit set: the stream is out of step")
	}
	return flags, length, 9, nil
}

// A splitter takes messages out of a flow of frames, ZMTP 3 after the handshake.
// The frames of a message are joined: the delimiter before the body is empty and
// adds nothing. What is held in memory has arrived; lengths are not trusted.
type splitter struct {
	limit  int64
	strict bool
	ping   func(pingContext []byte)

	inside  bool   // frames of a message have come, and there are more
	body    []byte // what they hold
	spoilt  error  // why the message is dropped, a *transport.FrameError
	skip    int64  // bytes of a frame, to be dropped
	message bool   // the frame is of a message and not a command
	more    bool   // it is not the last

	between bool // all that has come belongs to messages and commands that are over
}

// Split implements [transport.Splitter].
func (s *splitter) Split(data []byte) (msg []byte, used int, err error) {
	msg, used, err = s.split(data)
	s.between = used == len(data) && s.skip == 0 && !s.inside
	return msg, used, err
}

func (s *splitter) split(data []byte) (msg []byte, used int, err error) {
	if s.skip > 0 {
		n := min(s.skip, int64(len(data)))
		if s.skip -= n; s.skip == 0 {
			return nil, int(n), s.skipped()
		}
		return nil, int(n), nil
	}
	flags, length, size, err := frameHead(data)
	if err != nil || size == 0 {
		return nil, 0, err
	}
	whole := int64(len(data)-size) >= length
	more := flags&flagMore != 0
	if flags&flagCommand != 0 {
		switch {
		case length > maxCommand:
			return nil, size, s.skipFrame(length, false, false)
		case !whole:
			return nil, 0, nil
		}
		s.command(data[size:][:length])
		return nil, size + int(length), nil
	}
	if s.spoilt == nil {
		s.spoilt = s.check(length, more)
	}
	switch {
	case s.spoilt != nil:
		s.body = nil
		return nil, size, s.skipFrame(length, true, more)
	case !whole:
		return nil, 0, nil
	}
	end := size + int(length)
	part := data[size:end]
	if s.inside = more; more {
		s.body = append(s.body, part...)
		return nil, end, nil
	}
	if len(s.body) == 0 {
		return part, end, nil
	}
	msg, s.body = append(s.body, part...), nil
	return msg, end, nil
}

// check returns why a frame spoils its message, nil if it does not.
func (s *splitter) check(length int64, more bool) error {
	switch {
	case length > s.limit-int64(len(s.body)):
		return &transport.FrameError{Reason: fmt.Sprintf("the message is over the limit of %d bytes", s.limit), Err: transport.ErrTooLarge}
	case s.strict && !s.inside && (length > 0 || !more):
		return &transport.FrameError{Reason: "a message without an empty frame before its body, as REP sends it"}
	}
	return nil
}

// skipFrame has the next length bytes dropped, and tells of the message if that
// was all of it.
func (s *splitter) skipFrame(length int64, message, more bool) error {
	s.skip, s.message, s.more = length, message, more
	if length == 0 {
		return s.skipped()
	}
	return nil
}

// skipped is called at the end of a frame that was dropped. It returns what was
// wrong with the message if that ends with it.
func (s *splitter) skipped() error {
	if !s.message {
		return nil
	}
	if s.inside = s.more; s.more {
		return nil
	}
	err := s.spoilt
	s.spoilt = nil
	return err
}
