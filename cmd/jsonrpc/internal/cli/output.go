package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
)

// An output prints results on stdout, for whoever reads it: a person, or the
// next program of a pipe.
type output struct {
	w        io.Writer
	terminal bool
	layout   layout
	raw      bool // strings without quotes
}

func newOutput(p *Process, raw bool) *output {
	o := &output{w: p.Stdout, terminal: p.OutTerminal, raw: raw, layout: compact}
	if p.OutTerminal {
		o.layout = pretty
	}
	if wantsColour(p) {
		o.layout.palette = colours
	}
	return o
}

// wantsColour obeys https://no-color.org and https://bixense.com/clicolors.
func wantsColour(p *Process) bool {
	if p.Getenv("NO_COLOR") != "" {
		return false
	}
	if force := p.Getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	return p.OutTerminal && p.Getenv("CLICOLOR") != "0" && p.Getenv("TERM") != "dumb"
}

// value prints a JSON value and a line break.
func (o *output) value(text []byte) error {
	var s string
	if o.raw && isString(text) && json.Unmarshal(text, &s) == nil {
		return o.text(s)
	}
	return o.write(o.layout.format(text))
}

func isString(text []byte) bool {
	i := skipSpace(text, 0)
	return i < len(text) && text[i] == '"'
}

// text prints a string's own characters: all of them into a pipe, but on a
// terminal only those that do nothing else than to appear.
func (o *output) text(s string) error {
	if o.terminal {
		s = visible(s, "\n\t")
	}
	return o.write([]byte(s))
}

func (o *output) write(line []byte) error {
	_, err := o.w.Write(append(line, '\n'))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe), errors.Is(err, fs.ErrClosed):
		return errSilent
	}
	return &localError{fmt.Sprintf("cannot write to stdout: %v", err)}
}

// say prints a sentence on stderr, on one line and without secrets.
func (s *session) say(text string) {
	s.sayLine("jsonrpc: " + strings.Join(strings.Fields(text), " "))
}

// maxWarned bounds how many warnings are remembered: servers have a part in them.
const maxWarned = 1000

// warn prints a warning, once for each text; of very many texts perhaps again.
func (s *session) warn(text string) {
	s.mu.Lock()
	known := s.warned[text]
	if len(s.warned) >= maxWarned {
		clear(s.warned)
	}
	s.warned[text] = true
	s.mu.Unlock()
	if !known {
		s.say("warning: " + text)
	}
}

// sayLine prints a line on stderr. All that is printed there goes through here,
// so that no secret and no control character can go past.
func (s *session) sayLine(line string) {
	line = visible(s.secrets.mask(line), "")
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.lines
	if w == nil {
		w = s.process.Stderr
	}
	_, _ = io.WriteString(w, line+"\n") // who has closed stderr wants to hear nothing
}
