package openrpc

import (
	"encoding/json"
	"slices"
)

// A Schema is a JSON Schema, draft-07 or 2020-12, in one form for both: what
// draft-07 writes as an array of items is PrefixItems here, and its
// additionalItems is Items; definitions and $defs are both Defs. OpenAPI's
// nullable and example are understood, since documents have them.
//
// A keyword whose value makes no sense, as a "required" that is true, is ignored
// and can be seen in Raw only.
type Schema struct {
	// Raw is the schema as it stands in the document, with its references.
	Raw json.RawMessage

	// Path is where the schema stands, as in components.schemas.Pet.
	Path string

	// Bool is set for the schemas true, which anything satisfies, and false,
	// which nothing does. Nothing else is set then.
	Bool *bool

	// Ref is the value of $ref, and Target the schema it leads to, which may be a
	// reference itself; nil if it leads nowhere. Members beside $ref are read too.
	Ref    string
	Target *Schema

	Title, Description string
	Deprecated         bool
	ReadOnly           bool
	WriteOnly          bool
	Default            json.RawMessage // nil if there is none
	Examples           []json.RawMessage

	// Types are the types that a value may have; any if empty. What is no type of
	// JSON Schema is left out. Nullable schemas
	// have "null" among them.
	Types []string
	Enum  []json.RawMessage // nil if there is none
	Const json.RawMessage   // nil if there is none

	// Numbers. A bound is empty if there is none.
	Minimum, Maximum, ExclusiveMinimum, ExclusiveMaximum, MultipleOf json.Number

	// Strings. A bound is nil if there is none; lengths are in code points.
	Format, Pattern      string
	MinLength, MaxLength *int

	// Arrays. PrefixItems are of the first items by their places, Items is of
	// all others; nil if there is none.
	PrefixItems        []*Schema
	Items              *Schema
	Contains           *Schema
	MinItems, MaxItems *int
	UniqueItems        bool

	// Objects. Properties are in the order of the document. Required may name
	// some that are not among them. AdditionalProperties is of all that neither
	// Properties nor PatternProperties has; nil if there is none.
	Properties                   []Property
	Required                     []string
	PatternProperties            []Property // their names are regular expressions
	AdditionalProperties         *Schema
	PropertyNames                *Schema
	MinProperties, MaxProperties *int

	AllOf, AnyOf, OneOf []*Schema
	Not, If, Then, Else *Schema

	// Defs are schemas to refer to, in the order of the document.
	Defs []Property

	Extensions Extensions
}

// A Property is a schema with a name.
type Property struct {
	Name     string
	Schema   *Schema
	Required bool // the name is among the schema's Required
}

// maxRefs bounds how many references in a row are followed.
const maxRefs = 64

// Resolve follows the references of a schema to the one that is none. It returns
// a schema with a Ref if they lead nowhere or in a circle.
func (s *Schema) Resolve() *Schema {
	for range maxRefs {
		if s.Target == nil {
			return s
		}
		s = s.Target
	}
	return s
}

// Property returns the schema of the property of that name, or nil. It looks at
// this schema alone, not at those it refers to or is made of.
func (s *Schema) Property(name string) *Schema {
	i := slices.IndexFunc(s.Properties, func(p Property) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return s.Properties[i].Schema
}

// Is tells whether the schema states this type.
func (s *Schema) Is(typ string) bool { return slices.Contains(s.Types, typ) }

// Anything tells whether the schema says nothing about values: it is true, empty
// or has annotations alone.
func (s *Schema) Anything() bool {
	if s.Bool != nil {
		return *s.Bool
	}
	return s.Ref == "" && len(s.Types) == 0 && s.Enum == nil && s.Const == nil &&
		len(s.Properties) == 0 && len(s.PatternProperties) == 0 && s.AdditionalProperties == nil &&
		len(s.Required) == 0 && len(s.PrefixItems) == 0 && s.Items == nil &&
		len(s.AllOf) == 0 && len(s.AnyOf) == 0 && len(s.OneOf) == 0 &&
		s.Not == nil && s.If == nil && s.Format == "" && s.Pattern == ""
}
