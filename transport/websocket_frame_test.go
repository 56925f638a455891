package transport

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// FuzzTextFrame unpacks what is sent as a text frame.
func FuzzTextFrame(f *testing.F) {
	for _, n := range []int{0, 1, 125, 126, 127, 1<<16 - 1, 1 << 16} {
		f.Add([]byte(strings.Repeat("ab{", n/3+1)[:n]))
	}
	s := &webSocket{}
	f.Fuzz(func(t *testing.T, msg []byte) {
		const before = "before"
		keys := map[string]bool{}
		for range 3 {
			frame, ok := bytes.CutPrefix(s.appendText([]byte(before), msg), []byte(before))
			if !ok {
				t.Fatal("what was there is gone")
			}
			got, key := unpack(t, frame)
			if !bytes.Equal(got, msg) {
				t.Fatalf("unpacked %q, want %q", got, msg)
			}
			keys[string(key)] = true
		}
		if len(keys) < 2 {
			t.Error("one masking key was used three times")
		}
	})
}

// unpack returns the message in a frame and the key it was masked with, by the
// letter of RFC 6455, 5.2 and 5.3.
func unpack(t *testing.T, frame []byte) (msg, key []byte) {
	t.Helper()
	if frame[0] != 0x81 || frame[1]&0x80 == 0 {
		t.Fatalf("the frame begins with %x", frame[:2])
	}
	length, rest := uint64(frame[1]&0x7f), frame[2:]
	switch length {
	case 126:
		length, rest = uint64(binary.BigEndian.Uint16(rest)), rest[2:]
		if length < 126 {
			t.Errorf("a length of %d in two bytes", length)
		}
	case 127:
		length, rest = binary.BigEndian.Uint64(rest), rest[8:]
		if length < 1<<16 {
			t.Errorf("a length of %d in eight bytes", length)
		}
	}
	key, rest = rest[:4], rest[4:]
	if uint64(len(rest)) != length {
		t.Fatalf("%d bytes, and the header says %d", len(rest), length)
	}
	for i, c := range rest {
		msg = append(msg, c^key[i%4])
	}
	return msg, key
}
