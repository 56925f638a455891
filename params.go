package jsonrpc

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Args are params by position: Args{"Mittens", 9} is ["Mittens",9]. To give
// some by name as well, as servers written in Python expect it, put [Named]
// last: Args{"Foo", Named{"age": 42}} is ["Foo",{"age":42}].
//
// An empty Args{} sends [], where nil leaves params out: some servers insist on
// the one, some on the other.
type Args []any

// Named are params by name: Named{"name": "Mittens"} is {"name":"Mittens"}.
// They are sent in the order of their names. Use a struct for another order.
type Named map[string]any

// appendParams appends the JSON of params to b, and nothing if there are none:
// nil, or anything that encodes as null.
func appendParams(b []byte, params any) ([]byte, error) {
	before := len(b)
	var err error
	switch p := params.(type) {
	case nil:
		return b, nil
	case stdjson.RawMessage:
		if p == nil {
			return b, nil
		}
		if err := checkSyntax(p); err != nil {
			return nil, &MessageError{Reason: "raw params are not JSON", Err: err}
		}
		b = append(b, bytes.TrimSpace(p)...)
	default:
		if b, err = appendValue(b, params); err != nil {
			return nil, &MessageError{Reason: fmt.Sprintf("params of type %T do not encode as JSON", params), Err: err}
		}
	}
	if isNull(b[before:]) {
		return b[:before], nil
	}
	if err := checkParams(b[before:], params); err != nil {
		return nil, err
	}
	return b, nil
}

// appendValue appends the JSON of a value, as appendEncoded does. What calls are
// made of is written without the engine: it spares half of the time.
func appendValue(b []byte, v any) (_ []byte, err error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		return appendString(b, v), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case uint64:
		return strconv.AppendUint(b, v, 10), nil
	case Args:
		if v == nil {
			return append(b, "null"...), nil
		}
		b = append(b, '[')
		for i := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendValue(b, v[i]); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case Named:
		if v == nil {
			return append(b, "null"...), nil
		}
		b = append(b, '{')
		for i, name := range sortedNames(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, name), ':')
			if b, err = appendValue(b, v[name]); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}
	return appendEncoded(b, v)
}

// sortedNames returns the names of params in their order.
func sortedNames(v Named) []string {
	names := make([]string, 0, 8)
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// appendEncoded appends the JSON that the engine makes of a value.
func appendEncoded(b []byte, v any) ([]byte, error) {
	w := writer{b}
	if err := json.MarshalWrite(&w, v, values); err != nil {
		return nil, err
	}
	return w.b, nil
}

// checkParams refuses params that are a scalar (clause 4.2).
func checkParams(text []byte, params any) error {
	switch text[0] {
	case '[', '{', 'n':
		return nil
	}
	kind := "a number"
	switch text[0] {
	case '"':
		kind = "a string"
	case 't', 'f':
		kind = "a boolean"
	}
	return &MessageError{Reason: fmt.Sprintf("params must be an array or an object, and a %T encodes as %s: use jsonrpc.Args{…}", params, kind)}
}

// writer is a bytes.Buffer reduced to appending.
type writer struct{ b []byte }

func (w *writer) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

// isPlainText reports whether s is ASCII that needs no escape.
func isPlainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendString appends s as a JSON string. Invalid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	if isPlainText(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	if quoted, err := jsontext.AppendQuote(b, s); err == nil {
		return quoted
	}
	quoted, _ := jsontext.AppendQuote(b, string([]rune(s))) // as encoding/json: one for each bad byte
	return quoted
}
