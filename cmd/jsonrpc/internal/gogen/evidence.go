package gogen

import (
	"encoding/json"
	"fmt"

	"example.com/jsonrpc/openrpc"
)

// believeExamples leaves those values as JSON of which a schema says one thing and
// its own examples show another: generators of documents give the examples by
// hand where they do not understand a type.
func (g *generator) believeExamples() {
	for _, m := range g.methods {
		for i, p := range m.params {
			if t := g.believe(p.typ, p.Schema, m.Name+": the param "+p.Name); t == rawJSON {
				m.params[i].typ = anything
			}
		}
		if m.result != nil {
			m.result = g.believe(m.result, m.Result.Schema, m.Name+": the result")
		}
	}
	for _, d := range g.decls {
		t := &typ{kind: named, decl: d}
		if g.believe(t, d.schema, d.name) == rawJSON {
			*d = decl{name: d.name, doc: d.doc, schema: d.schema, form: alias, base: rawJSON}
		}
		for i, f := range d.fields {
			if f.schema != nil {
				d.fields[i].typ = g.believe(f.typ, f.schema, d.name+"."+f.name)
			}
		}
	}
}

func (g *generator) believe(t *typ, s *openrpc.Schema, where string) *typ {
	for _, v := range s.Examples {
		t = g.adapt(t, v, where)
	}
	return t
}

// adapt returns the type, or raw JSON if the value is of another. It changes the
// types of parts likewise.
func (g *generator) adapt(t *typ, v json.RawMessage, where string) *typ {
	if misfit(t, v, false) == "" {
		return t
	}
	switch b := t.bare(); {
	case b.kind == pointer:
		if inner := g.adapt(b.elem, v, where); inner == rawJSON {
			return rawJSON
		}
		return t
	case b.kind == slice && v[0] == '[':
		var items []json.RawMessage
		_ = json.Unmarshal(v, &items) // it was read before
		for _, item := range items {
			b.elem = g.adapt(b.elem, item, where+"[]")
		}
		return t
	case b.kind == dictionary && v[0] == '{':
		var members map[string]json.RawMessage
		_ = json.Unmarshal(v, &members)
		for _, name := range sortedNames(members) {
			b.elem = g.adapt(b.elem, members[name], where+"{}")
		}
		return t
	case b.kind == named && b.decl.form == structure && v[0] == '{':
		var members map[string]json.RawMessage
		_ = json.Unmarshal(v, &members)
		for i, f := range b.decl.fields {
			if member := members[f.json]; member != nil {
				b.decl.fields[i].typ = g.adapt(f.typ, member, b.decl.name+"."+f.name)
			}
		}
		if misfit(t, v, false) == "" {
			return t
		}
	}
	g.warnings = append(g.warnings, fmt.Sprintf("%s: left as JSON, because its examples are not what its schema says: %s", where, misfit(t, v, false)))
	return rawJSON
}
