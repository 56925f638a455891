package support

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// A shape is what a value of one of several types looks like.
type shape struct {
	of       int                 // which type
	kinds    string              // how its JSON begins: { [ " 0 t n
	required []string            // members that must be there
	known    []string            // members that may be
	values   map[string][]string // members that have one of these values, as JSON
}

// match returns the types whose shape the value has, those that fit best first:
// those that know most of its members, and of these those that miss the fewest. A
// member that is there tells more than one that is not, which an older server may
// not have yet.
func match(data []byte, shapes []shape) []int {
	kind := kindOf(data)
	var members map[string]json.RawMessage
	if kind == '{' && json.Unmarshal(data, &members) != nil {
		return nil
	}
	type fit struct{ of, missing, unknown int }
	var fits []fit
	for _, s := range shapes {
		if !strings.ContainsRune(s.kinds, rune(kind)) || !s.allows(members) {
			continue
		}
		f := fit{of: s.of}
		for _, name := range s.required {
			if _, ok := members[name]; !ok {
				f.missing++
			}
		}
		for name := range members {
			if !slices.Contains(s.known, name) {
				f.unknown++
			}
		}
		fits = append(fits, f)
	}
	slices.SortStableFunc(fits, func(a, b fit) int {
		if a.unknown != b.unknown {
			return a.unknown - b.unknown
		}
		return a.missing - b.missing
	})
	var order []int
	for _, f := range fits {
		order = append(order, f.of)
	}
	return order
}

// allows tells whether the members that must have certain values have them.
func (s *shape) allows(members map[string]json.RawMessage) bool {
	for name, values := range s.values {
		value, ok := members[name]
		if ok && !slices.ContainsFunc(values, func(v string) bool { return sameValue(v, string(bytes.TrimSpace(value))) }) {
			return false
		}
	}
	return true
}

// sameValue compares values as texts, but strings by what they say: some servers
// write / as \/, or what is not ASCII as \u00e9.
func sameValue(a, b string) bool {
	if a == b || !strings.Contains(a, `\`) && !strings.Contains(b, `\`) {
		return a == b
	}
	var x, y string
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && x == y
}

// kindOf returns what the JSON of such a value begins with: 0 stands for all
// numbers, t for true and false.
func kindOf(data []byte) byte {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return 0
	}
	switch c := data[0]; {
	case c == '-' || c >= '0' && c <= '9':
		return '0'
	case c == 'f':
		return 't'
	default:
		return c
	}
}
