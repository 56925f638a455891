package gogen

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// maxNested bounds how often alternatives within alternatives are combined.
const maxNested = 4

// A builder makes Go types of a document's schemas.
type builder struct {
	taken      scope
	components map[*openrpc.Schema]string // the names of components
	shared     map[*openrpc.Schema]*decl  // of schemas that are referred to
	inline     map[string]*decl           // of others, by their JSON
	within     map[*openrpc.Schema]bool   // parts being made, to see recursion
	decls      []*decl
	work       int // alternatives that were looked at
}

// maxWork bounds the alternatives that are looked at. The largest document that
// we know takes a hundredth of it; alternatives within alternatives multiply.
const maxWork = 100_000

func newBuilder(doc *openrpc.Document) *builder {
	b := &builder{
		taken: make(scope), components: make(map[*openrpc.Schema]string),
		shared: make(map[*openrpc.Schema]*decl), inline: make(map[string]*decl), within: make(map[*openrpc.Schema]bool),
	}
	for _, name := range sortedNames(doc.Components.Schemas) {
		b.components[doc.Components.Schemas[name]] = name
	}
	return b
}

// A hint says where a schema without a name stands, to make a name of.
type hint struct {
	owner, part string
	nested      int
}

func (h hint) name() string {
	if h.part != "" && strings.HasSuffix(h.owner, h.part) {
		return h.owner + "Value" // {"Stake": {…}} as a variant by the name of Stake
	}
	return h.owner + h.part
}

// in returns the hint for a part of a type of that name.
func (h hint) in(owner, part string) hint { return hint{owner: owner, part: part, nested: h.nested} }

// typeOf returns the type of a schema's values, and whether null is one of them.
func (b *builder) typeOf(s *openrpc.Schema, h hint) (t *typ, nullable bool) {
	switch part := only(s); {
	case s.Ref != "" && s.Target == nil:
		return rawJSON, false
	case s.Target != nil && part == s.Target && b.hasName(s):
		d := b.declare(s.Target, s.Ref)
		return &typ{kind: named, decl: d}, d.nullable
	case part != nil && b.within[part]: // a part of itself that has no name
		return rawJSON, false
	case part != nil:
		b.within[part] = true
		defer delete(b.within, part)
		return b.typeOf(part, h)
	}
	f := flatten(s)
	d := &decl{schema: s, doc: describe(s)}
	if !b.needsName(f) {
		b.fill(d, f, h)
		return d.base, b.nullable(f)
	}
	key := b.key(s)
	if f.enum != nil {
		key += h.part
	}
	if have := cmp.Or(b.inline[key], b.shared[s]); have != nil {
		return &typ{kind: named, decl: have}, have.nullable
	}
	d.name = b.taken.pick(b.candidates(s, h)...)
	d.nullable = b.nullable(f)
	b.inline[key], b.shared[s] = d, d // it may refer to itself, by # or an anchor
	b.decls = append(b.decls, d)
	b.fill(d, f, h.in(d.name, ""))
	return &typ{kind: named, decl: d}, d.nullable
}

// key tells inline schemas apart: by their JSON, and by where the references in it
// lead that have no name in the document, since #/definitions/X is another thing in
// another schema.
func (b *builder) key(s *openrpc.Schema) string {
	key := slices.Clone([]byte(s.Raw))
	var walk func(s *openrpc.Schema)
	walk = func(s *openrpc.Schema) {
		if s == nil {
			return
		}
		if _, named := b.components[s.Target]; s.Target != nil && !named {
			key = fmt.Appendf(key, " %p", s.Target)
		}
		for _, p := range slices.Concat(s.Properties, s.PatternProperties) {
			walk(p.Schema)
		}
		for _, part := range slices.Concat(s.PrefixItems, s.AllOf, s.AnyOf, s.OneOf) {
			walk(part)
		}
		walk(s.AdditionalProperties)
		walk(s.Items)
	}
	walk(s)
	return string(key)
}

