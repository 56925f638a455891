package gogen

import (
	"encoding/json"

	"example.com/jsonrpc/cmd/jsonrpc/internal/gogen/support"
	"example.com/jsonrpc/openrpc"
)

// A typ is a type as it is written where it is used.
type typ struct {
	kind typKind
	text string // of a scalar
	elem *typ   // of a pointer, slice or map
	decl *decl  // of a named type
}

type typKind int

const (
	scalar     typKind = iota
	pointer            // *elem
	slice              // []elem
	dictionary         // map[string]elem
	named
)

var (
	rawJSON  = &typ{text: "json.RawMessage"}
	anything = &typ{text: "any"}
	text     = &typ{text: "string"}
	boolean  = &typ{text: "bool"}
	number   = &typ{text: "json.Number"}
	moment   = &typ{text: "time.Time"}
	octets   = &typ{text: "[]byte"}
)

// String writes the type in Go.
func (t *typ) String() string {
	switch t.kind {
	case pointer:
		return "*" + t.elem.String()
	case slice:
		return "[]" + t.elem.String()
	case dictionary:
		return "map[string]" + t.elem.String()
	case named:
		return t.decl.name
	}
	return t.text
}

// bare returns the type behind its name, if it has one and is no struct.
func (t *typ) bare() *typ {
	for range 100 { // aliases in a circle are broken later
		if t.kind != named || t.decl.base == nil {
			break
		}
		t = t.decl.base
	}
	return t
}

// nilable tells whether nil can stand for a value that is not there.
func (t *typ) nilable() bool {
	switch b := t.bare(); b.kind {
	case pointer, slice, dictionary:
		return true
	default:
		return b == rawJSON || b == anything || b == octets
	}
}

// orNil returns the type itself if it can be nil, and else a pointer to it.
func (t *typ) orNil() *typ {
	if t.nilable() {
		return t
	}
	return &typ{kind: pointer, elem: t}
}

// structural tells whether values contain each other by this type.
func (t *typ) structural() *decl {
	if b := t.bare(); b.kind == named {
		return b.decl
	}
	return nil
}

// A decl is the declaration of a type.
type decl struct {
	name     string
	doc      string
	form     form
	base     *typ       // of definitions and aliases, nil for others
	fields   []field    // of structs, tuples and unions
	rest     *typ       // of structs: other members; of tuples: other items; or nil
	consts   []constant // of enums
	open     bool       // values that are no constants are good too
	nullable bool       // null is a value too

	schema *openrpc.Schema // what unions look like is told by their variants' schemas
	shapes []support.Shape // of a union, once an example was looked at
}

type form int

const (
	definition form = iota // type X base, perhaps with constants
	alias                  // type X = base
	structure
	tuple
	union
)

// A field is that of a struct, an item of a tuple or a variant of a union.
type field struct {
	name   string
	json   string
	typ    *typ
	tag    string // the option after the name in the tag, or ""
	doc    string
	schema *openrpc.Schema
}

// A constant is a value of an enum.
type constant struct {
	name  string
	value json.RawMessage
	doc   string
}
