package openrpc

import (
	"encoding/json"
	"slices"
	"strconv"
)

// schema makes the Schema of a node, or returns the one made before. Base is the
// outermost schema around it, nil if this is it.
func (p *parser) schema(n, base *node, at *place) *Schema {
	if s := p.schemas[n]; s != nil {
		return s
	}
	s := &Schema{Raw: n.raw, Path: at.String()}
	p.schemas[n] = s
	if base == nil {
		base = n
	}
	switch n.kind {
	case 't', 'f':
		yes := n.kind == 't'
		s.Bool = &yes
	case '{':
		s.Extensions = extensions(n)
		k := &keywords{p: p, n: n, base: base, at: at}
		k.annotations(s)
		k.values(s)
		k.arrays(s)
		k.objects(s)
		k.combinations(s)
		p.reference(n, base, s, at)
	default:
		p.fail(at, "want a schema, which is an object, true or false, not %s", n.what())
	}
	return s
}

// reference resolves $ref later, when the schemas under way are done.
func (p *parser) reference(n, base *node, s *Schema, at *place) {
	for _, keyword := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
		ref, ok := n.member(keyword).text()
		if !ok {
			continue
		}
		s.Ref = ref
		p.pending = append(p.pending, func() {
			to, why := p.find(ref, base)
			if to == nil {
				p.lost(at, ref, why)
				return
			}
			target := p.schema(to, nil, &place{name: ref})
			if s.Target = target; target.circular() {
				s.Target = nil
				p.lost(at, ref, circle)
			}
		})
		return
	}
}

// circular tells whether a schema's references never come to an end. Those not
// resolved yet end here; the last one to be resolved closes the circle.
func (s *Schema) circular() bool {
	return s.Resolve().Target != nil
}

// keywords reads the keywords of one schema.
type keywords struct {
	p       *parser
	n, base *node
	at      *place
}

func (k *keywords) text(name string) string {
	text, _ := k.n.member(name).text()
	return text
}

func (k *keywords) yes(name string) bool {
	n := k.n.member(name)
	return n != nil && n.kind == 't'
}

func (k *keywords) number(name string) json.Number {
	if n := k.n.member(name); n != nil && n.kind == '0' {
		return json.Number(n.raw)
	}
	return ""
}

// count returns a length that is not negative, or nil.
func (k *keywords) count(name string) *int {
	i, err := strconv.Atoi(string(k.number(name)))
	if err != nil || i < 0 {
		return nil
	}
	return &i
}

// texts returns the strings of an array.
func (k *keywords) texts(name string) []string {
	var all []string
	if n := k.n.member(name); n != nil && n.kind == '[' {
		for _, item := range n.nodes {
			if text, ok := item.text(); ok {
				all = append(all, text)
			}
		}
	}
	return all
}

// raws returns the items of an array as they are; nil if there is none.
func (k *keywords) raws(name string) []json.RawMessage {
	n := k.n.member(name)
	if n == nil || n.kind != '[' {
		return nil
	}
	all := make([]json.RawMessage, len(n.nodes))
	for i, item := range n.nodes {
		all[i] = item.raw
	}
	return all
}

func (k *keywords) schema(name string) *Schema {
	n := k.n.member(name)
	if n == nil {
		return nil
	}
	return k.p.schema(n, k.base, k.at.member(name))
}

func (k *keywords) schemas(name string) []*Schema {
	at := k.at.member(name)
	items := k.p.items(k.n.member(name), at)
	all := make([]*Schema, len(items))
	for i, n := range items {
		all[i] = k.p.schema(n, k.base, at.item(i))
	}
	return all
}

func (k *keywords) properties(name string) []Property {
	n, at := k.n.member(name), k.at.member(name)
	if !k.p.object(n, at) {
		return nil
	}
	all := make([]Property, len(n.names))
	for i, name := range n.names {
		all[i] = Property{Name: name, Schema: k.p.schema(n.nodes[i], k.base, at.member(name))}
	}
	return all
}

func (k *keywords) annotations(s *Schema) {
	s.Title, s.Description = k.text("title"), k.text("description")
	s.Deprecated, s.ReadOnly, s.WriteOnly = k.yes("deprecated"), k.yes("readOnly"), k.yes("writeOnly")
	s.Default = raw(k.n.member("default"))
	s.Examples = k.raws("examples")
	if example := k.n.member("example"); example != nil {
		s.Examples = append(s.Examples, example.raw)
	}
}

func (k *keywords) values(s *Schema) {
	if s.Types = k.texts("type"); s.Types == nil && k.text("type") != "" {
		s.Types = []string{k.text("type")}
	}
	s.Types = knownTypes(s.Types)
	if k.yes("nullable") && len(s.Types) > 0 && !slices.Contains(s.Types, "null") {
		s.Types = append(s.Types, "null")
	}
	s.Enum, s.Const = k.raws("enum"), raw(k.n.member("const"))
	s.Minimum, s.Maximum, s.MultipleOf = k.number("minimum"), k.number("maximum"), k.number("multipleOf")
	s.ExclusiveMinimum, s.ExclusiveMaximum = k.number("exclusiveMinimum"), k.number("exclusiveMaximum")
	s.Format, s.Pattern = k.text("format"), k.text("pattern")
	s.MinLength, s.MaxLength = k.count("minLength"), k.count("maxLength")
}

func (k *keywords) arrays(s *Schema) {
	s.PrefixItems = k.schemas("prefixItems")
	if items := k.n.member("items"); items != nil && items.kind == '[' {
		s.PrefixItems = k.schemas("items")
		s.Items = k.schema("additionalItems")
	} else {
		s.Items = k.schema("items")
	}
	s.Contains = k.schema("contains")
	s.MinItems, s.MaxItems, s.UniqueItems = k.count("minItems"), k.count("maxItems"), k.yes("uniqueItems")
}

func (k *keywords) objects(s *Schema) {
	s.Properties, s.Required = k.properties("properties"), k.texts("required")
	required := make(map[string]bool, len(s.Required))
	for _, name := range s.Required {
		required[name] = true
	}
	for i := range s.Properties {
		s.Properties[i].Required = required[s.Properties[i].Name]
	}
	s.PatternProperties = k.properties("patternProperties")
	s.AdditionalProperties = k.schema("additionalProperties")
	s.PropertyNames = k.schema("propertyNames")
	s.MinProperties, s.MaxProperties = k.count("minProperties"), k.count("maxProperties")
}

func (k *keywords) combinations(s *Schema) {
	s.AllOf, s.AnyOf, s.OneOf = k.schemas("allOf"), k.schemas("anyOf"), k.schemas("oneOf")
	s.Not, s.If, s.Then, s.Else = k.schema("not"), k.schema("if"), k.schema("then"), k.schema("else")
	s.Defs = append(k.properties("$defs"), k.properties("definitions")...)
}

// knownTypes returns the types that JSON Schema has, each once: authors write
// others too, as any.
func knownTypes(names []string) (types []string) {
	for _, name := range names {
		switch name {
		case "null", "boolean", "object", "array", "number", "integer", "string":
			if !slices.Contains(types, name) {
				types = append(types, name)
			}
		}
	}
	return types
}