// only returns the schema that s comes down to, if s says nothing itself.
func only(s *openrpc.Schema) *openrpc.Schema {
	parts := slices.Concat(s.AllOf, s.OneOf, s.AnyOf)
	if s.Target != nil {
		parts = append(parts, s.Target)
	}
	rest := *s
	rest.Ref, rest.Target, rest.AllOf, rest.OneOf, rest.AnyOf = "", nil, nil, nil, nil
	if len(parts) != 1 || !rest.Anything() {
		return nil
	}
	return parts[0]
}

// generic are titles that say nothing.
var generic = []string{"Object", "Array", "String", "Number", "Integer", "Boolean", "Null", "Result", "Data", "Value", "Params"}

// candidates are names for a schema that has none: its title, if it is short, or
// where it stands.
func (b *builder) candidates(s *openrpc.Schema, h hint) []string {
	names := []string{h.name()}
	const longest = 4
	if title := exported(s.Title); isName(s.Title, longest) && !slices.Contains(generic, title) {
		names = []string{title, h.name()}
	}
	return names
}

// declare returns the type of a schema that is referred to.
func (b *builder) declare(s *openrpc.Schema, ref string) *decl {
	if d := b.shared[s]; d != nil {
		return d
	}
	name, ok := b.components[s]
	if !ok {
		name = nameOfRef(ref)
	}
	d := &decl{name: b.taken.pick(exported(name), exported(name)+"Type"), doc: describe(s), schema: s, nullable: b.nullable(flatten(s))}
	b.shared[s] = d
	b.decls = append(b.decls, d)
	h := hint{owner: d.name}
	if core, nameless := b.core(s); nameless {
		d.doc = cmp.Or(d.doc, describe(core))
		b.fill(d, flatten(core), h)
	} else {
		d.form = alias
		d.base, _ = b.typeOf(s, h)
	}
	return d
}

// core returns what s comes down to in the end, unless that has a name of its own.
func (b *builder) core(s *openrpc.Schema) (core *openrpc.Schema, nameless bool) {
	const longest = 100 // a longer chain goes in circles
	for range longest {
		part := only(s)
		switch {
		case part == nil:
			return s, true
		case part == s.Target && b.hasName(s):
			return nil, false
		}
		s = part
	}
	return nil, false
}

// hasName tells whether what a schema refers to is kept under a name, as a
// component, a definition or an anchor, and not simply somewhere in another.
func (b *builder) hasName(s *openrpc.Schema) bool {
	parent, _ := cutLast(s.Ref)
	_, kept := cutLast(parent)
	_, component := b.components[s.Target]
	return component || kept == "$defs" || kept == "definitions" || !strings.Contains(s.Ref, "#/")
}

// nameOfRef returns the last part of a reference that is a name.
func nameOfRef(ref string) string {
	for ref != "" {
		before, name := cutLast(ref)
		if strings.Trim(name, "0123456789#") != "" {
			return name
		}
		ref = before
	}
	return "Schema"
}

// cutLast divides a reference before its last part.
func cutLast(ref string) (before, last string) {
	if i := strings.LastIndexByte(ref, '/'); i >= 0 {
		return ref[:i], ref[i+1:]
	}
	return "", ref
}

// needsName tells whether Go wants such a type declared.
func (b *builder) needsName(f *flat) bool {
	if len(f.choices) > 0 {
		merged, one := b.merge(f)
		return one == nil && (merged == nil || len(merged.enum) > 1)
	}
	switch f.jsonType() {
	case "object":
		return len(f.props) > 0
	case "array":
		return isTuple(f)
	case "":
		return len(f.types) > 1
	}
	return len(f.enum) > 1
}

// nullable tells whether null is a value.
func (b *builder) nullable(f *flat) bool {
	if f.nullable {
		return true
	}
	for _, choice := range f.choices {
		for _, s := range choice {
			if part := flatten(s); part.nullable && len(part.choices) == 0 && !f.stated {
				return true
			}
		}
	}
	return false
}

