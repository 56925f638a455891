package render

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/openrpc"
)

// Bounds of what the name of a type lists.
const (
	maxEnum  = 8
	maxForms = 6
	maxShort = 60
)

// Type names the type of values in a few words: string, Pet[], "red" | "green",
// object. An object has the name under which the document refers to it.
func Type(s *openrpc.Schema) string { return typeName(s, 0) }

func typeName(s *openrpc.Schema, depth int) string {
	if depth > 8 {
		return "…"
	}
	if s.Bool != nil {
		if *s.Bool {
			return "any"
		}
		return "nothing"
	}
	if s.Ref != "" {
		return reference(s, depth)
	}
	switch {
	case s.Const != nil:
		return short(s.Const)
	case len(s.Enum) > 0:
		return enum(s.Enum)
	case len(s.OneOf) > 0:
		return union(s.OneOf, depth)
	case len(s.AnyOf) > 0:
		return union(s.AnyOf, depth)
	case len(s.Types) > 0:
		return types(s, depth)
	case len(s.AllOf) == 1:
		return typeName(s.AllOf[0], depth+1)
	case len(s.AllOf) > 1:
		return all(s.AllOf, depth)
	case len(s.Properties) > 0 || len(s.Required) > 0:
		return "object"
	case s.Items != nil || len(s.PrefixItems) > 0:
		return array(s, depth)
	}
	return "any"
}

// reference names what a reference leads to: what is simple by its type, all else
// by its name.
func reference(s *openrpc.Schema, depth int) string {
	name := s.Ref[strings.LastIndexAny(s.Ref, "/#")+1:]
	if text, err := url.PathUnescape(name); err == nil {
		name = text
	}
	name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	target := s.Resolve()
	if target.Ref != "" { // it leads nowhere
		return name
	}
	if len(target.OneOf)+len(target.AnyOf)+len(target.AllOf) > 0 {
		return name
	}
	if text := typeName(target, depth+1); text != "object" && len(text) <= maxShort {
		return text
	}
	return name
}

func types(s *openrpc.Schema, depth int) string {
	names := make([]string, len(s.Types))
	for i, t := range s.Types {
		if names[i] = t; t == "array" {
			names[i] = array(s, depth)
		}
	}
	return strings.Join(names, " | ")
}

func array(s *openrpc.Schema, depth int) string {
	switch {
	case len(s.PrefixItems) > 0 && len(s.PrefixItems) <= maxForms:
		items := make([]string, len(s.PrefixItems))
		for i, item := range s.PrefixItems {
			items[i] = typeName(item, depth+1)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case s.Items == nil || s.Items.Bool != nil:
		return "array"
	}
	item := typeName(s.Items, depth+1)
	if strings.Contains(item, " | ") {
		item = "(" + item + ")"
	}
	return item + "[]"
}

// all names what is made of several parts: by the only one that says a type, or an
// object.
func all(parts []*openrpc.Schema, depth int) string {
	var names []string
	for _, part := range parts {
		if name := typeName(part, depth+1); name != "any" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "any"
	}
	return strings.Join(names, " & ")
}

func union(forms []*openrpc.Schema, depth int) string {
	var names []string
	for _, form := range forms {
		if name := typeName(form, depth+1); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > maxForms {
		names = append(names[:maxForms:maxForms], "…")
	}
	return strings.Join(names, " | ")
}

func enum(values []json.RawMessage) string {
	var names []string
	for i, v := range values {
		if i == maxEnum {
			names = append(names, "…")
			break
		}
		names = append(names, short(v))
	}
	return strings.Join(names, " | ")
}

// short is a value as compact JSON, or its beginning.
func short(v json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return "?"
	}
	if runes := []rune(b.String()); len(runes) > maxShort {
		return string(runes[:maxShort]) + "…"
	}
	return b.String()
}

// Signature is a method with its params and result, as
// getPets(kind: string, limit?: integer) → Pet[].
// Of a method of which only the name is known it is the name.
func Signature(m *openrpc.Method) string {
	if discover.IsNameOnly(m) {
		return m.Name
	}
	params := make([]string, len(m.Params))
	for i, p := range m.Params {
		optional := "?"
		if p.Required {
			optional = ""
		}
		params[i] = p.Name + optional + ": " + Type(p.Schema)
	}
	text := m.Name + "(" + strings.Join(params, ", ") + ")"
	if m.Result != nil {
		text += " → " + Type(m.Result.Schema)
	}
	return text
}

// Summary is what a method does, on one line; it may be empty.
func Summary(m *openrpc.Method) string {
	text := strings.TrimSpace(m.Summary)
	if text == "" {
		text, _, _ = strings.Cut(strings.TrimSpace(m.Description), "\n")
	}
	text = strings.Join(strings.Fields(text), " ")
	if m.Deprecated {
		text = strings.TrimSpace("(deprecated) " + text)
	}
	return text
}
