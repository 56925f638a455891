package gogen

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// A flat is what a schema says together with all those that it refers to and is
// made of by allOf.
type flat struct {
	types    []string // nil: any; never has "null"
	stated   bool     // some part states types
	nullable bool     // null is a value too
	never    bool     // no value satisfies it
	enum     []json.RawMessage
	enumDocs map[string]string // by the JSON of the value

	format, pattern string
	minimum         json.Number
	above           json.Number // exclusive minimum
	maximum         json.Number
	minLength       int
	maxItems        *int

	props     []*prop
	required  []string
	rest      *openrpc.Schema // additionalProperties
	patterned []openrpc.Property
	prefix    []*openrpc.Schema
	items     *openrpc.Schema

	choices [][]*openrpc.Schema // oneOf and anyOf
	closed  bool                // of merged alternatives: enum has all values
}

// A prop is a member of an object.
type prop struct {
	name   string
	schema *openrpc.Schema
}

// flatten reads a schema.
func flatten(s *openrpc.Schema) *flat {
	f := &flat{}
	f.add(s, make(map[*openrpc.Schema]bool))
	f.choices = slices.DeleteFunc(f.choices, onlyRestricts)
	if value, ok := literalOf(f.pattern); ok && f.enum == nil && f.jsonType() == "string" {
		f.enum = []json.RawMessage{value}
	}
	if i := slices.IndexFunc(f.enum, isNull); i >= 0 {
		f.enum = slices.DeleteFunc(slices.Clone(f.enum), isNull)
		f.nullable = f.nullable || !f.stated
		if len(f.enum) == 0 {
			f.types, f.stated = []string{}, true
		}
	}
	return f
}

func isNull(v json.RawMessage) bool { return string(v) == "null" }

func (f *flat) add(s *openrpc.Schema, seen map[*openrpc.Schema]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	if s.Bool != nil {
		f.never = f.never || !*s.Bool
		return
	}
	if s.Target != nil {
		f.add(s.Target, seen)
	}
	for _, part := range s.AllOf {
		f.add(part, seen)
	}
	f.addTypes(s)
	f.addScalars(s)
	f.addMembers(s)
	if len(s.PrefixItems) > 0 {
		f.prefix = s.PrefixItems
	}
	f.items = last(f.items, s.Items)
	f.choices = append(f.choices, nonEmpty(s.OneOf, s.AnyOf)...)
}

func nonEmpty(lists ...[]*openrpc.Schema) [][]*openrpc.Schema {
	return slices.DeleteFunc(lists, func(l []*openrpc.Schema) bool { return len(l) == 0 })
}

// last returns b, or a if there is no b.
func last[T comparable](a, b T) T {
	if none := *new(T); b == none {
		return a
	}
	return b
}

// addTypes keeps the types that all parts allow.
func (f *flat) addTypes(s *openrpc.Schema) {
	if len(s.Types) == 0 {
		return
	}
	var types []string
	for _, t := range s.Types {
		switch {
		case t == "null":
		case !f.stated || slices.Contains(f.types, t) || t == "integer" && slices.Contains(f.types, "number"):
			types = append(types, t)
		case t == "number" && slices.Contains(f.types, "integer"):
			types = append(types, "integer")
		}
	}
	f.nullable = s.Is("null") && (!f.stated || f.nullable)
	f.types, f.stated = types, true
}

func (f *flat) addScalars(s *openrpc.Schema) {
	if s.Enum != nil {
		f.enum = s.Enum
	}
	if s.Const != nil {
		f.enum = []json.RawMessage{s.Const}
		if doc := describe(s); doc != "" {
			f.enumDocs = map[string]string{string(s.Const): doc}
		}
	}
	if len(s.Enum) == 1 {
		f.enumDocs = map[string]string{string(s.Enum[0]): describe(s)}
	}
	f.format, f.pattern = last(f.format, s.Format), last(f.pattern, s.Pattern)
	f.minimum, f.maximum = last(f.minimum, s.Minimum), last(f.maximum, cmp.Or(s.Maximum, below(s.ExclusiveMaximum)))
	f.above = last(f.above, s.ExclusiveMinimum)
	if s.MinLength != nil {
		f.minLength = *s.MinLength
	}
	f.maxItems = last(f.maxItems, s.MaxItems)
}

func (f *flat) addMembers(s *openrpc.Schema) {
	for _, p := range s.Properties {
		i := slices.IndexFunc(f.props, func(have *prop) bool { return have.name == p.Name })
		switch {
		case i < 0:
			f.props = append(f.props, &prop{name: p.Name, schema: p.Schema})
		case !p.Schema.Anything():
			f.props[i].schema = p.Schema
		}
	}
	f.required = append(f.required, s.Required...)
	f.rest = last(f.rest, s.AdditionalProperties)
	f.patterned = append(f.patterned, s.PatternProperties...)
}

