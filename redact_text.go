package jsonrpc

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxErrorText bounds, in bytes, what an error shows of a server's words.
const maxErrorText = 500

// clean makes a server's words fit for an error, a log or a terminal: on one
// line, without control characters, of at most limit bytes.
func clean(text string, limit int) string {
	cut := len(text) > limit
	if cut {
		text = text[:limit]
		for len(text) > 0 && !utf8.RuneStart(text[len(text)-1]) {
			text = text[:len(text)-1]
		}
		if len(text) > 0 && text[len(text)-1] >= utf8.RuneSelf {
			text = text[:len(text)-1] // the first byte of a rune that was cut
		}
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
	text = strings.Map(func(r rune) rune {
		if isInvisible(r) {
			return '\ufffd'
		}
		return r
	}, text)
	if cut {
		text += "…"
	}
	return text
}

// isInvisible reports whether r is a control character or another one that has no form
// of its own, and may do something to a terminal, or to the text around it.
func isInvisible(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// firstWords returns the title of an HTML page or the first words of any text.
func firstWords(body []byte, contentType string) string {
	const words = 200
	if !strings.Contains(contentType, "html") && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return clean(string(body), words)
	}
	if title := between(body, "<title", "</title"); title != "" {
		return clean(title, words)
	}
	// Without its tags.
	var text strings.Builder
	depth := 0
	for _, c := range string(body) {
		switch {
		case c == '<':
			depth++
			text.WriteByte(' ')
		case c == '>' && depth > 0:
			depth--
		case depth == 0:
			text.WriteRune(c)
		}
	}
	return clean(text.String(), words)
}

// between returns the text of the element with the given tags, in any case.
func between(body []byte, open, end string) string {
	lower := bytes.Clone(body) // of the same length: bytes.ToLower makes more of what is not UTF-8
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] += 'a' - 'A'
		}
	}
	i := bytes.Index(lower, []byte(open))
	if i < 0 {
		return ""
	}
	body, lower = body[i:], lower[i:]
	if i = bytes.IndexByte(lower, '>'); i < 0 {
		return ""
	}
	body, lower = body[i+1:], lower[i+1:]
	if i = bytes.Index(lower, []byte(end)); i < 0 {
		return ""
	}
	return string(body[:i])
}

// looksJSON reports whether a body claims to be JSON, or begins as a message does.
func looksJSON(contentType string, body []byte) bool {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	i := skipSpace(body, 0)
	return strings.Contains(strings.ToLower(contentType), "json") || i < len(body) && (body[i] == '{' || body[i] == '[')
}
