package repl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"golang.org/x/term"

	"example.com/jsonrpc/cmd/jsonrpc/internal/complete"
)

// ErrInterrupted is the error of a line at which Ctrl-C was pressed.
var ErrInterrupted = errors.New("interrupted")

// maxLine is how many characters of a line the terminal takes.
const maxLine = 4096

// An Editor reads lines from a terminal in raw mode, and shows what is written to
// it above the line that is being edited.
type Editor struct {
	terminal *term.Terminal
	keys     *keys
	history  *History
	complete func(line string) []complete.Candidate
	size     func() (columns, rows int)
	columns  int

	search struct {
		text  string // what is looked for
		found string // the line that was found for it
		index int
	}
}

// EditorOptions are what an Editor works with.
type EditorOptions struct {
	In      io.Reader // the keys
	Out     io.Writer // the screen
	History *History
	// Size returns that of the terminal, 0 if it is not known.
	Size func() (columns, rows int)
	// Complete returns what the last word of a line can become. A line is all that
	// stands before the cursor.
	Complete func(line string) []complete.Candidate
}

// NewEditor returns an editor, which reads keys from now on.
func NewEditor(o EditorOptions) *Editor {
	e := &Editor{keys: newKeys(o.In), history: o.History, complete: o.Complete, size: o.Size}
	e.terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{e.keys, o.Out}, "")
	e.terminal.History = recall{o.History}
	e.terminal.AutoCompleteCallback = e.key
	e.terminal.SetBracketedPasteMode(true)
	return e
}

// Close gives the terminal back as it was.
func (e *Editor) Close() {
	e.terminal.SetBracketedPasteMode(false)
}

// Write shows text above the line that is being edited.
func (e *Editor) Write(text []byte) (int, error) { return e.terminal.Write(text) }

// Interrupts has a value for each Ctrl-C while no line is being edited.
func (e *Editor) Interrupts() <-chan struct{} { return e.keys.interrupts }

// Line returns the next line. The error is ErrInterrupted after Ctrl-C, io.EOF
// after Ctrl-D on an empty line and when there are no more keys.
func (e *Editor) Line(prompt string) (string, error) {
	e.resize()
	e.terminal.SetPrompt(prompt)
	e.keys.edit(true)
	line, err := e.terminal.ReadLine()
	if interrupted := e.keys.edit(false); interrupted {
		return "", ErrInterrupted
	}
	switch {
	case err != nil && !errors.Is(err, term.ErrPasteIndicator):
		return "", err
	case len([]rune(line)) >= maxLine:
		return "", fmt.Errorf("a line can have %d characters here: put the value into a file and write NAME=@FILE or NAME:=@FILE", maxLine-1)
	}
	return line, nil
}

func (e *Editor) resize() {
	columns, rows := e.size()
	if columns > 0 && columns != e.columns {
		e.columns = columns
		_ = e.terminal.SetSize(columns, max(rows, 1)) // an error is one of writing
	}
}

const (
	keyTab    = '\t'
	keySearch = 18 // Ctrl-R
)

// key is called for each key that is not one of editing.
func (e *Editor) key(line string, pos int, key rune) (newLine string, newPos int, ok bool) {
	e.resize()
	switch key {
	case keyTab:
		return e.tab(line, pos)
	case keySearch:
		return e.searchBack(line)
	}
	return "", 0, false
}

// searchBack replaces the line by the newest one of the history that holds it;
// pressed again, by the next older one.
func (e *Editor) searchBack(line string) (newLine string, newPos int, ok bool) {
	s := &e.search
	if s.found == "" || s.found != line {
		s.text, s.index = line, -1
	}
	found, index := e.history.Search(s.text, s.index+1)
	for index >= 0 && found == line { // a line may be there twice
		found, index = e.history.Search(s.text, index+1)
	}
	if index < 0 {
		return line, len(line), true
	}
	s.found, s.index = found, index
	return found, len(found), true
}

// tab completes the word before the cursor as far as it is certain, and otherwise
// shows what it can become.
func (e *Editor) tab(line string, pos int) (newLine string, newPos int, ok bool) {
	candidates := e.complete(line[:pos])
	if len(candidates) == 0 {
		return line, pos, true
	}
	_, word, _ := Begun(line[:pos])
	common := candidates[0].Text
	for _, c := range candidates[1:] {
		common = commonPrefix(common, c.Text)
	}
	written := wordStart(line[:pos], word)
	insert := word
	if len(common) > len(word) && strings.HasPrefix(common, word) {
		insert = common
	}
	switch {
	case len(candidates) == 1:
		if insert = quote(insert); !candidates[0].Open {
			insert += " "
		}
	case insert == word:
		e.show(candidates)
		return line, pos, true
	default:
		if quote(insert) != insert {
			e.show(candidates) // half of a word in quotes would be none
			return line, pos, true
		}
	}
	before := line[:written] + insert
	return before + strings.TrimLeft(line[pos:], " "), len(before), true
}

