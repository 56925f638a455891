// Package forms has the forms in which a text travels: what different servers make of
// it in JSON, in URLs and in pages. By them secrets are found.
package forms

import (
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Of returns the forms of texts: as they are, in a URL, in a JSON string, in JSON
// within a JSON string, and each of these in a page. Most texts are the same in all
// of them. The longest come first: one that holds another is to be found before it.
func Of(texts ...string) []string {
	var all set
	for _, text := range texts {
		all.add(2, text, url.QueryEscape(text), url.PathEscape(text))
	}
	for _, form := range slices.Clone(all) {
		page := html.EscapeString(form) // of Go; others write &quot;
		all.add(1, page, strings.ReplaceAll(page, "&#34;", "&quot;"))
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// A set holds each form once.
type set []string

// add adds forms, and what different servers make of them in JSON, so many times one
// within the other.
func (s *set) add(depth int, forms ...string) {
	for _, form := range forms {
		if form == "" || slices.Contains(*s, form) {
			continue
		}
		*s = append(*s, form)
		if depth == 0 {
			continue
		}
		quoted, _ := jsontext.AppendQuote(nil, string([]rune(form))) // as encoding/json: U+FFFD for each bad byte
		text := string(quoted[1 : len(quoted)-1])
		for _, text := range []string{text, Escape(text, isNotASCII), forHTML.Replace(text)} {
			s.add(depth-1, text, strings.ReplaceAll(text, "/", `\/`))
		}
	}
}

// forHTML escapes what encoding/json does by default.
var forHTML = strings.NewReplacer("&", `\u0026`, "<", `\u003c`, ">", `\u003e`)

func isNotASCII(r rune) bool { return r >= utf8.RuneSelf }

// Escape escapes the runes that are to be, as in a JSON string.
func Escape(text string, which func(rune) bool) string {
	if !strings.ContainsFunc(text, which) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if !which(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
