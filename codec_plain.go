package jsonrpc

import (
	stdjson "encoding/json"
	"reflect"
	"strings"
)

// A plainType is a type whose values are decoded without the engine, in a third of
// its time: booleans, numbers and strings, and pointers to, slices of and structs
// of them. What is unusual in a text (a name in another case or twice, a number
// that does not fit, anything wrong) is left to the engine all the same: see
// [plainType.decode].
type plainType struct {
	kind   reflect.Kind
	bits   int          // of a number
	elem   *plainType   // of a pointer or a slice
	fields []plainField // of a struct
}

type plainField struct {
	name  string
	start string // "name": as it mostly stands in a text
	index int
	of    *plainType
}

// plainTypeOf returns how values of type t are decoded, nil if it is by the engine.
func plainTypeOf(t reflect.Type, known map[reflect.Type]*plainType) *plainType {
	if p, ok := known[t]; ok {
		return p
	}
	p := &plainType{kind: t.Kind()}
	known[t] = p
	ok := !hasOwnRules(t)
	switch t.Kind() {
	case reflect.Bool, reflect.String:
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		p.bits = t.Bits()
	case reflect.Pointer, reflect.Slice:
		if ok = ok && (t.Kind() == reflect.Pointer || t.Elem().Kind() != reflect.Uint8); ok { // bytes are base64
			p.elem = plainTypeOf(t.Elem(), known)
			ok = p.elem != nil
		}
	case reflect.Struct:
		ok = ok && p.addFields(t, known)
	default:
		ok = false
	}
	if !ok {
		known[t] = nil
		return nil
	}
	return p
}

// hasOwnRules reports whether values of type t decode themselves, or by rules that
// their type does not show.
func hasOwnRules(t reflect.Type) bool {
	if t == reflect.TypeFor[stdjson.Number]() {
		return true
	}
	for _, method := range []string{"UnmarshalJSON", "UnmarshalJSONFrom", "UnmarshalText"} {
		if _, ok := reflect.PointerTo(t).MethodByName(method); ok {
			return true
		}
	}
	return false
}

// addFields adds the fields of the struct t and reports whether all are plain.
func (p *plainType) addFields(t reflect.Type, known map[reflect.Type]*plainType) bool {
	const most = 64 // as there are bits to note those that were seen
	if t.NumField() > most {
		return false
	}
	seen := map[string]bool{}
	for field := range t.Fields() {
		tag, tagged := field.Tag.Lookup("json")
		name, flags, _ := strings.Cut(tag, ",")
		switch {
		case !field.IsExported() && !field.Anonymous && !tagged:
			continue
		case !field.IsExported(), field.Anonymous, flags != "" && flags != "omitempty" && flags != "omitzero":
			return false
		case tag == "-":
			continue
		case name == "":
			name = field.Name
		}
		of := plainTypeOf(field.Type, known)
		if of == nil || seen[name] || strings.Trim(name, plainNames) != "" {
			return false
		}
		seen[name] = true
		p.fields = append(p.fields, plainField{name: name, start: `"` + name + `":`, index: field.Index[0], of: of})
	}
	return true
}

// plainNames are the characters of names that mean nothing in a tag.
const plainNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
