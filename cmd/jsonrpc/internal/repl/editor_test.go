package repl

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"example.com/jsonrpc/cmd/jsonrpc/internal/complete"
)

// A display is what an editor writes to.
type display struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

func (d *display) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// edited returns what keys make of a line.
func edited(t *testing.T, history *History, words []complete.Candidate, keys string) (line, screen string, err error) {
	t.Helper()
	d := &display{}
	e := NewEditor(EditorOptions{
		In: strings.NewReader(keys), Out: d, History: history,
		Size: func() (int, int) { return 60, 20 },
		Complete: func(line string) (found []complete.Candidate) {
			_, word, _ := Begun(line)
			for _, c := range words {
				if strings.HasPrefix(c.Text, word) {
					found = append(found, c)
				}
			}
			return found
		},
	})
	line, err = e.Line("> ")
	return line, d.String(), err
}

func TestTab(t *testing.T) {
	words := []complete.Candidate{
		{Text: "feed", About: strings.Repeat("long ", 20)}, {Text: "find"}, {Text: "find.all"}, {Text: "kg:=", Open: true},
		{Text: "name=Mr Cat"}, {Text: `bowl:={"a":"b c"}`}, {Text: `"42"`}, {Text: "say=it's"},
	}
	for keys, want := range map[string]string{
		"fe\t":                       "feed ",
		"f\t":                        "f",
		"fi\t":                       "find",
		"feed fi\t.\t":               "feed find.all ",
		"feed k\t3":                  "feed kg:=3",
		"feed n\t":                   `feed "name=Mr Cat" `,
		"feed b\t":                   `feed 'bowl:={"a":"b c"}' `,
		"feed s\t":                   `feed "say=it's" `,
		"x\t":                        "x",
		"fee more\x01\x06\x06\x06\t": "feed more",
		"'a b\t":                     "'a b",
	} {
		if line, _, err := edited(t, LoadHistory(""), words, keys+"\r"); line != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", keys, line, err, want)
		}
	}
	_, screen, _ := edited(t, LoadHistory(""), words, "f\t\r")
	for line := range strings.Lines(screen) {
		if n := len([]rune(line)); n > 62 && strings.HasPrefix(line, "  f") {
			t.Errorf("a line of %d characters: %q", n, line)
		}
	}
	if !strings.Contains(screen, "…") {
		t.Errorf("nothing was shortened: %q", screen)
	}
}

func TestSearch(t *testing.T) {
	history := LoadHistory("")
	for _, line := range []string{"cat name=Tom", "dog", "cat name=Tim", "dog", "cat name=Tom"} {
		if err := history.Add(line); err != nil {
			t.Fatal(err)
		}
	}
	const search = "\x12"
	for keys, want := range map[string]string{
		"name" + search:                   "cat name=Tom",
		"name" + search + search:          "cat name=Tim",
		"name" + search + search + search: "cat name=Tom",
		"Tim" + search + search + search:  "cat name=Tim",
		"nothing" + search:                "nothing",
		search + search:                   "dog",
		"name" + search + "my" + search:   "cat name=Tommy",
		"\x1b[A\x1b[A\x1b[A":              "cat name=Tim",
	} {
		if line, _, err := edited(t, history, nil, keys+"\r"); line != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", keys, line, err, want)
		}
	}
}

func TestLineEnds(t *testing.T) {
	for keys, want := range map[string]error{
		"":                         io.EOF,
		"\x04":                     io.EOF,
		"half":                     io.EOF,
		"half\x03":                 ErrInterrupted,
		"\x1b[200~a\tb\x1b[201~\r": nil,
	} {
		if _, _, err := edited(t, LoadHistory(""), nil, keys); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", keys, err, want)
		}
	}
	if _, _, err := edited(t, LoadHistory(""), nil, strings.Repeat("x", 5000)+"\r"); err == nil || !strings.Contains(err.Error(), "4095 characters") {
		t.Errorf("a line that is too long: %v", err)
	}
}

// TestInterrupts: Ctrl-C while nothing is edited is told of once, and drops what
// was typed ahead.
func TestInterrupts(t *testing.T) {
	in, keys := io.Pipe()
	e := NewEditor(EditorOptions{In: in, Out: io.Discard, History: LoadHistory(""), Size: func() (int, int) { return 0, 0 }})
	if _, err := io.WriteString(keys, "ahead\x03"); err != nil {
		t.Fatal(err)
	}
	<-e.Interrupts()
	go func() { _, _ = io.WriteString(keys, "next\r") }()
	if line, err := e.Line(""); line != "next" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
	_ = keys.Close()
	if _, err := e.Line(""); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}

// TestInterruptedLine: Ctrl-C keeps what is on the line in sight, and drops lines
// that were typed ahead.
func TestInterruptedLine(t *testing.T) {
	_, screen, err := edited(t, LoadHistory(""), nil, "half\x03next\r")
	if !errors.Is(err, ErrInterrupted) || !strings.Contains(screen, "half^C\r\n") {
		t.Errorf("%v, screen %q", err, screen)
	}
	if _, screen, err := edited(t, LoadHistory(""), nil, "ahead\rhalf\x03"); !errors.Is(err, ErrInterrupted) || !strings.Contains(screen, "> half^C\r\n") {
		t.Errorf("%v, screen %q", err, screen)
	}
}
