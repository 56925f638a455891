package gogen

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"

	"example.com/jsonrpc/openrpc"
)

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func stringType(f *flat) *typ {
	switch {
	case f.enum != nil:
		return text
	case f.format == "date-time":
		return moment
	case f.format == "byte" || f.format == "base64":
		return octets
	}
	return text
}

// integerType returns a type that holds all values of the bounds and of the enum,
// int64 if there are none.
func integerType(f *flat) *typ {
	switch f.format {
	case "uint8":
		return &typ{text: "uint16"} // a list of uint8 would be written in base64
	case "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64":
		return &typ{text: f.format}
	case "uint":
		return &typ{text: "uint64"}
	case "int128", "uint128", "int256", "uint256", "bigint":
		return number
	}
	minimum, maximum := f.limits()
	least, most := bound(minimum), bound(maximum)
	switch {
	case least < math.MinInt64 || most > math.MaxUint64 || least < 0 && most >= math.MaxInt64 && !isInt64(maximum):
		return number
	case most >= math.MaxInt64 && !isInt64(maximum):
		return &typ{text: "uint64"}
	}
	return &typ{text: "int64"}
}

// numberType returns float64, or json.Number for bounds where a float64 rounds
// integers and for what is meant to be exact.
func numberType(f *flat) *typ {
	const exact = 1 << 53
	if f.format == "decimal" || math.Abs(bound(f.minimum)) > exact && math.Abs(bound(f.minimum)) < 1e30 ||
		math.Abs(bound(f.maximum)) > exact && math.Abs(bound(f.maximum)) < 1e30 {
		return number
	}
	if f.format == "float" {
		return &typ{text: "float32"}
	}
	return &typ{text: "float64"}
}

// bound returns a bound, or 0 if there is none.
func bound(n json.Number) float64 {
	v, err := n.Float64()
	if n == "" || err != nil && v == 0 {
		return 0
	}
	return v
}

// below returns the greatest integer under a bound that is one, others as they are.
func below(n json.Number) json.Number {
	i, ok := new(big.Int).SetString(string(n), 10)
	if !ok {
		return n
	}
	return json.Number(i.Sub(i, big.NewInt(1)).String())
}

// limits returns the bounds, made wider for the integers of an enum that are beyond
// them.
func (f *flat) limits() (least, most json.Number) {
	least, most = f.minimum, f.maximum
	for _, v := range f.enum {
		n := json.Number(v)
		if order, ok := compare(n, cmp.Or(least, n)); ok && order <= 0 {
			least = n
		}
		if order, ok := compare(n, cmp.Or(most, n)); ok && order >= 0 {
			most = n
		}
	}
	return least, most
}

// compare compares two integers; ok is false if one is none.
func compare(a, b json.Number) (order int, ok bool) {
	x, ok1 := new(big.Int).SetString(string(a), 10)
	y, ok2 := new(big.Int).SetString(string(b), 10)
	if !ok1 || !ok2 {
		return 0, false
	}
	return x.Cmp(y), true
}

func isInt64(n json.Number) bool {
	_, err := strconv.ParseInt(string(n), 10, 64)
	return err == nil
}

// describe returns what a schema's author wrote about it.
func describe(s *openrpc.Schema) string {
	if s.Description != "" {
		return s.Description
	}
	if len(words(s.Title)) > 1 { // else it is a name
		return s.Title
	}
	return ""
}

// describeValue returns what there is to know of a field or a param, besides its
// type.
func describeValue(s *openrpc.Schema) string {
	doc := []string{describe(s)}
	if s.Description == "" && s.Target != nil {
		doc[0] = ""
	}
	switch f := flatten(s); {
	case len(f.enum) == 1:
		doc = append(doc, fmt.Sprintf("It is always %s.", f.enum[0]))
	case f.enum != nil && enumType(f.enum) == "":
		doc = append(doc, "It is one of "+joinJSON(f.enum)+".")
	}
	if text := defaultOf(s); text != "" {
		doc = append(doc, text)
	}
	if s.Deprecated {
		doc = append(doc, deprecated)
	}
	return strings.Trim(strings.Join(doc, "\n\n"), "\n")
}

// deprecated ends the comment of what is no longer to be used.
const deprecated = "Deprecated: the description says so."

// defaultOf says what the default is, if there is one and it is short.
func defaultOf(s *openrpc.Schema) string {
	if len(s.Default) == 0 || len(s.Default) > maxShown || isNull(s.Default) {
		return ""
	}
	return fmt.Sprintf("The default is %s.", s.Default)
}

// maxShown bounds how much of a value is shown in a comment.
const maxShown = 100

func joinJSON(values []json.RawMessage) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.Write(v)
	}
	return b.String()
}
