package jsonrpctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// differences says, a line each, what of a JSON value is not as wanted. Values
// are compared, not texts: the order of members and the form of numbers do not
// matter. No text is the same as null.
func differences(got, want json.RawMessage) []string {
	g, err := parseValue(got)
	if err != nil {
		return []string{fmt.Sprintf("got what is not JSON: %v", err)}
	}
	w, err := parseValue(want)
	if err != nil {
		return []string{fmt.Sprintf("wanted what is not JSON: %v", err)}
	}
	return diff(nil, "params", g, w)
}

func parseValue(text json.RawMessage) (v any, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// diff appends what differs at a path.
func diff(lines []string, path string, got, want any) []string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		names := slices.Concat(slices.Collect(maps.Keys(w)), slices.Collect(maps.Keys(g)))
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			at := path + "." + name
			_, has := g[name]
			_, wants := w[name]
			switch {
			case !has:
				lines = append(lines, fmt.Sprintf("%s is missing, want %s", at, show(w[name])))
			case !wants:
				lines = append(lines, fmt.Sprintf("%s is %s, want no such member", at, show(g[name])))
			default:
				lines = diff(lines, at, g[name], w[name])
			}
		}
		return lines
	case []any:
		g, ok := got.([]any)
		if !ok {
			break
		}
		for i := range min(len(g), len(w)) {
			lines = diff(lines, fmt.Sprintf("%s[%d]", path, i), g[i], w[i])
		}
		if len(g) != len(w) {
			lines = append(lines, fmt.Sprintf("%s has %d items, want %d", path, len(g), len(w)))
		}
		return lines
	case json.Number:
		if g, ok := got.(json.Number); ok && sameNumber(g, w) {
			return lines
		}
	default:
		switch got.(type) {
		case map[string]any, []any:
		default:
			if got == want {
				return lines
			}
		}
	}
	return append(lines, fmt.Sprintf("%s is %s, want %s", path, show(got), show(want)))
}

// sameNumber compares numbers by what they are worth: 1, 1.0 and 1e0 are one.
func sameNumber(a, b json.Number) bool {
	if a == b {
		return true
	}
	if tooFar(a) || tooFar(b) {
		return false
	}
	x, okX := new(big.Rat).SetString(string(a))
	y, okY := new(big.Rat).SetString(string(b))
	return okX && okY && x.Cmp(y) == 0
}

// byWorth returns a value in which numbers that are worth the same are the same.
func byWorth(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, item := range v {
			v[name] = byWorth(item)
		}
	case []any:
		for i, item := range v {
			v[i] = byWorth(item)
		}
	case json.Number:
		if !tooFar(v) {
			if worth, ok := new(big.Rat).SetString(string(v)); ok {
				digits, _ := worth.FloatPrec() // a decimal number has so many
				return json.Number(worth.FloatString(digits))
			}
		}
	}
	return v
}

// tooFar reports whether a number is too long to be reckoned with, or has an
// exponent of more than three digits: the digits of 1e999999999 would fill the memory.
func tooFar(n json.Number) bool {
	const longest = 100
	if len(n) > longest {
		return true
	}
	_, exponent, found := strings.Cut(strings.ToLower(string(n)), "e")
	return found && len(strings.TrimLeft(exponent, "+-0")) > 3
}

// show returns a value as JSON, cut if it is long.
func show(v any) string {
	text, err := encode(v)
	if err != nil {
		return err.Error()
	}
	const longest = 100
	if len(text) > longest {
		return string(text[:longest]) + "…"
	}
	return string(text)
}
