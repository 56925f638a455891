package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// dangerous reports whether a rune could do something to a terminal other than
// to appear: move the cursor, clear the screen, type for the user, or turn the
// direction of the text so that it reads as something else.
//
// Joiners and variation selectors are of the same class of Unicode as the last
// kind, but without them scripts and emoji fall apart; they are harmless.
func dangerous(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r == '\u2028', r == '\u2029': // line and paragraph separator
		return true
	case r == '\u061c', r == '\u200e', r == '\u200f', '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
		return true
	}
	return false
}

// escaped is r as JSON writes it where it must not stand for itself.
func escaped(r rune) string { return fmt.Sprintf(`\u%04x`, r) }

// visible returns text with every dangerous rune written out, but for those in
// allowed.
func visible(text, allowed string) string {
	safe := func(r rune) bool { return !dangerous(r) || strings.ContainsRune(allowed, r) }
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if strings.IndexFunc(text, func(r rune) bool { return !safe(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if safe(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(escaped(r))
		}
	}
	return b.String()
}
