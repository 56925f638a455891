package jsonrpc

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// values are the rules for what users give and get: those of encoding/json, but
// for <, > and &, which need no escape outside of HTML.
var values = json.JoinOptions(
	jsonv1.DefaultOptionsV1(),
	jsontext.EscapeForHTML(false),
	jsontext.EscapeForJS(false),
	json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, n stdjson.Number) error {
		return enc.WriteValue(jsontext.Value(numberText(n)))
	})),
)

// numberText is n as encoding/json writes it.
func numberText(n stdjson.Number) string {
	if n == "" {
		return "0"
	}
	return string(n)
}

// encode returns the JSON of a value of the user's.
func encode(v any) ([]byte, error) { return json.Marshal(v, values) }

// numbers are the rules for types that hold an encoding/json.Number, which the
// engine knows under another name only. They slow it down, hence not for all.
var numbers = json.JoinOptions(values, json.WithUnmarshalers(unmarshalNumber))

var unmarshalNumber = json.UnmarshalFromFunc(func(dec *jsontext.Decoder, n *stdjson.Number) error {
	switch dec.PeekKind() {
	case jsontext.KindNumber:
		text, err := dec.ReadValue()
		*n = stdjson.Number(text)
		return err
	case jsontext.KindString: // encoding/json takes a number in quotes
		text, err := dec.ReadValue()
		if err != nil {
			return err
		}
		number := unquote(text)
		if end, err := skipValue([]byte(number), 0); err != nil || end != len(number) || !isNumber(number) {
			return fmt.Errorf("a number was wanted, and %.40q is none", number)
		}
		*n = stdjson.Number(number)
		return nil
	case jsontext.KindNull:
		return dec.SkipValue()
	}
	return errors.ErrUnsupported
})

// isNumber reports whether a JSON value is a number.
func isNumber(text string) bool { return text[0] == '-' || '0' <= text[0] && text[0] <= '9' }

// anyNumbers are the rules under [WithNumbers].
var anyNumbers = json.JoinOptions(numbers, json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *any) error {
		if dec.PeekKind() != jsontext.KindNumber {
			return errors.ErrUnsupported
		}
		text, err := dec.ReadValue()
		*v = stdjson.Number(text)
		return err
	}),
	unmarshalNumber,
)))

// Rules are how values of a type are decoded.
type rules struct {
	options json.Options
	// onePass are the same rules without a first pass over the text, which the
	// engine makes only to fail with the words of encoding/json. It is nil for
	// types that depend on more of encoding/json's ways.
	onePass json.Options
	// plain is how variables that are zero are decoded without the engine, nil
	// if they are not.
	plain *plainType
}

// rulesFor returns the rules for a variable of type t; if everyNumber, under
// [WithNumbers].
func rulesFor(t reflect.Type, everyNumber bool) *rules {
	kept := &knownRules
	if everyNumber {
		kept = &knownRulesNumbers
	}
	if known, ok := kept.Load(t); ok {
		return known.(*rules)
	}
	r := &rules{options: values}
	switch {
	case everyNumber:
		r.options = anyNumbers
	case t != nil && typeHolds(t, reflect.TypeFor[stdjson.Number](), map[reflect.Type]bool{}):
		r.options = numbers
	}
	if t != nil && (isPlain(t, map[reflect.Type]bool{}) || t.Implements(reflect.TypeFor[streamer]())) {
		r.onePass = json.JoinOptions(r.options, jsonv1.ReportErrorsWithLegacySemantics(false))
	}
	if t != nil && t.Kind() == reflect.Pointer {
		r.plain = plainTypeOf(t.Elem(), map[reflect.Type]*plainType{})
	}
	known, _ := kept.LoadOrStore(t, r)
	return known.(*rules)
}

// forItems returns the rules for values that come one by one.
func (r *rules) forItems() json.Options {
	if r.onePass != nil {
		return r.onePass
	}
	return r.options
}

// knownRules are *rules by reflect.Type.
var knownRules, knownRulesNumbers sync.Map

