package cli

import (
	"bytes"
	"sync"
)

// A lineWriter prints what is written to it line by line. What has no line break
// at its end is printed once it gets too long.
type lineWriter struct {
	each func(line string)

	mu   sync.Mutex // for rest
	rest []byte
}

// maxLine bounds what a lineWriter keeps.
const maxLine = 4 << 10

// Write never fails.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	for {
		line, rest, found := bytes.Cut(w.rest, []byte("\n"))
		if !found && len(w.rest) < maxLine {
			return len(p), nil
		}
		w.each(string(bytes.TrimSuffix(line, []byte("\r"))))
		w.rest = bytes.Clone(rest)
	}
}
