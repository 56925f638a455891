// Package repl reads what is typed at a prompt: statements, the lines they are
// made of, and the lines that were typed before.
package repl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A Statement is what stands on a line, or on several.
type Statement struct {
	Kind      Kind
	Words     []string // METHOD PARAM…, or the command and its arguments
	Rest      string   // of a command: what stands after its name, as it stands there
	Filter    string   // what stands after |
	HasFilter bool
}

// A Kind says what a statement does.
type Kind int

// Kinds of statements.
const (
	Nothing Kind = iota // an empty line or a comment
	Call                // METHOD PARAM…
	Notify              // !METHOD PARAM…
	Message             // a JSON text, to be sent as it is: Words has it alone
	Last                // the last result, or what a filter makes of it
	Command             // .NAME ARGUMENT…
)

// ErrUnfinished is the error of a statement that goes on in the next line.
var ErrUnfinished = errors.New("it is not finished")

// LastResult is the word that stands for the last result.
const LastResult = "_"

// Parse reads a statement. Last is what the word _ stands for, JSON; nil if there
// is nothing. Words are separated by blanks, as in a shell: 'quotes', "quotes" and
// \ keep them together. A word that begins with { or [, and what follows :=, is
// JSON as it stands.
func Parse(text string, last json.RawMessage) (*Statement, error) {
	text = strings.TrimLeft(text, blanks)
	switch {
	case text == "" || text[0] == '#':
		return &Statement{}, nil
	case text[0] == '.':
		return parseCommand(text), nil
	}
	s := &Statement{Kind: Call}
	if text[0] == '!' {
		s.Kind, text = Notify, text[1:]
	}
	p := &parser{text: text, last: last}
	if err := p.parse(); err != nil {
		return nil, err
	}
	s.Words, s.Filter, s.HasFilter = p.words, p.filter, p.hasFilter
	switch {
	case s.Kind == Notify && len(s.Words) == 0:
		return nil, errors.New("METHOD is missing: write !METHOD PARAM…")
	case s.Kind == Notify && s.HasFilter:
		return nil, errors.New("a notification has no result to filter")
	case s.Kind == Notify:
	case len(s.Words) == 0, len(s.Words) == 1 && p.isLast:
		s.Kind, s.Words = Last, nil
	case p.isJSON && (len(s.Words) > 1 || !json.Valid([]byte(s.Words[0]))):
		return nil, errors.New("a message stands alone, and a METHOD is no JSON")
	case p.isJSON:
		s.Kind = Message
	}
	return s, nil
}

const blanks = " \t\r\n\v\f"

func parseCommand(text string) *Statement {
	text = strings.TrimRight(text, blanks)
	name, rest, _ := strings.Cut(text, " ")
	s := &Statement{Kind: Command, Words: strings.Fields(text), Rest: strings.TrimSpace(rest)}
	if i := strings.IndexAny(name, blanks); i >= 0 {
		s.Rest = strings.TrimSpace(text[i:])
	}
	return s
}

// A parser splits a statement into words.
type parser struct {
	text string
	last json.RawMessage

	words     []string
	isLast    bool // the first word is _
	isJSON    bool // the first word is JSON as it stands
	filter    string
	hasFilter bool
}

func (p *parser) parse() error {
	for i := 0; ; {
		for i < len(p.text) && strings.IndexByte(blanks, p.text[i]) >= 0 {
			i++
		}
		if strings.HasPrefix(p.text[i:], "\\\n") { // which only joins two lines
			i += 2
			continue
		}
		switch {
		case i == len(p.text):
			return nil
		case p.text[i] == '|':
			p.filter, p.hasFilter = strings.TrimSpace(p.text[i+1:]), true
			if p.filter == "" {
				return ErrUnfinished
			}
			return nil
		}
		end, err := p.word(i)
		if err != nil {
			return err
		}
		i = end
	}
}

