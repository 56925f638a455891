package gogen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (g *generator) writeTypes() string {
	var b strings.Builder
	decls := slices.Clone(g.decls)
	slices.SortStableFunc(decls, func(a, b *decl) int { return strings.Compare(a.name, b.name) })
	for _, d := range decls {
		b.WriteString("\n")
		writeComment(&b, d.docText())
		switch d.form {
		case structure:
			writeStruct(&b, d)
		case tuple:
			writeTuple(&b, d)
		case union:
			writeUnion(&b, d)
		case alias:
			fmt.Fprintf(&b, "type %s = %s\n", d.name, d.base)
		default:
			fmt.Fprintf(&b, "type %s %s\n", d.name, d.base)
			writeConstants(&b, d)
		}
	}
	return b.String()
}

// docText begins with the name, as doc comments do.
func (d *decl) docText() string {
	doc := d.doc
	if exported(doc) == d.name {
		doc = "" // the name again
	}
	if d.form == structure && doc != "" {
		return d.name + ": " + sentence(doc)
	}
	text := d.name + " is " + d.what() + "."
	if doc != "" {
		text += "\n\n" + sentence(doc)
	}
	return text
}

// what says what kind of thing the type is.
func (d *decl) what() string {
	switch {
	case d.form == structure:
		return "an object"
	case d.form == tuple:
		return "an array whose items have types of their own"
	case d.form == union:
		return "one of several types: one field is set"
	case d.base == rawJSON:
		return "a value of any type"
	case d.form == alias && d.base.kind == named:
		return "the same as " + linked(d.base)
	case d.open:
		return "a string, of which some have names"
	case len(d.consts) > 0:
		return "one of some values"
	case d.base.kind == slice:
		return "a list"
	case d.base.kind == dictionary:
		return "an object whose members have any names"
	}
	switch text := d.base.text; {
	case text == "string":
		return "a string"
	case text == "bool":
		return "true or false"
	case text == "[]byte":
		return "bytes, in base64"
	case text == "time.Time":
		return "a time"
	case strings.Contains(text, "int"):
		return "an integer"
	}
	return "a number"
}

// docText is the field's doc, unless it is the name again.
func (f *field) docText() string {
	if exported(f.doc) == f.name {
		return ""
	}
	return f.doc
}

func writeStruct(b *strings.Builder, d *decl) {
	fmt.Fprintf(b, "type %s struct {\n", d.name)
	var known []string
	rest := ""
	for i, f := range d.fields {
		if f.docText() != "" && i > 0 {
			b.WriteString("\n")
		}
		writeComment(b, f.docText())
		tag := f.json
		switch {
		case f.json == "-" && d.rest != nil && i == len(d.fields)-1:
			rest = f.name
		case f.json == "-":
			tag = "-,"
			known = append(known, strconv.Quote(f.json))
		default:
			known = append(known, strconv.Quote(f.json))
		}
		if f.tag != "" {
			tag += "," + f.tag
		}
		fmt.Fprintf(b, "%s %s `json:%q`\n", f.name, f.typ, tag)
	}
	b.WriteString("}\n")
	if rest != "" {
		writeRest(b, d, rest, known)
	}
}

// writeRest writes the methods of a struct that keeps members without a field.
func writeRest(b *strings.Builder, d *decl, rest string, known []string) {
	fmt.Fprintf(b, `
// UnmarshalJSON implements [json.Unmarshaler].
func (v *%[1]s) UnmarshalJSON(data []byte) error {
	type fields %[1]s
	if err := json.Unmarshal(data, (*fields)(v)); err != nil {
		return err
	}
	rest, err := unmarshalRest[%[2]s](data, %[4]s)
	v.%[3]s = rest
	return err
}

// MarshalJSON implements [json.Marshaler].
func (v %[1]s) MarshalJSON() ([]byte, error) {
	type fields %[1]s
	return marshalRest(fields(v), v.%[3]s)
}
`, d.name, d.rest, rest, strings.Join(known, ", "))
}

