package cli

import (
	"strings"

	"example.com/jsonrpc/cmd/jsonrpc/internal/complete"
	"example.com/jsonrpc/cmd/jsonrpc/internal/repl"
)

// complete returns what the last word of a line can become.
func (r *replRun) complete(line string) []complete.Candidate {
	before, word, ok := repl.Begun(line)
	if !ok {
		return nil
	}
	var found []complete.Candidate
	switch known := r.known.Load(); {
	case len(before) == 0 && strings.HasPrefix(word, "."):
		for _, c := range replCommands() {
			found = append(found, complete.Candidate{Text: c.name, About: c.about})
		}
	case len(before) == 0 && strings.HasPrefix(word, "!"):
		for _, c := range complete.Methods(known, word[1:]) {
			c.Text = "!" + c.Text
			found = append(found, c)
		}
	case len(before) == 0:
		found = complete.Methods(known, word)
	case strings.HasPrefix(before[0], "."):
		if len(before) == 1 {
			found = r.completeArgument(before[0], word)
		}
	default:
		found = complete.Params(known, strings.TrimPrefix(before[0], "!"), before[1:], word)
	}
	return shownCandidates(found, word)
}

func (r *replRun) completeArgument(command, word string) (found []complete.Candidate) {
	for _, c := range replCommands() {
		if c.name != command {
			continue
		}
		for _, value := range c.values {
			found = append(found, complete.Candidate{Text: value})
		}
		if c.method {
			found = complete.Methods(r.known.Load(), word)
		}
	}
	return found
}

// shownCandidates leaves out what does not begin so, and all that would command the
// terminal: it comes from servers.
func shownCandidates(candidates []complete.Candidate, word string) (safe []complete.Candidate) {
	for _, c := range candidates {
		if strings.HasPrefix(c.Text, word) && visible(c.Text, "") == c.Text {
			c.About = visible(c.About, "")
			safe = append(safe, c)
		}
	}
	return safe
}
