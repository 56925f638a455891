package transport

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzEventStream compares the reader of event streams to the rules of the
// standard (WHATWG HTML, "9.2.6 Interpreting an event stream"), applied to the
// whole text at once.
func FuzzEventStream(f *testing.F) {
	for _, text := range []string{
		"event: message\ndata: {\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1}\n\n",
		"\ufeffdata: a\r\ndata:b\r\n\r\n: comment\ndata\ndata\n\nid: 1\nretry: 5\n\n",
		"event: ping\ndata: no\n\nevent\ndata: yes\n\ndata: unfinished\n",
		"data:  two spaces\ndata : none\n DATA: x\n\n\n\ndata:\x00\n\n",
		strings.Repeat("data: long\n", 600) + "\n",
	} {
		f.Add([]byte(text), uint16(1<<15))
	}
	f.Add([]byte("data: over the limit\n\n"), uint16(10))
	f.Fuzz(func(t *testing.T, text []byte, limit uint16) {
		want, all := events(text, int(limit))
		for _, r := range []io.Reader{bytes.NewReader(text), iotest.OneByteReader(bytes.NewReader(text)), iotest.DataErrReader(bytes.NewReader(text))} {
			e := newEventReader(r)
			for i := 0; ; i++ {
				got, err := e.next(int64(limit))
				if err != nil {
					if i != len(want) || errors.Is(err, ErrTooLarge) == all || all && err != io.EOF {
						t.Errorf("event %d is %v, want %d events, then the end: %t", i, err, len(want), all)
					}
					break
				}
				if i >= len(want) || string(got) != want[i] {
					t.Fatalf("event %d is %q, want %q", i, got, want[min(i, len(want)):])
				}
			}
		}
	})
}

// events returns the data of the events in text, up to the first of more than
// limit bytes, and whether that is all of them.
func events(text []byte, limit int) (all []string, whole bool) {
	var data []string
	message, size := true, 0
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		if size += len(line); size > limit {
			return all, false
		}
		bare, ended := strings.CutSuffix(line, "\n")
		if !ended {
			break
		}
		bare = strings.TrimSuffix(bare, "\r")
		if bare == "" {
			if joined := strings.Join(data, "\n"); message && strings.TrimSpace(joined) != "" {
				all = append(all, joined)
			}
			data, message, size = nil, true, 0
			continue
		}
		name, value, _ := strings.Cut(bare, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "data":
			data = append(data, value)
		case "event":
			message = value == "" || value == "message"
		}
	}
	return all, true
}
