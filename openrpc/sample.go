package openrpc

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of a sample: schemas may be recursive, and one may stand for very many
// values.
const (
	maxSampleDepth = 24
	maxSampleSize  = 2000 // values
	smallValue     = 256  // bytes; a longer one counts as several
)

// Sample makes a value from a schema, always the same: one of its examples, its
// default, const or first of its enum, or else a small value that keeps to its
// type, bounds, length, format and pattern. Objects have the members that are
// required, or all of them if the schema does not say which are. Recursion ends
// as soon as the schema allows it.
//
// It is compact JSON. It satisfies the schema in general, but not in every case:
// not, if, and patterns that Go's regular expressions do not know are not looked
// at. Where nothing is known, the value is null.
func Sample(s *Schema) json.RawMessage {
	made := &sampler{active: make(map[*Schema]bool), left: maxSampleSize}
	if v, ok := made.value(s); ok {
		return v
	}
	return json.RawMessage("null")
}

type sampler struct {
	active map[*Schema]bool // being made, to see recursion
	left   int              // values that may still be made
}

// value makes a value, or reports that it would never end.
func (m *sampler) value(s *Schema) (json.RawMessage, bool) {
	if v := given(s); v != nil && (m.left > 0 || len(v) <= smallValue) {
		m.left -= bytes.Count(v, []byte(",")) + 1 + len(v)/smallValue
		return v, true
	}
	if m.left <= 0 || len(m.active) >= maxSampleDepth || m.active[s] {
		return json.RawMessage("null"), s.Is("null")
	}
	m.left--
	m.active[s] = true
	defer delete(m.active, s)
	return m.made(s)
}

// given returns a value that the schema itself names, or nil.
func given(s *Schema) json.RawMessage {
	const most = 16 // of its examples that are looked at
	candidates := slices.Clone(s.Examples[:min(len(s.Examples), most)])
	candidates = append(candidates, s.Default, s.Const)
	candidates = append(candidates, s.Enum...)
	for _, v := range candidates {
		if v != nil && fits(s, v) {
			return compact(v)
		}
	}
	return nil
}

// fits tells whether a value has one of the schema's types and, if there is an
// enum, is of it.
func fits(s *Schema, v json.RawMessage) bool {
	if s.Enum != nil && !slices.ContainsFunc(s.Enum, func(e json.RawMessage) bool { return Equal(e, v) }) {
		return false
	}
	if len(s.Types) == 0 {
		return true
	}
	switch jsontext.Value(v).Kind() {
	case '{':
		return s.Is("object")
	case '[':
		return s.Is("array")
	case '"':
		return s.Is("string")
	case '0':
		return s.Is("number") || s.Is("integer")
	case 'n':
		return s.Is("null")
	}
	return s.Is("boolean")
}

// compact returns the value without white space.
func compact(v json.RawMessage) json.RawMessage {
	c := jsontext.Value(bytes.Clone(v))
	if c.Compact() != nil {
		return v
	}
	return json.RawMessage(c)
}

// Equal tells whether two JSON values are the same but for white space, the order
// of members and the way numbers and strings are written.
func Equal(a, b json.RawMessage) bool {
	x, y := jsontext.Value(bytes.Clone(a)), jsontext.Value(bytes.Clone(b))
	return x.Canonicalize() == nil && y.Canonicalize() == nil && bytes.Equal(x, y)
}

// made makes a value from what the schema is made of and its own keywords.
func (m *sampler) made(s *Schema) (json.RawMessage, bool) {
	var parts []json.RawMessage
	add := func(part *Schema) bool {
		v, ok := m.value(part)
		if ok {
			parts = append(parts, v)
		}
		return ok
	}
	if s.Target != nil && !add(s.Target) {
		return nil, false
	}
	for _, part := range s.AllOf {
		if !part.Resolve().Anything() && !add(part) {
			return nil, false
		}
	}
	for _, choice := range [][]*Schema{s.OneOf, s.AnyOf} {
		if len(choice) > 0 && !slices.ContainsFunc(nullLast(choice), add) {
			return nil, false
		}
	}
	if own, ok := m.own(s); !ok {
		return nil, false
	} else if own != nil {
		parts = append(parts, own)
	}
	return merge(parts), true
}

// nullLast puts alternatives that are null and nothing else behind the others.
func nullLast(choice []*Schema) []*Schema {
	return slices.SortedStableFunc(slices.Values(choice), func(a, b *Schema) int {
		return cmp.Compare(b.notNull(), a.notNull())
	})
}

// notNull returns 0 for the schema of null, and else 1.
func (s *Schema) notNull() int {
	if t := s.Resolve().Types; len(t) == 1 && t[0] == "null" {
		return 0
	}
	return 1
}

// merge makes one object of several. If not all are objects, the first counts.
func merge(parts []json.RawMessage) json.RawMessage {
	if len(parts) == 0 {
		return json.RawMessage("null")
	}
	var all members
	for _, part := range parts {
		n, err := readTree(part)
		if err != nil || n.kind != '{' {
			return parts[0]
		}
		for i, name := range n.names {
			all.set(name, n.nodes[i].raw)
		}
	}
	return all.json()
}

