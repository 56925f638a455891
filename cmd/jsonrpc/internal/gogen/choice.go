package gogen

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// A variant is one of several types that values may have.
type variant struct {
	schema *openrpc.Schema
	flat   *flat
	name   string // "" if nothing gives it one
}

// variants returns the alternatives of the first choice, each together with all
// else that f says. Those that are null are left out: they make f nullable.
func (b *builder) variants(f *flat) []variant {
	if b.work += len(f.choices[0]); b.work > maxWork {
		return nil // Generate says so
	}
	base := *f
	base.choices = f.choices[1:]
	var all []variant
	for _, s := range f.choices[0] {
		part := flatten(s)
		if part.onlyNull() || part.never {
			continue
		}
		v := variant{schema: s, flat: part, name: variantName(s, part)}
		if !base.onlyAnObject() {
			v.schema = &openrpc.Schema{
				Title: s.Title, Description: s.Description, AllOf: []*openrpc.Schema{base.schema(), s},
			}
			v.schema.Raw = fmt.Appendf(nil, `{"allOf":[%s,%s]}`, v.schema.AllOf[0].Raw, s.Raw)
			v.flat = flatten(v.schema)
		}
		all = append(all, v)
	}
	return all
}

// onlyAnObject tells whether nothing is said that the alternatives would have to
// be combined with.
func (f *flat) onlyAnObject() bool {
	rest := *f
	rest.types, rest.stated = nil, false
	if f.rest != nil && f.rest.Bool != nil {
		rest.rest = nil
	}
	return rest.empty() && len(f.required) == 0
}

// schema writes what f says as a schema again, to be a part of others.
func (f *flat) schema() *openrpc.Schema {
	s := &openrpc.Schema{
		Types: f.types, Required: f.required, AdditionalProperties: f.rest, PatternProperties: f.patterned,
		Enum: f.enum, Format: f.format, Pattern: f.pattern, Minimum: f.minimum, Maximum: f.maximum,
		PrefixItems: f.prefix, Items: f.items,
	}
	for _, p := range f.props {
		s.Properties = append(s.Properties, openrpc.Property{Name: p.name, Schema: p.schema})
		s.Raw = fmt.Appendf(s.Raw, "%q:%s,", p.name, p.schema.Raw)
	}
	for _, choice := range f.choices {
		s.AllOf = append(s.AllOf, &openrpc.Schema{OneOf: choice})
		for _, part := range choice {
			s.Raw = fmt.Appendf(s.Raw, "%s,", part.Raw)
		}
	}
	return s
}

// variantName returns what an alternative is called: its title, its component,
// the value that tells it from others, or its only member.
func variantName(s *openrpc.Schema, f *flat) string {
	const longest = 5
	switch {
	case isName(s.Title, longest):
		return exported(s.Title)
	case s.Ref != "":
		return exported(nameOfRef(s.Ref))
	}
	for _, p := range f.props {
		if v := flatten1(p.schema); len(v.enum) == 1 && enumType(v.enum) == "string" && slices.Contains(f.required, p.name) {
			return exported(unquote(v.enum[0]))
		}
	}
	if len(f.props) == 1 {
		return exported(f.props[0].name)
	}
	return ""
}

// merge makes one of alternatives that come to one type in Go, as strings of
// several patterns do. It returns nil if they are of several. Or the only schema,
// if there is no alternative left.
func (b *builder) merge(f *flat) (*flat, *openrpc.Schema) { return b.mergeWithin(f, 0) }

func (b *builder) mergeWithin(f *flat, nested int) (*flat, *openrpc.Schema) {
	if nested > maxNested {
		return nil, nil
	}
	all := b.variants(f)
	switch len(all) {
	case 0:
		return &flat{}, nil
	case 1:
		return nil, all[0].schema
	}
	merged := &flat{stated: true, enumDocs: map[string]string{}}
	merged.closed = true
	for _, v := range all {
		part := v.flat
		if len(part.choices) > 0 {
			inner, _ := b.mergeWithin(part, nested+1)
			if inner == nil {
				return nil, nil
			}
			part = inner
		}
		if part.empty() {
			return &flat{}, nil // anything
		}
		if !merged.join(part) {
			return nil, nil
		}
		merged.closed = merged.closed && part.enum != nil
	}
	if merged.jsonType() != "string" && !merged.closed {
		merged.enum = nil
	}
	return merged, nil
}

