package jsonrpctest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A request is a request or a notification, taken apart.
type request struct {
	id     json.RawMessage // nil for a notification
	method string
	params json.RawMessage // nil if there are none
}

// parseRequest takes a JSON value apart. The problem says why it is not a
// request; the id is there if it could be read all the same.
func parseRequest(text []byte) (r request, problem string) {
	if jsontext.Value(text).Kind() != '{' {
		return r, "a request must be an object"
	}
	var version, method json.RawMessage
	members := map[string]*json.RawMessage{"jsonrpc": &version, "method": &method, "params": &r.params, "id": &r.id}
	for name, value := range object(text) {
		member, known := members[name]
		if !known {
			continue // the specification does not forbid others
		}
		if *member != nil {
			if problem = fmt.Sprintf("%s is given twice", name); name == "id" {
				r.id = nil
				delete(members, "id")
			}
			continue
		}
		*member = value
	}
	if r.id != nil && !oneOf(r.id, `"0n`) {
		r.id, problem = nil, "id must be a string, a number or null"
	}
	switch {
	case problem != "":
	case version == nil || !isString(version, "2.0"):
		problem = `jsonrpc must be "2.0"`
	case method == nil || !oneOf(method, `"`):
		problem = "method must be a string"
	case r.params != nil && !oneOf(r.params, "[{"):
		problem = "params must be an array or an object"
	default:
		r.method = unquote(method)
	}
	return r, problem
}

// oneOf reports whether a JSON value is of one of the kinds.
func oneOf(value json.RawMessage, kinds string) bool {
	return strings.IndexByte(kinds, byte(jsontext.Value(value).Kind())) >= 0
}

func isString(value json.RawMessage, s string) bool {
	return oneOf(value, `"`) && unquote(value) == s
}

func unquote(value json.RawMessage) string {
	s, _ := jsontext.AppendUnquote(nil, value) // checked
	return string(s)
}

// newDecoder reads JSON text. Names may be given twice: whether that matters is
// for those to say who read the value.
func newDecoder(text []byte, options ...jsontext.Options) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewReader(text), append(options, jsontext.AllowDuplicateNames(true))...)
}

// checkJSON reports whether text is one JSON value and nothing else.
func checkJSON(text []byte) error {
	d := newDecoder(text)
	if _, err := d.ReadValue(); errors.Is(err, io.EOF) {
		return errors.New("there is no JSON text")
	} else if err != nil {
		return err
	}
	if _, err := d.ReadToken(); err == nil {
		return errors.New("there is more after the JSON text")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// object yields the members of a valid JSON object, names unescaped.
func object(text []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		d := newDecoder(text)
		for _, _ = d.ReadToken(); d.PeekKind() == '"'; {
			name, _ := d.ReadToken()
			s := name.String() // valid only until the next read
			value, _ := d.ReadValue()
			if !yield(s, bytes.Clone(value)) {
				return
			}
		}
	}
}

// splitArray returns the items of a valid JSON array.
func splitArray(text []byte) (items []json.RawMessage) {
	d := newDecoder(text)
	for _, _ = d.ReadToken(); d.PeekKind() != ']'; {
		value, err := d.ReadValue()
		if err != nil {
			break // cannot be: it is valid
		}
		items = append(items, bytes.Clone(value))
	}
	return items
}

// joinArray makes an array of the items that are not nil, nil if all are.
func joinArray(items [][]byte) []byte {
	var text []byte
	for _, item := range items {
		if item == nil {
			continue
		}
		if text == nil {
			text = append(text, '[')
		} else {
			text = append(text, ',')
		}
		text = append(text, item...)
	}
	if text != nil {
		text = append(text, ']')
	}
	return text
}