// decode reads the JSON value text into the variable that v points to.
func decode(text []byte, v any, everyNumber bool) error {
	if decodeSimple(text, v) {
		return nil
	}
	r := rulesFor(reflect.TypeOf(v), everyNumber)
	if r.decodePlain(text, v) {
		return nil
	}
	if rows, ok := v.(streamer); ok && rows.itemRules().plain != nil && text[skipSpace(text, 0)] == '[' {
		w := window{buf: text, size: int64(len(text))}
		if err := w.items(rows, rows.itemRules()); err != nil || skipSpace(text, w.i) == len(text) {
			return err
		}
		return syntax(text, w.i, "nothing more")
	}
	if r.onePass != nil {
		err := json.Unmarshal(text, v, r.onePass)
		if _, used := v.(streamer); err == nil || used {
			return err
		}
	}
	return json.Unmarshal(text, v, r.options)
}

// decodePlain decodes without the engine. It reports whether it could; if not,
// the variable is as it was.
func (r *rules) decodePlain(text []byte, v any) bool {
	if r.plain == nil {
		return false
	}
	to := reflect.ValueOf(v).Elem() // the zero Value if v is nil
	if !to.IsValid() || !to.IsZero() {
		return false
	}
	end := r.plain.decode(text, skipSpace(text, 0), to, 1, new(knownTexts))
	if end >= 0 && skipSpace(text, end) == len(text) {
		return true
	}
	to.SetZero()
	return false
}

// decodeSimple decodes numbers and booleans without the engine. It reports whether
// it could. (Strings are not for it: the engine knows short ones by heart, and
// spares an allocation.)
func decodeSimple(text []byte, v any) bool {
	switch v := v.(type) {
	case *int:
		n, ok := parseInt(text)
		if ok = ok && v != nil && int64(int(n)) == n; ok {
			*v = int(n)
		}
		return ok
	case *int64:
		n, ok := parseInt(text)
		if ok = ok && v != nil; ok {
			*v = n
		}
		return ok
	case *bool:
		switch {
		case v == nil:
			return false
		case string(text) == "true":
			*v = true
		case string(text) == "false":
			*v = false
		default:
			return false
		}
		return true
	}
	return false
}

// isPlainString reports whether text, which may be no JSON, is a string without
// escapes.
func isPlainString(text []byte) bool {
	if len(text) < 2 || text[0] != '"' || hasEscape(text) {
		return false
	}
	end, err := skipString(text, 0)
	return err == nil && end == len(text)
}

// knownTexts remembers short strings, which many results are, over and over.
type knownTexts [32]string

// text returns b as a string.
func (k *knownTexts) text(b []byte) string {
	const longest = 16
	if len(b) == 0 || len(b) > longest {
		return string(b)
	}
	at := &k[(int(b[0])+7*int(b[len(b)-1])+31*len(b))%len(k)]
	if *at != string(b) {
		*at = string(b)
	}
	return *at
}

// isPlain reports whether values of type t are decoded alike with and without the
// engine's first pass, unless there is an error.
func isPlain(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return true
	}
	seen[t] = true
	if t.Implements(reflect.TypeFor[stdjson.Unmarshaler]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[stdjson.Unmarshaler]()) {
		return true // its own business
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return true
	case reflect.Interface:
		return t.NumMethod() == 0
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return isPlain(t.Elem(), seen)
	case reflect.Map:
		return t.Key().Kind() == reflect.String && isPlain(t.Elem(), seen)
	case reflect.Struct:
		names := map[string]bool{}
		for field := range t.Fields() {
			if !field.IsExported() && !field.Anonymous {
				continue
			}
			name, flags, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" {
				name = field.Name
			}
			if field.Anonymous || names[name] || flags != "" && flags != "omitempty" || !validHeaderName(name) || !isPlain(field.Type, seen) {
				return false
			}
			names[name] = true
		}
		return len(names) > 0
	}
	return false
}

// typeHolds reports whether a value of type t can hold one of type wanted, other
// than in an interface.
func typeHolds(t, wanted reflect.Type, seen map[reflect.Type]bool) bool {
	if t == wanted {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return typeHolds(t.Elem(), wanted, seen)
	case reflect.Map:
		return typeHolds(t.Elem(), wanted, seen) || typeHolds(t.Key(), wanted, seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if typeHolds(field.Type, wanted, seen) {
				return true
			}
		}
	}
	return false
}
