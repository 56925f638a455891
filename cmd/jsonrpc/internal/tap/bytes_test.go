package tap

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// end is one end of a flow in memory.
type end struct {
	*io.PipeReader
	*io.PipeWriter
}

func (e end) CloseWrite() error { return e.PipeWriter.Close() }

func (e end) Close() error {
	_ = e.PipeReader.Close()
	return e.PipeWriter.Close()
}

func pipe() (a, b end) {
	readA, writeB := io.Pipe()
	readB, writeA := io.Pipe()
	return end{readA, writeA}, end{readB, writeB}
}

// pass sends text through Bytes to a server that does with it what it wants, and
// returns what came back and the recording.
func pass(t *testing.T, opts *transport.StreamOptions, text []byte, serve func(end)) (back []byte, recording string) {
	t.Helper()
	user, client := pipe()
	server, far := pipe()
	var notes bytes.Buffer
	go func() {
		serve(far)
		_ = far.Close()
	}()
	go func() {
		_, _ = user.Write(text)
		_ = user.CloseWrite()
	}()
	over := make(chan error, 1)
	go func() {
		over <- Bytes(context.Background(), client, server, opts, jsonrpctest.NewRecorder(&notes, nil))
	}()
	back, err := io.ReadAll(user.PipeReader)
	if err != nil {
		t.Errorf("the client got %v", err)
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
	return back, notes.String()
}

func echo(far end) { _, _ = io.Copy(far.PipeWriter, far.PipeReader) }

// FuzzBytes: whatever is said in whatever framing, the other side hears it, and the
// recording can be read.
func FuzzBytes(f *testing.F) {
	for i := range framings {
		f.Add(uint8(i), []byte("{\"id\":1}\nno JSON\n\xff\r\n[1,2"))
		f.Add(uint8(i), []byte("Content-Length: 8\r\nX: y\r\n\r\n{\"id\":1}Content-Length: nonsense\r\n\r\n{}"))
		f.Add(uint8(i), []byte("8:{\"id\":1},x3:{},"))
		f.Add(uint8(i), []byte(`{"id":1}{"id":2} ] {`))
		f.Add(uint8(i), []byte("[\""+strings.Repeat("long ", 100)+"\"]\n{}\n"))
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		opts := &transport.StreamOptions{Framing: framings[int(which)%len(framings)], MaxMessage: 64}
		back, recording := pass(t, opts, text, echo)
		if !bytes.Equal(back, text) {
			t.Fatalf("%s: %q came back as %q", opts.Framing, text, back)
		}
		if _, err := jsonrpctest.ReadRecording(strings.NewReader(recording)); err != nil {
			t.Fatalf("%v\n%s", err, recording)
		}
	})
}

var framings = []*transport.Framing{transport.Newline, transport.Header, transport.Bare, transport.Netstring}

// TestOrder: what is asked stands before what is answered, however fast the answer.
func TestOrder(t *testing.T) {
	const n = 2000
	var asked strings.Builder
	for i := range n {
		fmt.Fprintf(&asked, "{\"id\":%d,\"method\":\"a\"}\n", i)
	}
	_, recording := pass(t, &transport.StreamOptions{}, []byte(asked.String()), func(far end) {
		lines := bufio.NewScanner(far.PipeReader)
		for i := 0; lines.Scan(); i++ {
			_, _ = fmt.Fprintf(far.PipeWriter, "{\"id\":%d,\"result\":1}\n", i)
		}
	})
	seen := map[string]bool{}
	answers := 0
	for line := range strings.Lines(recording) {
		if id, found := strings.CutPrefix(line, `--> {"id":`); found {
			seen[id[:strings.Index(id, ",")]] = true
		} else if id, found := strings.CutPrefix(line, `<-- {"id":`); found {
			answers++
			if !seen[id[:strings.Index(id, ",")]] {
				t.Fatalf("answered before it was asked: %s", line)
			}
		}
	}
	if answers != n {
		t.Errorf("%d answers in the recording, want %d", answers, n)
	}
}

// TestTooLong: what is longer than the limit goes through, and is not written down.
func TestTooLong(t *testing.T) {
	long := `{"x":"` + strings.Repeat("long", 1<<20) + "\"}\n{\"id\":2}\n"
	back, recording := pass(t, &transport.StreamOptions{MaxMessage: 1 << 10}, []byte(long), echo)
	if string(back) != long {
		t.Errorf("%d bytes came back of %d", len(back), len(long))
	}
	const want = "//jsonrpc:stream 1\n// This is not JSON:\n--> (the message is over the limit of 1024 bytes)\n" +
		"--> {\"id\":2}\n// This is not JSON:\n<-- (the message is over the limit of 1024 bytes)\n<-- {\"id\":2}\n"
	for line := range strings.SplitSeq(want, "\n") {
		if !strings.Contains("\n"+recording, "\n"+line+"\n") && line != "" {
			t.Errorf("%q is missing in\n%s", line, recording)
		}
	}
}
