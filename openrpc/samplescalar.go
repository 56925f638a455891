package openrpc

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// formats are values of the formats of JSON Schema and OpenAPI.
var formats = map[string]string{
	"date-time":             "2026-01-02T03:04:05Z",
	"date":                  "2026-01-02",
	"time":                  "03:04:05Z",
	"duration":              "PT1S",
	"email":                 "mittens@pets.example",
	"idn-email":             "mittens@pets.example",
	"hostname":              "pets.example",
	"idn-hostname":          "pets.example",
	"ipv4":                  "192.0.2.1",
	"ipv6":                  "2001:db8::1",
	"uri":                   "https://pets.example/",
	"url":                   "https://pets.example/",
	"uri-reference":         "/",
	"iri":                   "https://pets.example/",
	"iri-reference":         "/",
	"uri-template":          "/{name}",
	"uuid":                  "00000000-0000-4000-8000-000000000000",
	"json-pointer":          "/name",
	"relative-json-pointer": "0",
	"regex":                 ".*",
	"byte":                  "bWVvdw==",
}

func sampleString(s *Schema) json.RawMessage {
	text := "string"
	if made, ok := samplePattern(s); ok {
		text = made
	} else if made := formats[s.Format]; made != "" {
		text = made
	} else {
		runes := []rune(text)
		if s.MinLength != nil && *s.MinLength > len(runes) {
			runes = slices.Repeat([]rune("x"), min(*s.MinLength, maxSampleSize))
		}
		if s.MaxLength != nil && *s.MaxLength < len(runes) {
			runes = runes[:*s.MaxLength]
		}
		text = string(runes)
	}
	v, _ := json.Marshal(text) // a string always can be
	return v
}

// samplePattern makes a short text that the schema's pattern matches, if it can: if
// it can, one that is as long as it must be.
func samplePattern(s *Schema) (string, bool) {
	if s.Pattern == "" {
		return "", false
	}
	compiled, err := regexp.Compile(s.Pattern)
	if err != nil {
		return "", false
	}
	parsed, err := syntax.Parse(s.Pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	write := func(spare int) (string, bool) {
		m := matcher{spare: spare}
		m.write(parsed)
		text := m.String()
		return text, len(text) <= maxSampleSize && compiled.MatchString(text)
	}
	shortest, ok := write(0)
	if s.MinLength == nil {
		return shortest, ok
	}
	if missing := min(*s.MinLength, maxSampleSize) - utf8.RuneCountInString(shortest); missing > 0 {
		if longer, ok := write(missing); ok {
			return longer, true
		}
	}
	return shortest, ok
}

// A matcher writes a text that a regular expression matches.
type matcher struct {
	strings.Builder
	spare int // characters to be had of what may be repeated
}

// again writes a part so many times at most, while there are characters to be had.
func (m *matcher) again(re *syntax.Regexp, most int) {
	for i := 0; i != most && m.spare > 0; i++ {
		spare, before := m.spare, m.Len()
		m.spare = 0
		m.write(re)
		m.spare = spare - utf8.RuneCountInString(m.String()[before:])
		if m.spare == spare {
			return
		}
	}
}

// write writes the shortest thing there is for each part. Assertions are taken for
// true; whether they are is seen in the end.
func (m *matcher) write(re *syntax.Regexp) {
	if m.Len() > maxSampleSize {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		m.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		m.WriteRune(firstRune(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		m.WriteByte('x')
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			m.write(sub)
		}
	case syntax.OpStar:
		m.again(re.Sub[0], -1)
	case syntax.OpPlus:
		m.write(re.Sub[0])
		m.again(re.Sub[0], -1)
	case syntax.OpQuest:
		m.again(re.Sub[0], 1)
	case syntax.OpRepeat:
		more := -1
		if re.Max >= 0 {
			more = re.Max - re.Min
		}
		for range re.Min {
			m.write(re.Sub[0])
		}
		m.again(re.Sub[0], more)
	case syntax.OpAlternate:
		m.write(re.Sub[0])
	}
}

// firstRune picks from ranges a printable ASCII character, if there is one.
func firstRune(ranges []rune) rune {
	for _, good := range "0aAx_-. " {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= good && good <= ranges[i+1] {
				return good
			}
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] >= ' ' {
			return max(ranges[i], ' ')
		}
	}
	if len(ranges) == 0 {
		return 'x'
	}
	return ranges[0]
}

// sampleNumber makes the least number in the bounds, or nought if it is in them.
func sampleNumber(s *Schema) json.RawMessage {
	step := big.NewRat(1, 1)
	if of := rational(s.MultipleOf); of != nil && of.Sign() > 0 {
		step = of
	}
	v := new(big.Rat)
	raise := func(bound json.Number, inclusive bool) {
		if least := rational(bound); least != nil && (v.Cmp(least) < 0 || !inclusive && v.Cmp(least) == 0) {
			v = multiple(least, step, inclusive)
		}
	}
	raise(s.Minimum, true)
	raise(s.ExclusiveMinimum, false)
	lower := func(bound json.Number, inclusive bool) {
		if most := rational(bound); most != nil && (v.Cmp(most) > 0 || !inclusive && v.Cmp(most) == 0) {
			v = multiple(most.Neg(most), step, inclusive)
			v.Neg(v)
		}
	}
	lower(s.Maximum, true)
	lower(s.ExclusiveMaximum, false)
	if least := rational(s.Minimum); least != nil && v.Cmp(least) < 0 && !s.Is("integer") {
		v = least // the bounds leave no multiple of 1 between them
	}
	if above := rational(s.ExclusiveMinimum); above != nil && v.Cmp(above) <= 0 && !s.Is("integer") {
		if most := rational(cmp.Or(s.ExclusiveMaximum, s.Maximum)); most != nil { // nor do these
			v.Add(above, most).Quo(v, big.NewRat(2, 1))
		}
	}
	if v.IsInt() {
		return json.RawMessage(v.Num().String())
	}
	f, _ := v.Float64()
	text, err := json.Marshal(f)
	if err != nil {
		return json.RawMessage("0")
	}
	return text
}

// multiple returns the least multiple of step that is at least v, or above it.
func multiple(v, step *big.Rat, inclusive bool) *big.Rat {
	q := new(big.Rat).Quo(v, step)
	n, rest := new(big.Int).DivMod(q.Num(), q.Denom(), new(big.Int))
	if rest.Sign() > 0 || !inclusive {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).Mul(new(big.Rat).SetInt(n), step)
}

// rational returns a number exactly, nil if there is none or if it is so large or
// so small that its digits would fill the memory.
func rational(n json.Number) *big.Rat {
	f, err := n.Float64()
	if n == "" || err != nil || math.Abs(f) > 1e100 || len(n) > 200 {
		return nil
	}
	if f != 0 && math.Abs(f) < 1e-100 || f == 0 && strings.ContainsAny(string(n), "eE") {
		return nil
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return nil
	}
	return r
}
