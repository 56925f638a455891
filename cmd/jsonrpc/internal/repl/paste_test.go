package repl

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestLongPaste: of what is pasted nothing is lost, however much it is: half of a
// line would be another call.
func TestLongPaste(t *testing.T) {
	const lines = 20_000
	rest := strings.Repeat("x", 60)
	var keys strings.Builder
	for i := range lines {
		fmt.Fprintf(&keys, "call %d%s\r", i, rest)
	}
	e := NewEditor(EditorOptions{In: strings.NewReader(keys.String()), Out: io.Discard, History: LoadHistory(""), Size: func() (int, int) { return 80, 20 }})
	for i := range lines {
		line, err := e.Line("> ")
		if want := fmt.Sprintf("call %d%s", i, rest); line != want || err != nil {
			t.Fatalf("got %q, %v, want %q", line, err, want)
		}
	}
	if _, err := e.Line("> "); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}
