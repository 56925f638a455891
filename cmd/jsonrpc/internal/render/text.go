package render

import (
	"encoding/json"
	"fmt"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// A Text is how a description is shown in a terminal.
type Text struct {
	Width int // of a line, in characters

	// Call returns the command line that makes a call, for the examples.
	Call func(m *openrpc.Method, params json.RawMessage) string

	// Format lays out a JSON value. Nil leaves it as it is.
	Format func(value json.RawMessage) string

	// Bold and Plain are what stands before and after a heading or a name.
	Bold, Plain string
}

// minWidth is the least that is left for words, however deep they stand.
const minWidth = 30

// Method returns all about a method.
func (t Text) Method(m *openrpc.Method) string {
	var b strings.Builder
	t.paragraph(&b, 0, 4, t.bold(m.Name)+strings.TrimPrefix(Signature(m), m.Name))
	if m.Deprecated {
		b.WriteString("\nDeprecated: do not use it in anything new.\n")
	}
	if text := joined(m.Summary, m.Description); text != "" {
		b.WriteString("\n")
		t.prose(&b, 0, text)
	}
	if fields := Params(m); len(fields) > 0 {
		t.heading(&b, "PARAMS"+how(m))
		t.fields(&b, fields, 2)
	}
	if f := Result(m); f != nil {
		t.heading(&b, "RESULT")
		t.fields(&b, []Field{*f}, 2)
	}
	if len(m.Errors) > 0 {
		t.heading(&b, "ERRORS")
		for _, e := range m.Errors {
			t.paragraph(&b, 2, 4, fmt.Sprintf("%d  %s", e.Code, e.Message))
			if data := errorData(e); data != "" {
				t.paragraph(&b, 6, 8, "data "+data)
			}
		}
	}
	t.examples(&b, m)
	if m.ExternalDocs != nil && m.ExternalDocs.URL != "" {
		t.heading(&b, "SEE ALSO")
		t.paragraph(&b, 2, 4, strings.TrimSpace(m.ExternalDocs.URL+"  "+m.ExternalDocs.Description))
	}
	return b.String()
}

// errorData shows the data of an error: its type, or an example; "" if there is
// none.
func errorData(e *openrpc.Error) string {
	switch {
	case e.DataSchema != nil:
		return Type(e.DataSchema)
	case len(e.Data) > 0:
		return short(e.Data)
	}
	return ""
}

func how(m *openrpc.Method) string {
	switch m.ParamStructure {
	case openrpc.ByName:
		return " (by name)"
	case openrpc.ByPosition:
		return " (by position)"
	}
	return " (by position or by name)"
}

func (t Text) heading(b *strings.Builder, text string) { b.WriteString("\n" + t.bold(text) + "\n") }

func (t Text) bold(text string) string {
	if t.Bold == "" {
		return text
	}
	return t.Bold + text + t.Plain
}

func (t Text) fields(b *strings.Builder, fields []Field, indent int) {
	for _, f := range fields {
		line := t.bold(f.Name)
		if f.Type != "" {
			line += "  " + f.Type
		}
		if note := f.note(); note != "" {
			line += "  (" + note + ")"
		}
		t.paragraph(b, indent, indent+4, line)
		if f.Text != "" {
			t.prose(b, indent+4, f.Text)
		}
		t.fields(b, f.Fields, min(indent+4, max(t.Width-minWidth, 0)))
	}
}

func (t Text) examples(b *strings.Builder, m *openrpc.Method) {
	first := true
	for _, pairing := range m.Examples {
		params, complete := ExampleParams(m, pairing)
		if !complete {
			continue
		}
		if first {
			t.heading(b, "EXAMPLES")
		} else {
			b.WriteString("\n")
		}
		first = false
		if text := joined(pairing.Name, joined(pairing.Summary, pairing.Description)); text != "" {
			t.prose(b, 2, text)
		}
		if t.Call != nil {
			b.WriteString("  $ " + t.Call(m, params) + "\n")
		}
		if pairing.Result != nil && pairing.Result.Value != nil {
			text := string(pairing.Result.Value)
			if t.Format != nil {
				text = t.Format(pairing.Result.Value)
			}
			for line := range strings.Lines(text) {
				b.WriteString("  " + line)
			}
			b.WriteString("\n")
		}
	}
}

// prose writes a text of several paragraphs: lines that begin with a blank or a
// mark stay as they are, others are filled.
func (t Text) prose(b *strings.Builder, indent int, text string) {
	var words []string
	flush := func() {
		if len(words) > 0 {
			rest := indent
			if isItem(words[0]) {
				rest += 2
			}
			t.paragraph(b, indent, rest, strings.Join(words, " "))
			words = nil
		}
	}
	code := false
	for line := range strings.Lines(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n")) {
		line = strings.TrimRight(line, " \t\n")
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence, code, strings.HasPrefix(line, "    "), strings.HasPrefix(line, "|"), strings.HasPrefix(line, "#"):
			flush()
			b.WriteString(strings.Repeat(" ", indent) + line + "\n")
		case line == "":
			flush()
			b.WriteString("\n")
		case isItem(line):
			flush()
			words = append(words, strings.TrimSpace(line))
		default:
			words = append(words, strings.TrimSpace(line))
		}
		code = code != fence
	}
	flush()
}

func isItem(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "+ ")
}

// paragraph writes words in lines no longer than the width, the first at one
// indent and the others at another.
func (t Text) paragraph(b *strings.Builder, first, rest int, text string) {
	line, used := strings.Repeat(" ", first), first
	empty := true
	for _, word := range splitKeeping(text) {
		n := t.length(word)
		if !empty && used+n > t.Width && t.Width > 0 {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line, used = strings.Repeat(" ", rest), rest
			word = strings.TrimLeft(word, " ")
			n = t.length(word)
		}
		line += word
		used += n
		empty = false
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// splitKeeping splits text before its blanks.
func splitKeeping(text string) []string {
	var words []string
	start := 0
	for i := 1; i < len(text); i++ {
		if text[i] == ' ' && text[i-1] != ' ' {
			words = append(words, text[start:i])
			start = i
		}
	}
	return append(words, text[start:])
}

func (t Text) length(word string) int {
	if t.Bold != "" {
		word = strings.NewReplacer(t.Bold, "", t.Plain, "").Replace(word)
	}
	return len([]rune(word))
}