// onlyRestricts tells whether alternatives say nothing that a Go type could: which
// members must be there, or what must not be.
func onlyRestricts(choice []*openrpc.Schema) bool {
	restricting := 0
	for _, s := range choice {
		f := flatten1(s)
		if f.empty() && (len(f.required) > 0 || s.Not != nil) {
			restricting++
		}
	}
	return restricting == len(choice)
}

// flatten1 reads a schema without looking into its alternatives.
func flatten1(s *openrpc.Schema) *flat {
	f := &flat{}
	f.add(s, make(map[*openrpc.Schema]bool))
	return f
}

// empty tells whether nothing is said about values but which members they have.
func (f *flat) empty() bool {
	return !f.stated && !f.never && f.enum == nil && len(f.choices) == 0 && f.format == "" && f.pattern == "" &&
		f.minimum == "" && f.maximum == "" && len(f.props) == 0 && f.rest == nil && len(f.patterned) == 0 &&
		len(f.prefix) == 0 && f.items == nil
}

// onlyNull tells whether null is the only value.
func (f *flat) onlyNull() bool { return f.stated && len(f.types) == 0 && f.nullable }

// noResult tells whether a result has nothing to tell: it is null, or must not be.
func (f *flat) noResult() bool { return f.onlyNull() || f.never }

// jsonType returns the one JSON type of the values, or "" if there are several or
// any. Schemas that do not state it tell it by their keywords.
func (f *flat) jsonType() string {
	switch {
	case len(f.types) == 1:
		return f.types[0]
	case len(f.types) == 2 && slices.Contains(f.types, "integer") && slices.Contains(f.types, "number"):
		return "number"
	case f.stated:
		return ""
	case f.enum != nil:
		return enumType(f.enum)
	case len(f.props) > 0 || len(f.patterned) > 0 || f.rest != nil && len(f.choices) == 0:
		return "object"
	case len(f.prefix) > 0 || f.items != nil:
		return "array"
	case f.format != "" || f.pattern != "" || f.minLength > 0:
		return "string"
	case f.minimum != "" || f.maximum != "" || f.above != "":
		return "number"
	}
	return ""
}

// enumType returns the type of all values, or "" if they have several.
func enumType(values []json.RawMessage) string {
	common := ""
	for _, v := range values {
		var t string
		switch c := v[0]; {
		case c == '"':
			t = "string"
		case c == '{':
			t = "object"
		case c == '[':
			t = "array"
		case c == 't' || c == 'f':
			t = "boolean"
		default:
			t = "number"
			if !bytes.ContainsAny(v, ".eE") {
				t = "integer"
			}
		}
		if common != "" && common != t {
			return ""
		}
		common = t
	}
	return common
}

// noZero tells whether the zero value of the Go type, as "" and 0, is not among
// the values, so that it can stand for one that is not there.
func (f *flat) noZero() bool {
	most := maxShapes
	return f.noZeroWithin(&most)
}

// noZeroWithin looks at so many alternatives at most, and then does not know.
func (f *flat) noZeroWithin(most *int) bool {
	if *most--; *most < 0 {
		return false
	}
	if len(f.choices) > 0 {
		for _, s := range f.choices[0] {
			if part := flatten(s); part.jsonType() != "string" || !part.noZeroWithin(most) {
				return false
			}
		}
		return len(f.choices) == 1
	}
	zero := map[string]string{"string": `""`, "integer": "0", "number": "0"}[f.jsonType()]
	if zero == "" {
		return false
	}
	if f.enum != nil {
		return !slices.ContainsFunc(f.enum, func(v json.RawMessage) bool { return string(v) == zero })
	}
	if f.jsonType() == "string" {
		if f.format == "date-time" || f.format == "byte" {
			return false
		}
		return f.minLength > 0 || !matchesEmpty(f.pattern)
	}
	least, err := f.minimum.Float64()
	above, err2 := f.above.Float64()
	return err == nil && least > 0 || err2 == nil && above >= 0
}

// literalOf returns the only string that satisfies a pattern, as ^0x2$ does.
func literalOf(pattern string) (value json.RawMessage, ok bool) {
	text, begins := strings.CutPrefix(pattern, "^")
	text, ends := strings.CutSuffix(text, "$")
	if !begins || !ends || text == "" || regexp.QuoteMeta(text) != text {
		return nil, false
	}
	value, err := json.Marshal(text)
	return value, err == nil
}

// matchesEmpty tells whether the empty string satisfies a pattern, as far as Go
// can tell.
func matchesEmpty(pattern string) bool {
	re, err := regexp.Compile(pattern)
	return pattern == "" || err != nil || re.MatchString("")
}
