package cli

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A layout says how JSON text is laid out. Whatever it says, the value stays
// the same to the last digit: text is copied, not decoded.
type layout struct {
	indent  string  // of each level; "" for one line
	spaced  bool    // a space after ':' and, on one line, after ','
	palette palette // zero: without colours
}

var (
	compact = layout{}
	spaced  = layout{spaced: true}
	pretty  = layout{spaced: true, indent: "  "}
)

// A palette holds the terminal's codes for colours.
type palette struct{ key, text, number, word, reset string }

// colours are legible on dark and on light ground.
var colours = palette{key: "\x1b[1;34m", text: "\x1b[32m", number: "\x1b[36m", word: "\x1b[33m", reset: "\x1b[0m"}

// bold is the terminal's code for headings.
const bold = "\x1b[1m"

// format returns the JSON text laid out anew, with dangerous runes in strings
// escaped. It is iterative, so that no text can exhaust the stack. Of text that
// is not JSON, it makes something harmless.
func (l layout) format(text []byte) []byte {
	b := make([]byte, 0, len(text)+len(text)/4)
	depth := 0
	newline := func() {
		if l.indent != "" {
			b = append(b, '\n')
			b = append(b, bytes.Repeat([]byte(l.indent), depth)...)
		}
	}
	for i := skipSpace(text, 0); i < len(text); i = skipSpace(text, i) {
		switch c := text[i]; c {
		case '{', '[':
			b = append(b, c)
			i = skipSpace(text, i+1)
			if i < len(text) && (text[i] == '}' || text[i] == ']') {
				b = append(b, text[i])
				i++
				continue
			}
			depth++
			newline()
		case '}', ']':
			depth = max(depth-1, 0)
			newline()
			b = append(b, c)
			i++
		case ',':
			b = append(b, c)
			if l.indent != "" {
				newline()
			} else if l.spaced {
				b = append(b, ' ')
			}
			i++
		case ':':
			b = append(b, c)
			if l.spaced {
				b = append(b, ' ')
			}
			i++
		default:
			end := scalarEnd(text, i)
			colour := l.palette.of(text, i, end)
			b = append(b, colour...)
			b = appendScalar(b, text[i:end])
			if colour != "" {
				b = append(b, l.palette.reset...)
			}
			i = end
		}
	}
	return b
}

// of returns the colour of the scalar text[i:end].
func (p palette) of(text []byte, i, end int) string {
	switch c := text[i]; {
	case c == '"':
		if next := skipSpace(text, end); next < len(text) && text[next] == ':' {
			return p.key
		}
		return p.text
	case c == '-' || '0' <= c && c <= '9':
		return p.number
	}
	return p.word
}

// scalarEnd returns the index after the scalar at i.
func scalarEnd(text []byte, i int) int {
	if text[i] != '"' {
		for i++; i < len(text) && !strings.ContainsRune("{}[],: \t\r\n\"", rune(text[i])); i++ {
		}
		return i
	}
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// appendScalar appends a scalar, with its dangerous runes escaped.
func appendScalar(b, scalar []byte) []byte {
	for len(scalar) > 0 {
		r, size := utf8.DecodeRune(scalar)
		if dangerous(r) {
			b = append(b, escaped(r)...)
		} else {
			b = utf8.AppendRune(b, r)
		}
		scalar = scalar[size:]
	}
	return b
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}
