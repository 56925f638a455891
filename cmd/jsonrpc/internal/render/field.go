// Package render shows what an OpenRPC document says: in a terminal, as Markdown
// and as a page of HTML.
package render

import (
	"encoding/json"
	"fmt"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// A Field is a param, a result or a member of one, with the members it has itself.
type Field struct {
	Name       string
	Type       string // as string, Pet[] or "red" | "green"
	Required   bool
	Deprecated bool
	Notes      []string // default, bounds, format
	Text       string   // what it means
	Fields     []Field
}

// Bounds of what is shown below one param: schemas may be recursive and vast.
const (
	maxDepth   = 5
	maxFields  = 250
	maxSchemas = 10_000 // that are looked into, though they have no fields
)

// Params returns the fields of a method's params.
func Params(m *openrpc.Method) []Field {
	fields := make([]Field, len(m.Params))
	for i, p := range m.Params {
		fields[i] = content(p, p.Required)
	}
	return fields
}

// Result returns the field of a method's result, nil of a notification.
func Result(m *openrpc.Method) *Field {
	if m.Result == nil {
		return nil
	}
	f := content(m.Result, true)
	if f.Name == "" {
		f.Name = "result"
	}
	return &f
}

func content(c *openrpc.ContentDescriptor, required bool) Field {
	b := &builder{left: maxFields, schemas: maxSchemas, active: map[*openrpc.Schema]bool{}}
	f := b.field(c.Name, c.Schema, required, 0)
	f.Deprecated = f.Deprecated || c.Deprecated
	if text := joined(c.Summary, c.Description); text != "" {
		f.Text = text
	}
	return f
}

// joined returns a summary and a description as one text, once if they say the
// same.
func joined(summary, description string) string {
	summary, description = strings.TrimSpace(summary), strings.TrimSpace(description)
	switch {
	case summary == "" || strings.HasPrefix(description, strings.TrimSuffix(summary, ".")):
		return description
	case description == "":
		return summary
	}
	return summary + "\n\n" + description
}

// A builder makes the fields below one param.
type builder struct {
	left    int
	schemas int
	active  map[*openrpc.Schema]bool // being shown, to see recursion
}

func (b *builder) field(name string, s *openrpc.Schema, required bool, depth int) Field {
	b.left--
	f := Field{Name: name, Type: Type(s), Required: required, Notes: notes(s)}
	for at := s; at != nil; at = at.Target { // what stands at the reference counts more
		if f.Text == "" {
			f.Text = strings.TrimSpace(at.Description)
		}
		f.Deprecated = f.Deprecated || at.Deprecated
	}
	if title := title(s, f.Type); f.Text == "" && !sameWords(title, name) {
		f.Text = title
	}
	if depth < maxDepth {
		f.Fields = b.below(s, depth+1)
	}
	return f
}

// sameWords reports whether two texts differ in case and blanks alone.
func sameWords(a, b string) bool {
	blanks := strings.NewReplacer(" ", "", "_", "", "-", "")
	return strings.EqualFold(blanks.Replace(a), blanks.Replace(b))
}

// title returns the title of a schema, if it says more than its type does.
func title(s *openrpc.Schema, typ string) string {
	for at := s; at != nil; at = at.Target {
		if at.Title != "" && !strings.EqualFold(at.Title, typ) {
			return at.Title
		}
	}
	return ""
}

// below returns the members of an object, or of the items of an array.
func (b *builder) below(s *openrpc.Schema, depth int) []Field {
	s = s.Resolve()
	if b.schemas--; s.Bool != nil || b.active[s] || b.left <= 0 || b.schemas <= 0 {
		return nil
	}
	b.active[s] = true
	defer delete(b.active, s)
	var fields []Field
	for _, p := range s.Properties {
		if b.left <= 0 {
			return append(fields, Field{Name: "…", Text: "and more"})
		}
		fields = append(fields, b.field(p.Name, p.Schema, p.Required, depth))
	}
	for _, part := range s.AllOf {
		fields = append(fields, b.below(part, depth)...)
	}
	for _, forms := range [][]*openrpc.Schema{s.OneOf, s.AnyOf} {
		fields = append(fields, b.forms(forms, depth)...)
	}
	for i, item := range s.PrefixItems {
		if b.left > 0 {
			fields = append(fields, b.field(fmt.Sprintf("[%d]", i), item, true, depth))
		}
	}
	if s.Items != nil {
		fields = append(fields, b.below(s.Items, depth)...)
	}
	if extra := s.AdditionalProperties; extra != nil && !extra.Resolve().Anything() && extra.Bool == nil && b.left > 0 {
		fields = append(fields, b.field("*", extra, false, depth))
	}
	return fields
}

// forms returns the alternatives of a value that have members, each as a field.
func (b *builder) forms(forms []*openrpc.Schema, depth int) []Field {
	var fields []Field
	for i, form := range forms {
		members := b.below(form, depth+1)
		if len(members) == 0 {
			continue
		}
		fields = append(fields, Field{Name: formName(form, i), Text: strings.TrimSpace(form.Resolve().Description), Required: true, Fields: members})
	}
	if len(fields) == 1 { // beside null, or beside a text
		return fields[0].Fields
	}
	return fields
}

// formName names an alternative by its type or title, if it has one, or else by
// its number.
func formName(form *openrpc.Schema, i int) string {
	name := Type(form)
	if title := title(form, name); name == "object" && title != "" {
		name = title
	} else if name == "object" {
		name = fmt.Sprintf("form %d", i+1)
	}
	return "if " + name
}

// notes returns what else a schema says of a value.
func notes(s *openrpc.Schema) []string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for at := s; at != nil; at = at.Target {
		if at.Default != nil {
			add("default %s", short(at.Default))
		}
		if at.Format != "" {
			add("format %s", at.Format)
		}
		if at.Pattern != "" {
			add("pattern %s", at.Pattern)
		}
		bounds(add, at)
		if at.UniqueItems {
			add("no item twice")
		}
	}
	return all
}

func bounds(add func(string, ...any), s *openrpc.Schema) {
	for _, b := range []struct {
		sign  string
		value json.Number
	}{{"≥", s.Minimum}, {">", s.ExclusiveMinimum}, {"≤", s.Maximum}, {"<", s.ExclusiveMaximum}} {
		if b.value != "" {
			add("%s %s", b.sign, b.value)
		}
	}
	if s.MultipleOf != "" {
		add("a multiple of %s", s.MultipleOf)
	}
	for _, c := range []struct {
		least, most *int
		unit        string
	}{{s.MinLength, s.MaxLength, "character"}, {s.MinItems, s.MaxItems, "item"}, {s.MinProperties, s.MaxProperties, "member"}} {
		switch {
		case c.least != nil && c.most != nil && *c.least == *c.most:
			add("%s", plural(*c.least, c.unit))
		case c.least != nil && c.most != nil:
			add("%d to %s", *c.least, plural(*c.most, c.unit))
		case c.least != nil && *c.least > 0:
			add("%s or more", plural(*c.least, c.unit))
		case c.most != nil:
			add("%s at most", plural(*c.most, c.unit))
		}
	}
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
