package gogen

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// A look is what the values of a schema look like: package support's shape.
type look struct {
	kinds           string
	required, known []string
	values          map[string][]string
}

// maxShapes bounds the shapes of one type.
const maxShapes = 100

// maxDiscriminator is how many values of an enum are taken to tell types apart.
const maxDiscriminator = 16

// shapesOf returns what values of a schema look like, several if it has
// alternatives itself.
func shapesOf(s *openrpc.Schema, depth int) []look {
	f := flatten(s)
	if len(f.choices) > 0 && depth < maxNested {
		var all []look
		for _, part := range f.choices[0] {
			for _, l := range shapesOf(part, depth+1) {
				l.add(f)
				all = append(all, l)
			}
			if len(all) > maxShapes {
				break
			}
		}
		return all
	}
	l := look{kinds: kindsOf(f)}
	l.add(f)
	return []look{l}
}

// kindsOf returns how the JSON of the values begins.
func kindsOf(f *flat) string {
	begins := map[string]string{"object": "{", "array": "[", "string": `"`, "integer": "0", "number": "0", "boolean": "t"}
	if t := f.jsonType(); t != "" {
		return begins[t]
	}
	kinds := ""
	for _, t := range f.types {
		kinds += begins[t]
	}
	if f.enum != nil && kinds == "" {
		for _, v := range f.enum {
			kinds += begins[enumType([]json.RawMessage{v})]
		}
	}
	if kinds == "" {
		return `{["0t`
	}
	return kinds
}

// add notes the members that f knows.
func (l *look) add(f *flat) {
	for _, name := range f.required {
		if !slices.Contains(l.required, name) {
			l.required = append(l.required, name)
		}
	}
	for _, p := range f.props {
		if !slices.Contains(l.known, p.name) {
			l.known = append(l.known, p.name)
		}
		values := flatten(p.schema)
		if len(values.enum) == 0 || len(values.enum) > maxDiscriminator || values.nullable {
			continue
		}
		if l.values == nil {
			l.values = make(map[string][]string)
		}
		var texts []string
		for _, v := range values.enum {
			texts = append(texts, string(v))
		}
		l.values[p.name] = texts
	}
}

// literal writes the shape of the variant of that number.
func (l *look) literal(of int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{of: %d, kinds: %s", of, quoted(l.kinds))
	list := func(name string, texts []string) {
		if len(texts) > 0 {
			fmt.Fprintf(&b, ", %s: []string{%s}", name, literals(texts))
		}
	}
	list("required", l.required)
	list("known", l.known)
	if len(l.values) > 0 {
		b.WriteString(", values: map[string][]string{")
		for _, name := range sortedNames(l.values) {
			fmt.Fprintf(&b, "%q: {%s},", name, literals(l.values[name]))
		}
		b.WriteString("}")
	}
	b.WriteString("},\n")
	return b.String()
}

func literals(texts []string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = quoted(text)
	}
	return strings.Join(all, ", ")
}

func unquote(v []byte) string {
	var value string
	_ = json.Unmarshal(v, &value) // it is a string of JSON
	return value
}