// word reads the word at start and returns where it ends.
func (p *parser) word(start int) (end int, err error) {
	var b strings.Builder
	i := start
	for i < len(p.text) && strings.IndexByte(blanks, p.text[i]) < 0 {
		switch c := p.text[i]; {
		case c == '\'' || c == '"' && !p.afterOperator(start, i):
			if i, err = quoted(&b, p.text, i); err != nil {
				return 0, err
			}
		case c == '\\':
			if i++; i == len(p.text) {
				return 0, ErrUnfinished
			}
			if p.text[i] != '\n' {
				b.WriteByte(p.text[i])
			}
			i++
		case p.beginsJSON(start, i):
			from := i
			if i, err = jsonEnd(p.text, i, 0); err != nil {
				return 0, err
			}
			if err := checkJSON(p.text[from:i]); err != nil {
				return 0, err
			}
			if len(p.words) == 0 && from == start {
				p.isJSON = true
			}
			b.WriteString(p.text[from:i])
		default:
			b.WriteByte(c)
			i++
		}
	}
	word, written := b.String(), p.text[start:i]
	if name, isNamed := strings.CutSuffix(written, ":="+LastResult); written == LastResult || isNamed && !strings.ContainsAny(name, `'"\`) {
		if p.last == nil {
			return 0, errors.New("_ is the last result, and there is none yet")
		}
		p.isLast = p.isLast || len(p.words) == 0 && written == LastResult
		word = strings.TrimSuffix(word, LastResult) + string(p.last)
	}
	p.words = append(p.words, word)
	return i, nil
}

// afterOperator reports whether := stands before i, in the word at start.
func (p *parser) afterOperator(start, i int) bool {
	return i-start > 2 && p.text[i-2:i] == ":=" && !strings.ContainsAny(p.text[start:i-2], `='"\`)
}

// beginsJSON reports whether JSON as it stands begins at i.
func (p *parser) beginsJSON(start, i int) bool {
	switch p.text[i] {
	case '{', '[':
		return i == start || p.afterOperator(start, i)
	case '"':
		return p.afterOperator(start, i)
	}
	return false
}

// quoted appends what stands in the quotes that begin at i, and returns where they
// end.
func quoted(b *strings.Builder, text string, i int) (end int, err error) {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			return i + 1, nil
		case c == '\\' && quote == '"' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return 0, ErrUnfinished
}

// jsonEnd returns where the JSON text ends that is open at i: an array, an object or
// a string, in as many others as depth says.
func jsonEnd(text string, i, depth int) (int, error) {
	for i < len(text) {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			start := i
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if i >= len(text) {
				return 0, &openJSON{left: len(text) - start, depth: depth}
			}
		}
		if i++; depth <= 0 {
			return i, nil
		}
	}
	return 0, &openJSON{depth: depth}
}

func checkJSON(text string) error {
	var v json.RawMessage
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		const longest = 40
		if runes := []rune(text); len(runes) > longest {
			text = string(runes[:longest]) + "…"
		}
		return fmt.Errorf("%s is no JSON: %w; put it in quotes if it is a text", text, err)
	}
	return nil
}

// Begun splits what stands before the cursor into the words that are complete and
// the one that is being written. It reports false within quotes, JSON and filters,
// where nothing is known of what may come.
func Begun(text string) (before []string, word string, ok bool) {
	text = strings.TrimLeft(text, blanks)
	notify := strings.HasPrefix(text, "!")
	p := &parser{text: strings.TrimPrefix(text, "!"), last: json.RawMessage("null")}
	if strings.HasPrefix(text, "#") || p.parse() != nil || p.hasFilter {
		return nil, "", false
	}
	before = p.words
	if n := len(before); n > 0 && strings.IndexByte(blanks, text[len(text)-1]) < 0 {
		before, word = before[:n-1], before[n-1]
	}
	if notify {
		if len(before) == 0 {
			word = "!" + word
		} else {
			before[0] = "!" + before[0]
		}
	}
	return before, word, true
}