func writeTuple(b *strings.Builder, d *decl) {
	fmt.Fprintf(b, "type %s struct {\n", d.name)
	to, from := make([]string, len(d.fields)), make([]string, len(d.fields))
	for i, f := range d.fields {
		writeComment(b, f.docText())
		fmt.Fprintf(b, "%s %s\n", f.name, f.typ)
		to[i], from[i] = "&v."+f.name, "v."+f.name
	}
	if d.rest != nil {
		fmt.Fprintf(b, "\n// Rest are the items after those.\nRest []%s\n", d.rest)
	}
	b.WriteString("}\n")
	fmt.Fprintf(b, "\n// UnmarshalJSON implements [json.Unmarshaler].\nfunc (v *%s) UnmarshalJSON(data []byte) error {\n", d.name)
	if d.rest == nil {
		fmt.Fprintf(b, "_, err := unmarshalTuple(data, %s)\nreturn err\n}\n", strings.Join(to, ", "))
	} else {
		fmt.Fprintf(b, "return unmarshalTupleRest(data, &v.Rest, %s)\n}\n", strings.Join(to, ", "))
	}
	fmt.Fprintf(b, "\n// MarshalJSON implements [json.Marshaler].\nfunc (v %s) MarshalJSON() ([]byte, error) {\n", d.name)
	if d.rest == nil {
		fmt.Fprintf(b, "return json.Marshal([]any{%s})\n}\n", strings.Join(from, ", "))
		return
	}
	fmt.Fprintf(b, "return marshalTupleRest(v.Rest, %s)\n}\n", strings.Join(from, ", "))
}

func writeUnion(b *strings.Builder, d *decl) {
	fmt.Fprintf(b, "type %s struct {\n", d.name)
	for i, f := range d.fields {
		if f.docText() != "" && i > 0 {
			b.WriteString("\n")
		}
		writeComment(b, f.docText())
		fmt.Fprintf(b, "%s %s\n", f.name, f.typ)
	}
	b.WriteString("\n// Other is a value that is of none of these types.\nOther json.RawMessage\n}\n")

	shapes := "shapesOf" + d.name
	fmt.Fprintf(b, "\nvar %s = []shape{\n", shapes)
	for i, f := range d.fields {
		for _, s := range shapesOf(f.schema, 0) {
			b.WriteString(s.literal(i))
		}
	}
	b.WriteString("}\n")

	tried := "match(data, " + shapes + ")"
	if d.holdsItself() {
		tried = "affordable(data, " + tried + ")"
	}
	fmt.Fprintf(b, `
// UnmarshalJSON implements [json.Unmarshaler]. It sets the field of the type that
// fits best, or Other.
func (v *%[1]s) UnmarshalJSON(data []byte) error {
	*v = %[1]s{}
	if string(data) == "null" {
		return nil
	}
	for _, of := range %[2]s {
		var err error
		switch of {
`, d.name, tried)
	for i, f := range d.fields {
		fmt.Fprintf(b, "case %d:\nerr = json.Unmarshal(data, &v.%s)\n", i, f.name)
	}
	fmt.Fprintf(b, `}
		if err == nil {
			return nil
		}
		*v = %[1]s{}
	}
	v.Other = append(json.RawMessage(nil), data...)
	return nil
}

// MarshalJSON implements [json.Marshaler].
func (v %[1]s) MarshalJSON() ([]byte, error) {
	switch {
`, d.name)
	for _, f := range d.fields {
		fmt.Fprintf(b, "case v.%[1]s != nil:\nreturn json.Marshal(v.%[1]s)\n", f.name)
	}
	b.WriteString("case v.Other != nil:\nreturn v.Other, nil\n}\nreturn []byte(\"null\"), nil\n}\n")
}

func writeConstants(b *strings.Builder, d *decl) {
	if len(d.consts) == 0 {
		return
	}
	fmt.Fprintf(b, "\n// Values of [%s].\nconst (\n", d.name)
	for _, c := range d.consts {
		writeComment(b, c.doc)
		fmt.Fprintf(b, "%s %s = %s\n", c.name, d.name, goLiteral(c.value))
	}
	b.WriteString(")\n")
}

// goLiteral writes a string or an integer of JSON in Go.
func goLiteral(v []byte) string {
	if v[0] != '"' {
		return string(v)
	}
	return strconv.Quote(unquote(v))
}
