package repl

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A History keeps the lines that were typed, in a file that only the user can
// read. What is wrong with the file makes it one that is not there.
type History struct {
	path  string   // "" for none
	lines []string // the newest last
}

// Bounds of a history, and of a line in it.
const (
	maxHistory     = 1000
	maxHistoryLine = 4 << 10
)

// LoadHistory reads the history in a file, which need not be there. An empty path
// keeps lines in memory alone.
func LoadHistory(path string) *History {
	h := &History{path: path}
	if path == "" {
		return h
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > 2*maxHistory*maxHistoryLine {
		return h
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return h
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			h.lines = append(h.lines, line)
		}
	}
	if len(h.lines) > maxHistory {
		h.lines = h.lines[len(h.lines)-maxHistory:]
		_ = h.rewrite() // it is no loss if it stays too long
	}
	return h
}

// Len is the number of lines.
func (h *History) Len() int { return len(h.lines) }

// At returns a line, 0 the newest.
func (h *History) At(i int) string { return h.lines[len(h.lines)-1-i] }

// looksSecret finds what one should not keep, by its name.
var looksSecret = regexp.MustCompile(`(?i)passw|passphrase|secret|token|api.?key|private.?key|mnemonic|credential|authori[sz]ation|bearer|--(header|user)\b`)

// Add keeps a statement: its line breaks become blanks. It does not keep one that
// begins with a blank, one that repeats the newest, one that is too long, and one
// that seems to hold a secret.
func (h *History) Add(statement string) error {
	line := strings.TrimSpace(strings.Join(strings.FieldsFunc(statement, func(r rune) bool { return r == '\n' || r == '\r' }), " "))
	switch {
	case line == "", len(line) > maxHistoryLine, strings.IndexByte(blanks, statement[0]) >= 0, looksSecret.MatchString(line):
		return nil
	case len(h.lines) > 0 && h.At(0) == line:
		return nil
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > maxHistory {
		h.lines = h.lines[1:]
	}
	if h.path == "" {
		return nil
	}
	return h.append(line)
}

func (h *History) append(line string) error {
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return err
	}
	// Others may append at the same time: a line is one write.
	file, err := os.OpenFile(h.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(line + "\n")
	return errors.Join(err, file.Chmod(0o600), file.Close())
}

func (h *History) rewrite() error {
	temporary, err := os.CreateTemp(filepath.Dir(h.path), "history-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // of what was not renamed
	var b bytes.Buffer
	for _, line := range h.lines {
		b.WriteString(line + "\n")
	}
	_, err = temporary.Write(b.Bytes())
	if err := errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), h.path)
}

// Search returns the newest line from the i-th on that holds text, and its index;
// -1 if there is none.
func (h *History) Search(text string, i int) (line string, index int) {
	for ; i < h.Len(); i++ {
		if line := h.At(i); strings.Contains(line, text) {
			return line, i
		}
	}
	return "", -1
}
