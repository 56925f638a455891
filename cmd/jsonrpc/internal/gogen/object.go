package gogen

import (
	"fmt"
	"slices"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// fillObject makes a struct of an object with known members, and else a map.
func (b *builder) fillObject(d *decl, f *flat, h hint) {
	if len(f.props) == 0 && f.rest != nil && f.rest.Bool != nil && !*f.rest.Bool && f.others() == nil {
		d.form, d.base = alias, rawJSON // no members at all: generators write this of what they do not understand
		return
	}
	if len(f.props) == 0 {
		d.base = &typ{kind: dictionary}
		d.base.elem = b.element(f.others(), h, "Value")
		return
	}
	d.form = structure
	names := memberNames()
	for _, p := range f.props {
		if !taggable(p.name) {
			d.rest = rawJSON
			continue
		}
		d.fields = append(d.fields, b.member(p, f, h.in(d.name, ""), names))
	}
	if others := f.others(); others != nil && !others.Anything() && d.rest == nil {
		d.rest = b.element(others, h.in(d.name, ""), "Other")
	}
	if d.rest != nil {
		name := names.pick("Other", "OtherMembers")
		d.fields = append(d.fields, field{
			name: name, json: "-", typ: &typ{kind: dictionary, elem: d.rest}, doc: "The members that have no field.",
		})
	}
}

// others returns the schema of members that have no name in the schema, with an
// alternative for each if they are of several; nil if it allows none, or any.
func (f *flat) others() *openrpc.Schema {
	var all []*openrpc.Schema
	add := func(s *openrpc.Schema) {
		same := func(have *openrpc.Schema) bool { return string(have.Raw) == string(s.Raw) }
		if s.Bool == nil && !slices.ContainsFunc(all, same) {
			all = append(all, s)
		}
	}
	for _, p := range f.patterned {
		add(p.Schema)
	}
	if f.rest != nil {
		add(f.rest)
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	several := &openrpc.Schema{AnyOf: all}
	for _, s := range all {
		several.Raw = fmt.Appendf(several.Raw, "%s,", s.Raw)
	}
	return several
}

// member makes a field of a member.
func (b *builder) member(p *prop, f *flat, h hint, names scope) field {
	name := names.pick(exported(p.name))
	h.part = name
	t, nullable := b.typeOf(p.schema, h)
	m := field{name: name, json: p.name, doc: describeValue(p.schema), schema: p.schema}
	switch required := slices.Contains(f.required, p.name); {
	case required && !nullable:
		m.typ = t
	case required:
		m.typ = t.orNil()
	case !nullable && flatten(p.schema).noZero() && t.structural() == nil:
		m.typ, m.tag = t, "omitempty"
	default:
		m.typ, m.tag = t.orNil(), "omitempty"
		if t.nilable() && t.bare() != rawJSON {
			m.tag = "omitzero" // an empty list is not no list
		}
	}
	return m
}

// taggable tells whether encoding/json takes the name in a tag.
func taggable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		if strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) {
			return false
		}
		return !isLetterOrDigit(r)
	})
}
