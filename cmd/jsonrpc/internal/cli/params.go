package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A params is what the PARAM words of a command line say, as JSON texts in the
// order given. Texts are copied, never decoded, so that numbers keep every digit.
type params struct {
	positional []string
	named      []namedParam
}

type namedParam struct{ name, value string }

// parseParams reads PARAM words:
//
//	name=text    name:=json    name=@file    name:=@file    word
//
// The first '=' or ':=' splits; a word that is JSON is by position whatever it
// holds, and so is one without '='.
func parseParams(words []string, files fileReader) (*params, error) {
	p := &params{}
	for _, word := range words {
		if !utf8.ValidString(word) {
			return nil, badParam(word, "is not UTF-8 text")
		}
		name, value, isNamed := splitParam(word)
		if !isNamed {
			p.positional = append(p.positional, value)
			continue
		}
		if err := p.addNamed(word, name, value, files); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// A fileReader returns the text of a file, and says in errors what it was for.
type fileReader interface {
	file(name, what string) (string, error)
}

// splitParam splits a word at its first '='. A ':=' leaves its colon at the end
// of the name. If the word is by position, value is its JSON.
func splitParam(word string) (name, value string, isNamed bool) {
	if json.Valid([]byte(word)) {
		return "", compacted(word), false
	}
	name, value, isNamed = strings.Cut(word, "=")
	if !isNamed {
		return "", quote(word), false
	}
	return name, value, true
}

func (p *params) addNamed(word, name, value string, files fileReader) error {
	name, isJSON := strings.CutSuffix(name, ":")
	switch {
	case name == "":
		return badParam(word, `has no name before the "=": write a text by position as '"…"'`)
	case strings.Contains(name, "://"):
		return badParam(word, `looks like a URL with "=" in it: write a text by position as '"…"', or give it a name`)
	}
	for _, other := range p.named {
		if other.name == name {
			return badParam(word, fmt.Sprintf("names %q, which is there already", name))
		}
	}
	text, isFile := strings.CutPrefix(value, "@")
	switch {
	case isFile && !isJSON && strings.HasPrefix(text, "@"):
		// @@ stands for the character itself.
	case isFile:
		var err error
		if text, err = files.file(text, "param "+name); err != nil {
			return err
		}
		if !utf8.ValidString(text) {
			return badParam(word, "names a file that is not UTF-8 text")
		}
	}
	if !isJSON {
		p.named = append(p.named, namedParam{name, quote(text)})
		return nil
	}
	if !json.Valid([]byte(text)) {
		return badParam(word, fmt.Sprintf(`wants JSON after ":=": %v; a text is %s=…`, jsonProblem(text), name))
	}
	p.named = append(p.named, namedParam{name, compacted(text)})
	return nil
}

func badParam(word, reason string) error {
	return &usageError{fmt.Sprintf("param %s %s", shown(word), reason)}
}

// shown is a part of the command line as it appears in a sentence: quoted,
// because a stray quote or space is often what is wrong, and not too long.
func shown(word string) string {
	const longest = 60
	if runes := []rune(word); len(runes) > longest {
		word = string(runes[:longest]) + "…"
	}
	return fmt.Sprintf("%q", word)
}

// json returns the params as one JSON text: an object if all are named, an array
// otherwise, with the named ones in an object at its end. No params are nil.
func (p *params) json() json.RawMessage {
	if len(p.positional) == 0 {
		if len(p.named) == 0 {
			return nil
		}
		return json.RawMessage(p.object())
	}
	items := p.positional
	if len(p.named) > 0 {
		items = append(slices.Clip(items), p.object())
	}
	return json.RawMessage("[" + strings.Join(items, ",") + "]")
}

func (p *params) object() string {
	members := make([]string, len(p.named))
	for i, n := range p.named {
		members[i] = quote(n.name) + ":" + n.value
	}
	return "{" + strings.Join(members, ",") + "}"
}

// parseWholeParams reads the value of --params: JSON, @file or @-.
func parseWholeParams(value string, files fileReader) (json.RawMessage, error) {
	text := value
	if name, isFile := strings.CutPrefix(value, "@"); isFile {
		var err error
		if text, err = files.file(name, "--params"); err != nil {
			return nil, err
		}
	}
	if !utf8.ValidString(text) {
		return nil, &usageError{"--params is not UTF-8 text"}
	}
	if !json.Valid([]byte(text)) {
		return nil, &usageError{fmt.Sprintf("--params wants JSON, @file or @-: %v", jsonProblem(text))}
	}
	text = compacted(text)
	if text[0] != '[' && text[0] != '{' {
		return nil, &usageError{fmt.Sprintf("--params must be an array or an object: write [%s]", text)}
	}
	return json.RawMessage(text), nil
}

// quote returns text as a JSON string. Unlike json.Marshal it leaves <, > and &
// alone, so that what is sent can be read.
func quote(text string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string into a buffer: cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}

// compacted returns valid JSON without the white space between its tokens.
func compacted(text string) string {
	var b bytes.Buffer
	_ = json.Compact(&b, []byte(text)) // it is valid
	return b.String()
}

// jsonProblem says what is wrong with text that is not JSON.
func jsonProblem(text string) string {
	if strings.TrimSpace(text) == "" {
		return "there is nothing"
	}
	var v json.RawMessage
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return err.Error()
	}
	return "it is no JSON"
}
