package transport

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"

	"github.com/coder/websocket"
)

// The parts of a frame's header (RFC 6455, 5.2).
const (
	finText     = 0x81 // the whole of a text message
	opClose     = 0x8
	masked      = 0x80
	length16    = 126 // the length is in the two bytes that follow,
	length64    = 127 // or in eight
	maxLength7  = 125
	maxLength16 = 1<<16 - 1
)

var errClosedConn = errors.New("the connection is closed")

// Write sends msg as a text message.
func (s *webSocket) Write(ctx context.Context, msg []byte) error {
	if s.compress {
		return s.writeCompressed(ctx, msg)
	}
	return s.wire.out.send(ctx, s.appendText, msg)
}

// Busy says that other messages are under way, so that it is worth while to let
// others write first.
func (s *webSocket) Busy() { s.wire.out.busy.Store(true) }

// appendText appends msg as a masked text frame. It is called by one goroutine at
// a time.
func (s *webSocket) appendText(dst, msg []byte) []byte {
	switch n := len(msg); {
	case n <= maxLength7:
		dst = append(dst, finText, masked|byte(n))
	case n <= maxLength16:
		dst = binary.BigEndian.AppendUint16(append(dst, finText, masked|length16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, finText, masked|length64), uint64(n))
	}
	// "The masking key needs to be unpredictable" (10.3).
	if s.maskUsed == 0 || s.maskUsed == len(s.masks) {
		_, _ = rand.Read(s.masks[:]) // it cannot fail
		s.maskUsed = 0
	}
	key := s.masks[s.maskUsed : s.maskUsed+4]
	s.maskUsed += 4
	dst = append(dst, key...)
	start := len(dst)
	dst = append(dst, msg...)
	mask(dst[start:], key)
	return dst
}

// mask masks p with a key of four bytes (5.3).
func mask(p, key []byte) {
	var wide [64]byte
	for i := range wide {
		wide[i] = key[i%4]
	}
	for len(p) > 0 {
		p = p[subtle.XORBytes(p, p, wide[:]):]
	}
}

// writeCompressed is Write for a connection with compression, whose messages must
// be sent in the order in which they were compressed.
func (s *webSocket) writeCompressed(ctx context.Context, msg []byte) error {
	select {
	case s.deflating <- struct{}{}:
	case <-ctx.Done():
		return &Error{Op: "send", Err: context.Cause(ctx)}
	}
	out := &s.wire.out
	out.mu.Lock()
	err := out.admitLocked(ctx, len(msg)) // before, as what is compressed must be sent
	out.mu.Unlock()
	var frames []byte
	if err == nil {
		frames, err = s.wire.deflate(func() error { return s.conn.Write(context.Background(), websocket.MessageText, msg) })
		if err != nil {
			err = &Error{Op: "send", Err: err}
		}
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	if err == nil {
		err = out.endedLocked(context.Background())
	}
	from := out.queued
	if err == nil {
		out.putLocked(appendAll, frames)
	}
	<-s.deflating
	if err != nil {
		return err
	}
	return out.carryLocked(ctx, from, out.queued)
}
