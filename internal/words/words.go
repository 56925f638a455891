// Package words reads the command line in a URL of the scheme exec.
package words

import (
	"errors"
	"strings"
)

// Split splits a command line as a shell would: at white space, with
// "double" and 'single' quotes and backslashes, and nothing else.
func Split(line string) (words []string, err error) {
	var (
		word  strings.Builder
		begun bool
		quote rune
		slash bool
	)
	for _, r := range line {
		switch {
		case slash:
			word.WriteRune(r)
			slash = false
		case r == '\\' && quote != '\'':
			slash, begun = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, begun = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 || slash {
		return nil, errors.New("a quote is not closed")
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}