// own makes a value by the schema's own type, nil if it states none.
func (m *sampler) own(s *Schema) (json.RawMessage, bool) {
	switch sampleType(s) {
	case "object":
		return m.object(s)
	case "array":
		return m.array(s)
	case "string":
		return sampleString(s), true
	case "integer", "number":
		return sampleNumber(s), true
	case "boolean":
		return json.RawMessage("true"), true
	case "null":
		return json.RawMessage("null"), true
	}
	return nil, true
}

// sampleType returns the first type but null, or the one that the keywords
// suggest, or "".
func sampleType(s *Schema) string {
	for _, typ := range s.Types {
		if typ != "null" {
			return typ
		}
	}
	switch {
	case len(s.Types) > 0:
		return "null"
	case len(s.Properties) > 0 || len(s.Required) > 0 || s.AdditionalProperties != nil && len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) == 0:
		return "object"
	case len(s.PrefixItems) > 0 || s.Items != nil:
		return "array"
	case s.Format != "" || s.Pattern != "" || s.MinLength != nil:
		return "string"
	case s.Minimum != "" || s.ExclusiveMinimum != "" || s.Maximum != "" || s.MultipleOf != "":
		return "number"
	}
	return ""
}

func (m *sampler) object(s *Schema) (json.RawMessage, bool) {
	var all members
	described := make(map[string]bool, len(s.Properties))
	for _, p := range s.Properties {
		described[p.Name] = true
		if !p.Required && (len(s.Required) > 0 || m.left <= 0) {
			continue
		}
		v, ok := m.value(p.Schema)
		switch {
		case ok:
			all.set(p.Name, v)
		case p.Required:
			return nil, false
		}
	}
	for _, name := range s.Required { // those that Properties does not describe
		if !described[name] && describes(s, name) == nil {
			all.set(name, json.RawMessage("null"))
		}
	}
	if len(s.Properties) == 0 {
		m.entry(s, &all)
	}
	return all.json(), true
}

// describes finds a property in the parts of a schema, one step down.
func describes(s *Schema, name string) *Schema {
	parts := slices.Concat(s.AllOf, s.OneOf, s.AnyOf)
	if s.Target != nil {
		parts = append(parts, s.Target)
	}
	for _, part := range parts {
		if p := part.Resolve().Property(name); p != nil {
			return p
		}
	}
	return nil
}

// entry adds a member to an object that is a map.
func (m *sampler) entry(s *Schema, all *members) {
	name, value := "key", s.AdditionalProperties
	if len(s.PatternProperties) > 0 {
		value = s.PatternProperties[0].Schema
		if made, ok := samplePattern(&Schema{Pattern: s.PatternProperties[0].Name}); ok {
			name = made
		}
	}
	if value == nil || value.Anything() || value.Bool != nil {
		return
	}
	if s.PropertyNames != nil {
		if v, ok := m.value(s.PropertyNames); ok {
			_ = json.Unmarshal(v, &name) // a name that is no string is not taken
		}
	}
	if v, ok := m.value(value); ok {
		all.set(name, v)
	}
}

func (m *sampler) array(s *Schema) (json.RawMessage, bool) {
	var (
		items     []json.RawMessage
		least     = 0
		most      = maxSampleSize
		wanted    = len(s.PrefixItems)
		recursive = false
	)
	if s.MinItems != nil {
		least = min(*s.MinItems, maxSampleSize)
	}
	if s.MaxItems != nil {
		most = *s.MaxItems
	}
	if wanted == 0 && s.Items != nil {
		wanted = 1
	}
	for i := range min(max(wanted, least), most) {
		item := s.Items
		if i < len(s.PrefixItems) {
			item = s.PrefixItems[i]
		}
		v, ok := json.RawMessage("null"), true
		if item != nil {
			v, ok = m.value(item)
		}
		if !ok {
			recursive = true
			break
		}
		items = append(items, v)
	}
	if recursive && len(items) < least {
		return nil, false
	}
	return list(items), true
}

func list(items []json.RawMessage) json.RawMessage {
	return slices.Concat([]byte("["), bytes.Join(bytesOf(items), []byte(",")), []byte("]"))
}

func bytesOf(values []json.RawMessage) [][]byte {
	all := make([][]byte, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}

// members are those of an object, in the order in which they came.
type members struct {
	names  []string
	values []json.RawMessage
	at     map[string]int
}

func (o *members) set(name string, value json.RawMessage) {
	if i, found := o.at[name]; found {
		o.values[i] = value
		return
	}
	if o.at == nil {
		o.at = make(map[string]int)
	}
	o.at[name] = len(o.names)
	o.names, o.values = append(o.names, name), append(o.values, value)
}

func (o *members) json() json.RawMessage {
	text := []byte("{")
	for i, name := range o.names {
		if i > 0 {
			text = append(text, ',')
		}
		text, _ = jsontext.AppendQuote(text, name) // fails for invalid UTF-8 only, which it mends
		text = append(append(text, ':'), o.values[i]...)
	}
	return append(text, '}')
}