// wordStart returns where the word that is being written begins in what stands
// before the cursor: it may be written with quotes.
func wordStart(text, word string) int {
	if strings.HasSuffix(text, word) {
		return len(text) - len(word)
	}
	return strings.LastIndexAny(text, blanks) + 1
}

func commonPrefix(a, b string) string {
	for !strings.HasPrefix(b, a) {
		runes := []rune(a)
		a = string(runes[:len(runes)-1])
	}
	return a
}

// quote puts a word into quotes if it would be more than one word without.
func quote(word string) string {
	if !strings.ContainsAny(word, blanks+`'\|`) && !strings.Contains(word, `"`) {
		return word
	}
	if strings.HasPrefix(word, `"`) || strings.ContainsAny(word[:1], "{[") || strings.Contains(word, `:=`) {
		if !strings.ContainsAny(word, `'`) {
			return "'" + word + "'"
		}
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

// show prints candidates above the line, with what they mean.
func (e *Editor) show(candidates []complete.Candidate) {
	const most = 50
	left := 0
	if len(candidates) > most {
		candidates, left = candidates[:most], len(candidates)-most
	}
	width := 0
	for _, c := range candidates {
		width = max(width, min(len([]rune(c.Text)), 40))
	}
	var b strings.Builder
	for _, c := range candidates {
		line := []rune(strings.TrimRight(fmt.Sprintf("  %-*s  %s", width, c.Text, c.About), " "))
		if e.columns > 1 && len(line) >= e.columns {
			line = append(line[:e.columns-2], '…')
		}
		b.WriteString(string(line) + "\n")
	}
	if left > 0 {
		fmt.Fprintf(&b, "  … and %d more\n", left)
	}
	_, _ = e.Write([]byte(b.String())) // what cannot be seen is no loss
}

// recall is a History that the arrow keys walk through. Whole statements are added
// to it, and not each line.
type recall struct{ *History }

func (recall) Add(string) {}

// A keys is a terminal's input, from which Ctrl-C is taken out.
type keys struct {
	interrupts chan struct{}
	wake       chan struct{}

	mu      sync.Mutex
	room    *sync.Cond // of mu: there is room in pending
	pending []byte
	err     error
	editing bool
	stopped bool // a Ctrl-C ended the line
}

// maxPending bounds what is typed or pasted ahead. What is more waits in the
// terminal, and a Ctrl-C behind it: half of a line that was lost would make another
// call of the rest.
const maxPending = 1 << 20

func newKeys(in io.Reader) *keys {
	k := &keys{interrupts: make(chan struct{}, 1), wake: make(chan struct{}, 1)}
	k.room = sync.NewCond(&k.mu)
	go k.pump(in) // a read of a terminal cannot be ended: it is left behind
	return k
}

func (k *keys) pump(in io.Reader) {
	buffer := make([]byte, 4<<10)
	for {
		n, err := in.Read(buffer)
		k.mu.Lock()
		for _, c := range buffer[:n] {
			k.take(c)
		}
		for len(k.pending) > maxPending {
			k.room.Wait()
		}
		k.err = err
		k.mu.Unlock()
		select {
		case k.wake <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// take takes one byte. The caller must hold k.mu.
func (k *keys) take(c byte) {
	const (
		ctrlC = 3
		ctrlE = 5 // to the end of the line
	)
	switch {
	case c == ctrlC && k.editing:
		whole := bytes.LastIndexAny(k.pending, "\r\n") + 1 // lines that nobody has seen yet
		k.pending = append(k.pending[whole:], ctrlE, '^', 'C', '\r')
		k.stopped = true
	case c == ctrlC:
		k.pending = k.pending[:0]
		select {
		case k.interrupts <- struct{}{}:
		default:
		}
	default:
		k.pending = append(k.pending, c)
	}
}

// edit says whether a line is being edited from now on. It reports whether Ctrl-C
// ended the one before.
func (k *keys) edit(on bool) (stopped bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case <-k.interrupts: // it came too late to interrupt anything
	default:
	}
	stopped = k.stopped && !on
	k.editing, k.stopped = on, false
	return stopped
}

// Read waits for keys.
func (k *keys) Read(p []byte) (int, error) {
	for {
		k.mu.Lock()
		n := copy(p, k.pending)
		k.pending = k.pending[n:]
		k.room.Signal()
		err := k.err
		k.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		<-k.wake
	}
}
