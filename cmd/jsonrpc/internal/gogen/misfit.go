package gogen

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/jsonrpc/cmd/jsonrpc/internal/gogen/support"
)

// misfit tells why a value cannot be decoded into a type, or "". One that is then
// sent must have the members that are required, because they are sent in any case.
func misfit(t *typ, v json.RawMessage, sent bool) string {
	t = t.bare()
	if isNull(v) || t == rawJSON || t == anything {
		return ""
	}
	switch t.kind {
	case pointer:
		return misfit(t.elem, v, sent)
	case slice:
		return misfitItems(v, sent, func(int) *typ { return t.elem })
	case dictionary:
		return misfitMembers(v, sent, func(string) *typ { return t.elem })
	case named:
		return misfitDecl(t.decl, v, sent)
	}
	if why := misfitScalar(t, v); why != "" || !sent || t.text != "float32" || isFloat32(v) {
		return why
	}
	return wants("a number that a float32 holds", v)
}

// isFloat32 tells whether a number is written as it was read if it is a float32.
func isFloat32(v json.RawMessage) bool {
	exact, _ := strconv.ParseFloat(string(v), 64) // it was read before
	single, err := strconv.ParseFloat(string(v), 32)
	written, _ := strconv.ParseFloat(strconv.FormatFloat(single, 'g', -1, 32), 64)
	return err == nil && written == exact
}

func misfitDecl(d *decl, v json.RawMessage, sent bool) string {
	switch d.form {
	case structure:
		if name := missing(d, v); sent && name != "" {
			return fmt.Sprintf("the member %s is missing", clean(name))
		}
		return misfitMembers(v, sent, func(name string) *typ {
			i := slices.IndexFunc(d.fields, func(f field) bool { return f.json == name })
			if i < 0 {
				i = slices.IndexFunc(d.fields, func(f field) bool { return strings.EqualFold(f.json, name) })
			}
			if i < 0 {
				return d.rest
			}
			return d.fields[i].typ
		})
	case tuple:
		if i := missingItem(d, v); sent && i >= 0 {
			return fmt.Sprintf("item %d is missing", i)
		}
		return misfitItems(v, sent, func(i int) *typ {
			if i < len(d.fields) {
				return d.fields[i].typ
			}
			return d.rest
		})
	}
	if sent && d.form == union {
		return misfitUnion(d, v)
	}
	return "" // a union takes anything
}

// misfitUnion looks at a value that is to be sent as of the type that it is taken for.
func misfitUnion(d *decl, v json.RawMessage) string {
	if d.shapes == nil {
		for i, f := range d.fields {
			for _, l := range shapesOf(f.schema, 0) {
				d.shapes = append(d.shapes, support.NewShape(i, l.kinds, l.required, l.known, l.values))
			}
		}
	}
	for _, of := range support.Match(v, d.shapes) {
		if t := d.fields[of].typ; misfit(t, v, false) == "" {
			return misfit(t, v, true)
		}
	}
	return ""
}

// missing returns the name of a member that an object should have.
func missing(d *decl, v json.RawMessage) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(v, &members) != nil {
		return ""
	}
	for _, f := range d.fields {
		if _, ok := members[f.json]; !ok && f.tag == "" && !f.typ.nilable() {
			return f.json
		}
	}
	return ""
}

// missingItem returns the place of an item that an array should have, or -1.
func missingItem(d *decl, v json.RawMessage) int {
	var items []json.RawMessage
	if json.Unmarshal(v, &items) != nil {
		return -1
	}
	for i := len(items); i < len(d.fields); i++ {
		if !d.fields[i].typ.nilable() {
			return i
		}
	}
	return -1
}

func misfitItems(v json.RawMessage, sent bool, typeOf func(int) *typ) string {
	var items []json.RawMessage
	if json.Unmarshal(v, &items) != nil {
		return wants("an array", v)
	}
	for i, item := range items {
		if t := typeOf(i); t != nil {
			if why := misfit(t, item, sent); why != "" {
				return fmt.Sprintf("item %d: %s", i, why)
			}
		}
	}
	return ""
}

func misfitMembers(v json.RawMessage, sent bool, typeOf func(string) *typ) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(v, &members) != nil {
		return wants("an object", v)
	}
	worst := ""
	for name, member := range members {
		if t := typeOf(name); t != nil {
			if why := misfit(t, member, sent); why != "" {
				why = fmt.Sprintf("the member %s: %s", clean(name), why)
				if worst == "" || why < worst { // the same one each time
					worst = why
				}
			}
		}
	}
	return worst
}

func misfitScalar(t *typ, v json.RawMessage) string {
	switch {
	case t == text:
		if v[0] != '"' {
			return wants("a string", v)
		}
	case t == boolean:
		if v[0] != 't' && v[0] != 'f' {
			return wants("true or false", v)
		}
	case t == moment:
		if _, err := time.Parse(time.RFC3339, unquote(v)); v[0] != '"' || err != nil {
			return wants("a time of RFC 3339", v)
		}
	case t == octets:
		var b []byte
		if json.Unmarshal(v, &b) != nil {
			return wants("bytes in base64", v)
		}
	case t == number || strings.HasPrefix(t.text, "float"):
		if f, err := strconv.ParseFloat(string(v), 64); err != nil || math.IsInf(f, 0) {
			return wants("a number", v)
		}
	default:
		return misfitInteger(t, v)
	}
	return ""
}

func misfitInteger(t *typ, v json.RawMessage) string {
	bits, err := strconv.Atoi(strings.TrimLeft(t.text, "uint"))
	if err != nil {
		return "" // no integer
	}
	if strings.HasPrefix(t.text, "u") {
		_, err = strconv.ParseUint(string(v), 10, bits)
	} else {
		_, err = strconv.ParseInt(string(v), 10, bits)
	}
	if err != nil {
		return wants("an integer of the type "+t.text, v)
	}
	return ""
}

func wants(what string, v json.RawMessage) string {
	shown := clean(string(v))
	if len(shown) > maxShown {
		shown = shown[:maxShown] + "…"
	}
	return fmt.Sprintf("want %s, not %s", what, shown)
}
