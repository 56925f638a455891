package ascode

import (
	"strings"

	"example.com/jsonrpc/cmd/jsonrpc/internal/shell"
)

// A line is a command line for a POSIX shell, an option a line.
type line struct{ b strings.Builder }

// command returns a line that begins with words.
func command(words ...string) *line {
	l := &line{}
	for i, word := range words {
		if i > 0 {
			l.b.WriteByte(' ')
		}
		l.b.WriteString(shell.Quote(word))
	}
	return l
}

// option adds words on a line of their own.
func (l *line) option(words ...string) *line {
	l.b.WriteString(" \\\n ")
	for _, word := range words {
		l.b.WriteString(" " + shell.Quote(word))
	}
	return l
}

// secret adds a flag whose value ends with that of an environment variable.
func (l *line) secret(flag, text, variable string) {
	l.b.WriteString(" \\\n ")
	if flag != "" {
		l.b.WriteString(" " + flag)
	}
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text)
	l.b.WriteString(` "` + escaped + "$" + variable + `"`)
}

// fromFile adds a flag whose value is the text of a file.
func (l *line) fromFile(flag, path string) {
	l.b.WriteString(" \\\n  " + flag + ` "$(cat ` + shell.Quote(path) + `)"`)
}

func (l *line) String() string { return l.b.String() + "\n" }