// join adds a scalar to others of its type.
func (f *flat) join(part *flat) bool {
	typ := part.jsonType()
	switch have := f.jsonType(); {
	case typ == "" || typ == "object" || typ == "array":
		return false
	case have == "" && f.types == nil:
		f.format = part.format
		f.minimum, f.maximum = part.limits()
	case have == "integer" && typ == "number" || have == "number" && typ == "integer":
		typ = "number"
	case have != typ:
		return false
	default:
		f.widen(part)
	}
	f.types = []string{typ}
	for _, v := range part.enum {
		if !slices.ContainsFunc(f.enum, func(have json.RawMessage) bool { return string(have) == string(v) }) {
			f.enum = append(f.enum, v)
		}
		if doc := part.enumDocs[string(v)]; doc != "" {
			f.enumDocs[string(v)] = doc
		}
	}
	return true
}

// widen leaves the bounds and the format that hold for both.
func (f *flat) widen(part *flat) {
	if part.format != f.format {
		f.format = ""
	}
	least, most := part.limits()
	if least == "" || bound(least) < bound(f.minimum) {
		f.minimum = least
	}
	if most == "" || bound(most) > bound(f.maximum) {
		f.maximum = most
	}
}

// fillChoice makes a type of alternatives: one they have in common, or a union.
func (b *builder) fillChoice(d *decl, f *flat, h hint) {
	merged, one := b.merge(f)
	switch {
	case one != nil:
		d.form = alias
		d.base, _ = b.typeOf(one, h)
	case merged != nil:
		b.fillPlain(d, merged, h)
		d.open = !merged.closed && len(d.consts) > 0
	case h.nested >= maxNested:
		d.form, d.base = alias, rawJSON
	default:
		h.nested++
		b.fillUnion(d, b.variants(f), h)
	}
}

// fillTypes makes a union of the types of a schema that states several.
func (b *builder) fillTypes(d *decl, f *flat, h hint) {
	all := make([]variant, 0, len(f.types))
	for _, t := range f.types {
		part := *f
		part.types = []string{t}
		s := part.schema()
		s.Raw = fmt.Appendf(nil, `{"type":%q,%s}`, t, d.schema.Raw)
		all = append(all, variant{schema: s, flat: flatten(s)})
	}
	b.fillUnion(d, all, h)
}

// kindNames name variants that have no name by the types of their values.
var kindNames = map[string]string{
	"object": "Object", "array": "List", "string": "String", "integer": "Integer", "number": "Number", "boolean": "Bool",
}

// fillUnion makes a struct with a field for each type. Strings are one of them,
// whatever their patterns, and so are numbers.
func (b *builder) fillUnion(d *decl, all []variant, h hint) {
	d.form = union
	names := memberNames()
	names["Other"] = true
	for _, group := range grouped(all) {
		v := group[0]
		name := v.name
		if name == "" {
			name = kindNames[v.flat.jsonType()]
		}
		if len(group) > 1 {
			name = kindNames[v.flat.jsonType()]
			v.schema = &openrpc.Schema{Raw: d.schema.Raw}
			for _, g := range group {
				v.schema.OneOf = append(v.schema.OneOf, g.schema)
				v.schema.Raw = slices.Concat(v.schema.Raw, g.schema.Raw)
			}
		}
		if name == "" {
			name = "Value"
		}
		if short, ok := strings.CutPrefix(name, d.name); ok && exported(short) == short && short != "" {
			name = short
		}
		name = names.pick(name)
		t, _ := b.typeOf(v.schema, h.in(d.name, name))
		d.fields = append(d.fields, field{name: name, typ: t.orNil(), doc: describeValue(v.schema), schema: v.schema})
	}
}

// grouped puts the variants whose values are scalars of one type together.
func grouped(all []variant) [][]variant {
	var groups [][]variant
	places := make(map[string]int)
	for _, v := range all {
		t := v.flat.jsonType()
		if len(v.flat.choices) > 0 || t == "" || t == "object" || t == "array" {
			groups = append(groups, []variant{v})
			continue
		}
		if t == "integer" || t == "number" {
			t = "number"
		}
		i, ok := places[t]
		if !ok {
			i = len(groups)
			places[t] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], v)
	}
	return groups
}
