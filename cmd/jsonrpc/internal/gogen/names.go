package gogen

import (
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// initialisms are written in capitals, or as here where they have a plural.
var initialisms = map[string]string{}

func init() {
	for word := range strings.FieldsSeq("ABI API ASCII CPU DNS EIP EVM GUID HTML HTTP HTTPS ID IDs IP JSON RPC SQL SSH TCP TLS TTL UDP UI UID UUID URI URIs URL URLs UTF8 VM XML") {
		initialisms[strings.ToLower(word)] = word
	}
}

// words splits a name in any of the usual ways of writing: snake_case, kebab-case,
// camelCase, dotted.names, SHOUTING, Plain text.
func words(name string) []string {
	var (
		all  []string
		word []rune
		text = []rune(name)
	)
	flush := func() {
		if len(word) > 0 {
			all, word = append(all, string(word)), nil
		}
	}
	for i, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			continue
		}
		if unicode.IsUpper(r) && len(word) > 0 {
			last := word[len(word)-1]
			next := i+1 < len(text) && unicode.IsLower(text[i+1])
			if unicode.IsLower(last) || unicode.IsDigit(last) || next && !isPlural(text[i+1:]) {
				flush()
			}
		}
		word = append(word, r)
	}
	flush()
	return all
}

// isPlural tells whether what follows a capital is the s of IDs and nothing more.
func isPlural(rest []rune) bool {
	return rest[0] == 's' && (len(rest) == 1 || !unicode.IsLower(rest[1]))
}

// longestInitialism bounds how long a word in capitals stays as it is.
const longestInitialism = 5

// exported makes a Go name of a name, one that other packages see.
func exported(name string) string {
	text := joined(name)
	if first := []rune(text + "_")[0]; !unicode.IsUpper(first) {
		return "X" + text // a digit, or a letter of a script without capitals
	}
	return text
}

// joined makes the end of a Go name of a name: it can begin with a digit, and be
// empty.
func joined(name string) string {
	shouting := !strings.ContainsFunc(name, unicode.IsLower)
	var b strings.Builder
	for _, word := range words(name) {
		lower := strings.ToLower(word)
		switch {
		case initialisms[lower] != "":
			b.WriteString(initialisms[lower])
		case shouting && len(word) > 1, len(word) > longestInitialism && word == strings.ToUpper(word):
			b.WriteString(capital(lower))
		default:
			b.WriteString(capital(word))
		}
	}
	return b.String()
}

// isName tells whether a title can be a name: one of a few words, or written as
// names are in code.
func isName(title string, longest int) bool {
	const mostRunes = 50
	inCode := len(title) <= mostRunes && !strings.ContainsFunc(title, unicode.IsSpace)
	return title != "" && (inCode || len(words(title)) <= longest)
}

func capital(word string) string {
	r := []rune(word)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

// unexported makes a Go name of a name for a variable.
func unexported(name string) string {
	text := []rune(exported(name))
	for i, r := range text {
		if !unicode.IsUpper(r) || i > 0 && i+1 < len(text) && unicode.IsLower(text[i+1]) && !isPlural(text[i+1:]) {
			break
		}
		text[i] = unicode.ToLower(r)
	}
	return string(text)
}

// usedByBodies are names that the bodies of generated functions use.
var usedByBodies = []string{"c", "m", "ctx", "opts", "callOpts", "params", "result", "err", "json", "jsonrpc", "context", "time", "append", "nil", "any", "trim", "notMocked",
	"bool", "string", "float32", "float64", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "byte"}

// variable makes a name for a param of a function.
func variable(name string) string {
	text := unexported(name)
	if token.IsKeyword(text) || slices.Contains(usedByBodies, text) {
		return text + "Arg"
	}
	return text
}

// A scope gives each thing in it a name of its own.
type scope map[string]bool

// memberNames is the scope of a type's fields, which must not be called as its
// methods are.
func memberNames() scope { return scope{"MarshalJSON": true, "UnmarshalJSON": true} }

// pick returns the first name that is free, or the last with a number.
func (s scope) pick(names ...string) string {
	for _, name := range names {
		if !s[name] {
			s[name] = true
			return name
		}
	}
	last := names[len(names)-1]
	for i := 2; ; i++ {
		if name := last + strconv.Itoa(i); !s[name] {
			s[name] = true
			return name
		}
	}
}
