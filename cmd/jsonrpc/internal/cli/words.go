package cli

import (
	"errors"
	"strings"
)

// splitWords splits a line into words as a shell does: at blanks, but not within
// 'single' quotes, where all stands for itself, or "double" quotes, where \
// escapes " and \. Outside of quotes, \ escapes any character. Nothing else is
// special: no variables, no globs.
func splitWords(line string) ([]string, error) {
	var (
		words  []string
		word   strings.Builder
		inWord bool
	)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\t', '\r', '\v', '\f':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
			continue
		case '\'', '"':
			end := quoteEnd(line, i)
			if end < 0 {
				return nil, errors.New("the quote " + string(c) + " has no end")
			}
			unquoteInto(&word, line[i+1:end], c)
			i = end
		case '\\':
			if i++; i == len(line) {
				return nil, errors.New(`\ stands at the end of the line`)
			}
			word.WriteByte(line[i])
		default:
			word.WriteByte(c)
		}
		inWord = true
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// quoteEnd returns the index of the quote that ends the one at i, or -1.
func quoteEnd(line string, i int) int {
	quote := line[i]
	for i++; i < len(line); i++ {
		switch {
		case line[i] == quote:
			return i
		case quote == '"' && line[i] == '\\':
			i++
		}
	}
	return -1
}

// unquoteInto writes what stands between two quotes.
func unquoteInto(word *strings.Builder, text string, quote byte) {
	for i := 0; i < len(text); i++ {
		if quote == '"' && text[i] == '\\' && (text[i+1] == '"' || text[i+1] == '\\') {
			i++
		}
		word.WriteByte(text[i])
	}
}
