package gogen

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"example.com/jsonrpc/openrpc"
)

// A method is one of the generated client.
type method struct {
	*openrpc.Method
	name    string // in Go
	byName  bool
	params  []param // in the order of the description
	options string  // the type that holds the optional params, if there are several
	result  *typ    // nil if there is none
	errors  []string
}

// A param is one of a method's.
type param struct {
	*openrpc.ContentDescriptor
	variable string
	field    string // in the struct of optional params
	typ      *typ   // nil stands for one that is not sent, if it is optional
	optional bool
}

func (b *builder) methods(doc *openrpc.Document) []*method {
	var (
		names  = make(scope)
		prefix = commonPrefix(doc.Methods)
		marked = slices.ContainsFunc(doc.Methods, func(m *openrpc.Method) bool {
			return slices.ContainsFunc(m.Params, func(p *openrpc.ContentDescriptor) bool { return p.Required })
		})
		all = make([]*method, 0, len(doc.Methods))
	)
	for _, described := range doc.Methods {
		m := &method{Method: described, byName: described.ParamStructure == openrpc.ByName}
		for m.name == "" || names[m.name+"Func"] {
			m.name = names.pick(exported(strings.TrimPrefix(described.Name, prefix)))
		}
		names[m.name+"Func"] = true // the mock's field
		b.params(m, marked)
		if r := described.Result; r != nil && !flatten(r.Schema).noResult() {
			t, nullable := b.typeOf(r.Schema, hint{owner: m.name, part: "Result"})
			if m.result = t; nullable {
				m.result = t.orNil()
			}
		}
		all = append(all, m)
	}
	return all
}

// params makes the params of a method. Where the description marks none at all as
// required, its author did not use the mark, and all are that have no default.
func (b *builder) params(m *method, marked bool) {
	var (
		fields   = make(scope)
		optional = 0
	)
	for i, p := range m.Params {
		made := param{ContentDescriptor: p, field: fields.pick(exported(p.Name))}
		made.optional = !p.Required && (marked || p.Schema.Default != nil)
		if !m.byName && slices.ContainsFunc(m.Params[i:], func(later *openrpc.ContentDescriptor) bool { return later.Required }) {
			made.optional = false // its place must be filled
		}
		t, nullable := b.typeOf(p.Schema, hint{owner: m.name, part: made.field})
		if t == rawJSON {
			t = anything
		}
		if made.typ = t; nullable || !p.Required && marked {
			made.typ = t.orNil()
		}
		if made.optional {
			made.typ = t.orNil()
			optional++
		}
		m.params = append(m.params, made)
	}
	variables := make(scope)
	if optional > 1 {
		m.options = b.taken.pick(m.name + "Options")
		variables["options"] = true
	}
	for i := range m.params {
		m.params[i].variable = variables.pick(variable(m.params[i].Name))
	}
}

// checkParams finds params that could not be sent.
func checkParams(doc *openrpc.Document) error {
	for _, m := range doc.Methods {
		seen := make(map[string]bool)
		for _, p := range m.Params {
			if m.ParamStructure == openrpc.ByName && seen[p.Name] {
				return fmt.Errorf("the method %q takes its params by name, and two of them have the name %q: give one another name", m.Name, p.Name)
			}
			seen[p.Name] = true
		}
	}
	return nil
}

// positional are the params that are arguments of the function by themselves.
func (m *method) positional() []param {
	if m.options == "" {
		return m.params
	}
	return slices.DeleteFunc(slices.Clone(m.params), func(p param) bool { return p.optional })
}

// optional are the params that need not be sent.
func (m *method) optional() []param {
	return slices.DeleteFunc(slices.Clone(m.params), func(p param) bool { return !p.optional })
}

// required are all others.
func (m *method) required() []param {
	return slices.DeleteFunc(slices.Clone(m.params), func(p param) bool { return p.optional })
}

// signature writes the params of the function without the options of the call.
func (m *method) signature() string {
	var b strings.Builder
	b.WriteString("ctx context.Context")
	params := m.positional()
	for i, p := range params {
		b.WriteString(", " + p.variable)
		if last := i == len(params)-1; last || params[i+1].typ.String() != p.typ.String() {
			b.WriteString(" " + p.typ.String())
		}
	}
	if m.options != "" {
		fmt.Fprintf(&b, ", options *%s", m.options)
	}
	return b.String()
}

// results writes what the function returns.
func (m *method) results() string {
	if m.result == nil {
		return "error"
	}
	return fmt.Sprintf("(%s, error)", m.result)
}

// commonPrefix returns the name space that all methods share, as Filecoin. or
// starknet_. An underscore ends one only if it is not simply the way in which
// words are set apart.
func commonPrefix(methods []*openrpc.Method) string {
	const fewest = 2
	if len(methods) < fewest {
		return ""
	}
	first := methods[0].Name
	end := strings.IndexAny(first, "./_:")
	if end <= 0 {
		return ""
	}
	prefix, camel := first[:end+1], false
	for _, m := range methods {
		rest, ok := strings.CutPrefix(m.Name, prefix)
		if !ok || rest == "" || strings.Contains(rest, "_") && prefix[end] == '_' {
			return ""
		}
		camel = camel || strings.ContainsFunc(rest, unicode.IsUpper)
	}
	if prefix[end] == '_' && !camel {
		return ""
	}
	return prefix
}
