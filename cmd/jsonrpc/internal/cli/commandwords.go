package cli

import (
	"bytes"
	"encoding/json"
	"strings"

	"example.com/jsonrpc/cmd/jsonrpc/internal/shell"
)

// paramWords returns the PARAM words, quoted for a shell, that make these params:
// one for each of an array or an object, or --params for what words cannot say.
func paramWords(params json.RawMessage) []string {
	whole := []string{"--params", shell.Quote(string(params))}
	d := json.NewDecoder(bytes.NewReader(params))
	first, err := d.Token()
	if err != nil {
		return nil
	}
	var words []string
	names := map[string]bool{}
	for d.More() {
		name := ""
		if first == json.Delim('{') {
			token, err := d.Token()
			if err != nil {
				return whole
			}
			name = token.(string)
			if name == "" || strings.ContainsAny(name, "=:") || strings.HasPrefix(name, "-") || names[name] || !sayable(name) {
				return whole
			}
			names[name] = true
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return whole
		}
		words = append(words, paramWord(name, value))
	}
	if len(words) == 0 && first == json.Delim('{') {
		return whole
	}
	return words
}

// paramWord returns the word of one param. Name is "" by position.
func paramWord(name string, value json.RawMessage) string {
	text := ""
	isText := isString(value) && json.Unmarshal(value, &text) == nil && sayable(text)
	switch {
	case name == "" && isText && !json.Valid([]byte(text)) && !strings.Contains(text, "=") && !strings.HasPrefix(text, "-") && text != "":
		return shell.Quote(text)
	case name == "":
		return shell.Quote(compacted(string(value)))
	case isText && strings.HasPrefix(text, "@"):
		return shell.Quote(name + "=@" + text)
	case isText:
		return shell.Quote(name + "=" + text)
	}
	return shell.Quote(name + ":=" + compacted(string(value)))
}

// sayable reports whether a text of JSON can be a word of a command line. A zero byte
// would end the word; half of a pair of surrogates, which is U+FFFD here, is no text.
func sayable(text string) bool { return !strings.ContainsAny(text, "\x00\ufffd") }