// fill makes a declaration of what a schema says. Of one without a name, only
// the base counts.
func (b *builder) fill(d *decl, f *flat, h hint) {
	switch {
	case len(f.choices) > 0:
		b.fillChoice(d, f, h)
	case len(f.types) > 1 && f.jsonType() == "":
		b.fillTypes(d, f, h)
	default:
		b.fillPlain(d, f, h)
	}
}

func (b *builder) fillPlain(d *decl, f *flat, h hint) {
	switch f.jsonType() {
	case "object":
		b.fillObject(d, f, h)
	case "array":
		b.fillArray(d, f, h)
	case "string":
		b.fillScalar(d, stringType(f), f)
	case "integer":
		b.fillScalar(d, integerType(f), f)
	case "number":
		b.fillScalar(d, numberType(f), f)
	case "boolean":
		b.fillScalar(d, boolean, f)
	default:
		d.form, d.base = alias, rawJSON
	}
}

// fillScalar makes a type of its own of a scalar, with the values of an enum as
// constants. Types with methods keep them, as aliases.
func (b *builder) fillScalar(d *decl, t *typ, f *flat) {
	d.base = t
	if t == moment || t == number {
		d.form = alias
		return
	}
	if d.name == "" || t == boolean || t == octets {
		return
	}
	for _, v := range f.enum {
		if misfitScalar(t, v) != "" {
			continue // the schema contradicts itself
		}
		c := constant{value: v, doc: f.enumDocs[string(v)]}
		switch enumType([]json.RawMessage{v}) {
		case "string":
			value := unquote(v)
			c.name = d.name + cmp.Or(joined(value), "X")
			if value == "" {
				c.name = d.name + "Empty"
			}
		case "integer":
			c.name = d.name + strings.Replace(string(v), "-", "Minus", 1)
		default:
			continue
		}
		c.name = b.taken.pick(c.name)
		d.consts = append(d.consts, c)
	}
}

func (b *builder) fillArray(d *decl, f *flat, h hint) {
	if isTuple(f) {
		b.fillTuple(d, f, h)
		return
	}
	items := f.items
	if len(f.prefix) > 0 {
		items = f.prefix[0]
	}
	d.base = &typ{kind: slice}
	d.base.elem = b.element(items, h, "Item")
}

// element returns the type of what a slice or a map holds.
func (b *builder) element(s *openrpc.Schema, h hint, part string) *typ {
	if s == nil {
		return rawJSON
	}
	h.part += part
	t, nullable := b.typeOf(s, h)
	if nullable {
		return t.orNil()
	}
	return t
}

// isTuple tells whether the items of an array have types of their own. Generators
// for draft-07 write a list as an array of one schema, which as a tuple would
// make no sense.
func isTuple(f *flat) bool {
	if len(f.prefix) == 0 {
		return false
	}
	one := len(f.prefix) == 1 && (f.maxItems == nil || *f.maxItems != 1)
	return !one && slices.ContainsFunc(f.prefix, func(s *openrpc.Schema) bool { return string(s.Raw) != string(f.prefix[0].Raw) })
}

func (b *builder) fillTuple(d *decl, f *flat, h hint) {
	d.form = tuple
	names := memberNames()
	names["Rest"] = true
	for i, s := range f.prefix {
		name := fmt.Sprintf("Item%d", i)
		if s.Title != "" && len(words(s.Title)) <= 3 {
			name = exported(s.Title)
		}
		name = names.pick(name)
		t, nullable := b.typeOf(s, h.in(d.name, name))
		if nullable {
			t = t.orNil()
		}
		d.fields = append(d.fields, field{name: name, typ: t, doc: describe(s), schema: s})
	}
	if f.items != nil && f.items.Bool == nil {
		d.rest = b.element(f.items, h.in(d.name, ""), "Rest")
	}
}
