package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"example.com/jsonrpc/openrpc"
)

// base is the URL of a schema that is being compiled. Nothing is there.
const base = "openrpc:///schema.json"

// compile makes a validator of a schema. It is written anew from what was read of
// it, as 2020-12: so documents of either draft, references between them and
// keywords that make no sense are no concern of the validator's.
func (o Options) compile(s *openrpc.Schema, counted *steps) (*jsonschema.Schema, error) {
	e := &emitter{names: map[*openrpc.Schema]string{}, remote: o.Fetch != nil}
	root := e.schema(s)
	if e.defs != nil {
		if m, ok := root.(map[string]any); ok {
			m["$defs"] = e.defs
		}
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(loader(o))
	c.RegisterFormat(counted.format())
	c.AssertFormat()
	c.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		if r, err := regexp.Compile(pattern); err == nil {
			return r, nil
		}
		return anything(pattern), nil
	})
	if err := c.AddResource(base, root); err != nil {
		return nil, err
	}
	return c.Compile(base)
}

// anything is a regular expression that Go does not know, with a look-ahead say.
type anything string

func (a anything) MatchString(string) bool { return true }
func (a anything) String() string          { return string(a) }

// loader fetches schemas if it was asked for.
type loader Options

func (l loader) Load(url string) (any, error) {
	if l.Fetch == nil {
		return nil, fmt.Errorf("%s is elsewhere, and not fetched", url)
	}
	text, err := l.Fetch(url)
	if err != nil {
		return nil, err
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	withoutFormats(schema)
	return schema, err
}

// An emitter writes schemas as 2020-12. Those that are referred to come to stand
// under $defs.
type emitter struct {
	names  map[*openrpc.Schema]string
	defs   map[string]any
	remote bool
}

func (e *emitter) ref(s *openrpc.Schema) string {
	name, known := e.names[s]
	if !known {
		name = strconv.Itoa(len(e.names))
		e.names[s] = name
		if e.defs == nil {
			e.defs = map[string]any{}
		}
		e.defs[name] = e.schema(s)
	}
	return "#/$defs/" + name
}

func (e *emitter) schema(s *openrpc.Schema) any {
	if s.Bool != nil {
		return *s.Bool
	}
	m := map[string]any{"format": stepFormat}
	switch {
	case s.Target != nil:
		m["$ref"] = e.ref(s.Target)
	case s.Ref != "" && e.remote && strings.Contains(s.Ref, "://"):
		m["$ref"] = s.Ref
	}
	set(m, "type", anySlice(s.Types))
	if s.Enum != nil {
		m["enum"] = rawSlice(s.Enum)
	}
	if s.Const != nil {
		m["const"] = raw(s.Const)
	}
	e.numbersAndStrings(m, s)
	e.arrays(m, s)
	e.objects(m, s)
	e.list(m, "allOf", s.AllOf)
	e.forms(m, s)
	e.one(m, "not", s.Not)
	e.one(m, "if", s.If)
	e.one(m, "then", s.Then)
	e.one(m, "else", s.Else)
	return m
}

// forms writes anyOf and oneOf. Of oneOf, a value may fit several forms: those of
// documents in use overlap, where a newer one has all members of an older one or a
// preview those of the whole, and what servers take and send would be refused.
// Forms that say nothing but which members there must be mean it.
func (e *emitter) forms(m map[string]any, s *openrpc.Schema) {
	e.list(m, "anyOf", s.AnyOf)
	if len(s.AnyOf) > 0 || !slices.ContainsFunc(s.OneOf, saysMore) {
		e.list(m, "oneOf", s.OneOf)
		return
	}
	e.list(m, "anyOf", s.OneOf)
}

// saysMore tells whether a form says more than which members must be there.
func saysMore(s *openrpc.Schema) bool {
	rest := *s
	rest.Required, rest.Not = nil, nil
	return s.Target != nil || !rest.Anything()
}

func (e *emitter) numbersAndStrings(m map[string]any, s *openrpc.Schema) {
	for keyword, n := range map[string]json.Number{
		"minimum": s.Minimum, "maximum": s.Maximum, "multipleOf": s.MultipleOf,
		"exclusiveMinimum": s.ExclusiveMinimum, "exclusiveMaximum": s.ExclusiveMaximum,
	} {
		if _, huge := hugeNumber(n); n != "" && !huge {
			m[keyword] = n
		}
	}
	if s.Pattern != "" {
		m["pattern"] = s.Pattern
	}
	count(m, "minLength", s.MinLength)
	count(m, "maxLength", s.MaxLength)
}

func (e *emitter) arrays(m map[string]any, s *openrpc.Schema) {
	e.list(m, "prefixItems", s.PrefixItems)
	e.one(m, "items", s.Items)
	e.one(m, "contains", s.Contains)
	count(m, "minItems", s.MinItems)
	count(m, "maxItems", s.MaxItems)
	if s.UniqueItems {
		m["uniqueItems"] = true
	}
}

func (e *emitter) objects(m map[string]any, s *openrpc.Schema) {
	e.named(m, "properties", s.Properties)
	e.named(m, "patternProperties", s.PatternProperties)
	set(m, "required", anySlice(s.Required))
	e.one(m, "additionalProperties", s.AdditionalProperties)
	e.one(m, "propertyNames", s.PropertyNames)
	count(m, "minProperties", s.MinProperties)
	count(m, "maxProperties", s.MaxProperties)
}

func (e *emitter) one(m map[string]any, keyword string, s *openrpc.Schema) {
	if s != nil {
		m[keyword] = e.schema(s)
	}
}

func (e *emitter) list(m map[string]any, keyword string, schemas []*openrpc.Schema) {
	list := make([]any, 0, len(schemas))
	for _, s := range schemas {
		list = append(list, e.schema(s))
	}
	set(m, keyword, list)
}

func (e *emitter) named(m map[string]any, keyword string, properties []openrpc.Property) {
	if len(properties) == 0 {
		return
	}
	named := map[string]any{}
	for _, p := range properties {
		named[p.Name] = e.schema(p.Schema)
	}
	m[keyword] = named
}

func set(m map[string]any, keyword string, list []any) {
	if len(list) > 0 {
		m[keyword] = list
	}
}

func count(m map[string]any, keyword string, n *int) {
	if n != nil && *n >= 0 {
		m[keyword] = json.Number(strconv.Itoa(*n))
	}
}

// anySlice returns texts without those that are there twice, which the validator
// would not accept.
func anySlice(texts []string) []any {
	var list []any
	seen := map[string]bool{}
	for _, text := range texts {
		if !seen[text] {
			list = append(list, text)
		}
		seen[text] = true
	}
	return list
}

func rawSlice(values []json.RawMessage) []any {
	list := make([]any, 0, len(values))
	for _, v := range values {
		list = append(list, raw(v))
	}
	return list
}

// raw decodes a value, which is JSON.
func raw(v json.RawMessage) any {
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(v))
	if err != nil {
		return nil
	}
	return decoded
}
