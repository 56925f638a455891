package render

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// maxResolved bounds how many values references bring in.
const maxResolved = 20_000

// Resolved returns a method as JSON with what its references lead to in their
// place. References that lead nowhere, back to where they stand, or to too much
// stay as they are.
func Resolved(d *openrpc.Document, m *openrpc.Method) (json.RawMessage, error) {
	var document, method any
	if err := decode(d.Raw, &document); err != nil {
		return nil, err
	}
	if err := decode(m.Raw, &method); err != nil {
		return nil, err
	}
	r := &resolver{document: document, active: map[string]bool{}, left: maxResolved}
	return json.Marshal(r.resolve(method))
}

func decode(text []byte, to *any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(to)
}

type resolver struct {
	document any
	active   map[string]bool // references around the place
	left     int
}

func (r *resolver) resolve(v any) any {
	r.left--
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = r.resolve(item)
		}
		return list
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && r.left > 0 {
			if to, ok := r.follow(ref); ok && !r.active[ref] {
				r.active[ref] = true
				defer delete(r.active, ref)
				return merged(r.resolve(to), v)
			}
		}
		m := make(map[string]any, len(v))
		for name, value := range v {
			m[name] = r.resolve(value)
		}
		return m
	}
	return v
}

// merged adds what stands beside a reference to what it led to.
func merged(to any, beside map[string]any) any {
	m, ok := to.(map[string]any)
	if !ok {
		return to
	}
	for name, value := range beside {
		if name != "$ref" {
			m[name] = value
		}
	}
	return m
}

// follow returns what a reference within the document leads to.
func (r *resolver) follow(ref string) (any, bool) {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, false
	}
	pointer, err := url.PathUnescape(pointer)
	if err != nil {
		return nil, false
	}
	at := r.document
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for token := range strings.SplitSeq(pointer, "/") {
		switch node := at.(type) {
		case map[string]any:
			at, ok = node[unescape.Replace(token)]
		case []any:
			i, err := strconv.Atoi(token)
			if ok = err == nil && i >= 0 && i < len(node); ok {
				at = node[i]
			}
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return at, true
}
