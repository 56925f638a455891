// Package complete knows what can be written next in a call: a method, the name
// of a param or its value, by what a server says of itself.
package complete

import (
	"encoding/json"
	"slices"
	"strings"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/cmd/jsonrpc/internal/render"
	"example.com/jsonrpc/openrpc"
)

// A Candidate is a word that can stand where one is begun.
type Candidate struct {
	Text  string
	About string // what it means, on one line; may be empty
	Open  bool   // the word does not end here: it is NAME=
}

// Methods returns the methods whose names begin so. D may be nil.
func Methods(d *discover.Description, begun string) []Candidate {
	if d == nil {
		return nil
	}
	var found []Candidate
	for _, m := range d.Document.Methods {
		name, isModule := m.Name, discover.IsModule(m)
		if isModule { // eth_* stands for all that begins so
			name = strings.TrimSuffix(name, "*")
		}
		if discover.Method(m) != m.Name || !strings.HasPrefix(name, begun) {
			continue // a tool, which is called by another method
		}
		found = append(found, Candidate{Text: name, About: oneLine(render.Summary(m)), Open: isModule})
	}
	return found
}

// Params returns what a PARAM of a call of the method that is begun so can be: the
// names of params that are not among the words before it, as NAME= or, where a text
// will not do, NAME:=, and the values that a param can have. D may be nil.
func Params(d *discover.Description, method string, before []string, begun string) []Candidate {
	if d == nil {
		return nil
	}
	m := d.Document.Method(method)
	if m == nil || discover.Method(m) != m.Name {
		return nil
	}
	named, positional := split(before)
	if name, _, isValue := strings.Cut(begun, "="); isValue {
		return matching(begun, values(param(m, strings.TrimSuffix(name, ":")), named))
	}
	var found []Candidate
	if len(positional) < len(m.Params) && len(named) == 0 {
		for _, v := range literals(m.Params[len(positional)].Schema) {
			found = append(found, Candidate{Text: positionalWord(v), About: oneLine(m.Params[len(positional)].Name)})
		}
	}
	if m.ParamStructure != openrpc.ByPosition {
		for i, p := range m.Params {
			if i < len(positional) || slices.Contains(named, p.Name) || strings.ContainsAny(p.Name, "=:") || p.Name == "" {
				continue
			}
			found = append(found, Candidate{Text: p.Name + operator(p.Schema), About: about(p), Open: true})
		}
	}
	return matching(begun, found)
}

// split returns the names and the values by position among PARAM words.
func split(words []string) (named, positional []string) {
	for _, word := range words {
		name, _, isNamed := strings.Cut(word, "=")
		if isNamed && !json.Valid([]byte(word)) {
			named = append(named, strings.TrimSuffix(name, ":"))
		} else {
			positional = append(positional, word)
		}
	}
	return named, positional
}

func param(m *openrpc.Method, name string) *openrpc.ContentDescriptor {
	for _, p := range m.Params {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// values returns the words NAME=VALUE for all values that are known of a param.
func values(p *openrpc.ContentDescriptor, named []string) []Candidate {
	if p == nil || slices.Contains(named, p.Name) {
		return nil
	}
	var found []Candidate
	for _, v := range literals(p.Schema) {
		var text string
		if json.Unmarshal(v, &text) == nil && v[0] == '"' && !strings.HasPrefix(text, "@") {
			found = append(found, Candidate{Text: p.Name + "=" + text})
		} else {
			found = append(found, Candidate{Text: p.Name + ":=" + string(v)})
		}
	}
	return found
}

// positionalWord is the word for a value by position.
func positionalWord(v json.RawMessage) string {
	var text string
	if v[0] == '"' && json.Unmarshal(v, &text) == nil && !json.Valid([]byte(text)) && !strings.ContainsAny(text, "=") && !strings.HasPrefix(text, "-") && text != "" {
		return text
	}
	return string(v)
}

// operator is = if a text will do, otherwise :=.
func operator(s *openrpc.Schema) string {
	if isText(s, map[*openrpc.Schema]bool{}) {
		return "="
	}
	return ":="
}

// isText looks into each of the schemas once, however often they refer to one another.
func isText(s *openrpc.Schema, seen map[*openrpc.Schema]bool) bool {
	if s = s.Resolve(); s == nil {
		return true
	}
	if seen[s] {
		return false // if it is, that was said the first time
	}
	seen[s] = true
	if len(s.Types) > 0 {
		return slices.Contains(s.Types, "string")
	}
	if all := literals(s); len(all) > 0 {
		return slices.ContainsFunc(all, func(v json.RawMessage) bool { return v[0] == '"' })
	}
	for _, forms := range [][]*openrpc.Schema{s.AllOf, s.AnyOf, s.OneOf} {
		if len(forms) > 0 {
			return slices.ContainsFunc(forms, func(form *openrpc.Schema) bool { return isText(form, seen) })
		}
	}
	return s.Properties == nil && s.Items == nil
}

// literals returns all values that a schema names, as compact JSON: those of enum
// and const, true and false, and otherwise the default and the examples.
func literals(s *openrpc.Schema) []json.RawMessage {
	closed, open := collect(s, map[*openrpc.Schema]bool{})
	found := closed
	if len(closed) == 0 {
		found = open
	}
	var distinct []json.RawMessage
	for _, v := range found {
		same := func(other json.RawMessage) bool { return string(other) == string(v) }
		if text := compact(v); text != nil && !slices.ContainsFunc(distinct, same) {
			distinct = append(distinct, text)
		}
	}
	return distinct
}

// collect returns the only values that can be, and those that are suggested. It looks
// into each of the schemas once.
func collect(s *openrpc.Schema, seen map[*openrpc.Schema]bool) (closed, open []json.RawMessage) {
	if s = s.Resolve(); s == nil || seen[s] {
		return nil, nil
	}
	seen[s] = true
	closed = slices.Clone(s.Enum)
	if s.Const != nil {
		closed = append(closed, s.Const)
	}
	if len(s.Types) == 1 && s.Types[0] == "boolean" {
		closed = append(closed, json.RawMessage("true"), json.RawMessage("false"))
	}
	if s.Default != nil {
		open = append(open, s.Default)
	}
	open = append(open, s.Examples...)
	for _, forms := range [][]*openrpc.Schema{s.AllOf, s.AnyOf, s.OneOf} {
		for _, form := range forms {
			c, o := collect(form, seen)
			closed, open = append(closed, c...), append(open, o...)
		}
	}
	return closed, open
}

func compact(v json.RawMessage) json.RawMessage {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if len(v) == 0 || e.Encode(v) != nil {
		return nil
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}

// about says of a param what it is.
func about(p *openrpc.ContentDescriptor) string {
	text := render.Type(p.Schema)
	if p.Required {
		text += ", required"
	}
	if summary := oneLine(p.Summary + "\n" + p.Description); summary != "" {
		text += ": " + summary
	}
	return oneLine(text)
}

func matching(begun string, candidates []Candidate) []Candidate {
	return slices.DeleteFunc(candidates, func(c Candidate) bool { return !strings.HasPrefix(c.Text, begun) })
}

// oneLine returns the first line of a text that has something on it, shortened.
func oneLine(text string) string {
	const longest = 100
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.Join(strings.Fields(line), " ")
	if runes := []rune(line); len(runes) > longest {
		line = string(runes[:longest-1]) + "…"
	}
	return line
}
