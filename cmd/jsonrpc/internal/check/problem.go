package check

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// maxProblems bounds how many problems of one value are told.
const maxProblems = 10

// problems returns the leaves of what the validator found in value, which stands
// at path.
func problems(invalid *jsonschema.ValidationError, path string, value any) []Problem {
	var found []Problem
	for _, leaf := range leaves(invalid) {
		p := newProblem(leaf, path, value)
		if !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	if len(found) > maxProblems {
		rest := len(found) - maxProblems
		found = append(found[:maxProblems:maxProblems], Problem{path, "no more problems", fmt.Sprintf("%d more", rest)})
	}
	return found
}

// leaves returns the errors that have no causes. Of alternatives none of which
// fits, it takes the one that came furthest: the others were not meant.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	if !isAlternative(e) {
		var all []*jsonschema.ValidationError
		for _, cause := range e.Causes {
			all = append(all, leaves(cause)...)
		}
		return all
	}
	var best []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		if these := leaves(cause); best == nil || depth(these) > depth(best) {
			best = these
		}
	}
	if depth(best) > len(e.InstanceLocation) {
		return best
	}
	if len(e.Causes) == 1 {
		return best
	}
	// None got anywhere: say what all of them want.
	return []*jsonschema.ValidationError{e}
}

func isAlternative(e *jsonschema.ValidationError) bool {
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf:
		return true
	case *kind.OneOf:
		return len(k.Subschemas) == 0
	}
	return false
}

// depth is how far into the value the errors are.
func depth(errs []*jsonschema.ValidationError) int {
	deepest := 0
	for _, e := range errs {
		deepest = max(deepest, len(e.InstanceLocation))
	}
	return deepest
}

func newProblem(e *jsonschema.ValidationError, path string, value any) Problem {
	p := Problem{Path: path, Got: shown(value)}
	for _, token := range e.InstanceLocation {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
			p.Path += member(token)
		case []any:
			i, err := strconv.Atoi(token)
			if err == nil && i >= 0 && i < len(v) {
				value = v[i]
			}
			p.Path += "[" + token + "]"
		}
		p.Got = shown(value)
	}
	p.Expected = expected(e)
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		p.Got = "none"
		if object, ok := value.(map[string]any); ok && len(object) > 0 {
			p.Got = "only " + strings.Join(sortedKeys(object), ", ")
		}
	case *kind.AdditionalProperties:
		p.Got = "also " + quotedList(k.Properties)
	case *kind.Type:
		p.Got = article(k.Got) + " (" + p.Got + ")"
		if k.Got == "null" {
			p.Got = "null"
		}
	case *kind.MinItems:
		p.Got = strconv.Itoa(k.Got)
	case *kind.MaxItems:
		p.Got = strconv.Itoa(k.Got)
	}
	return p
}

// expected says what would have been right.
func expected(e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		types := make([]string, len(k.Want))
		for i, t := range k.Want {
			types[i] = article(t)
		}
		return strings.Join(types, " or ")
	case *kind.Enum:
		values := make([]string, len(k.Want))
		for i, v := range k.Want {
			values[i] = shown(v)
		}
		return "one of " + strings.Join(values, ", ")
	case *kind.Const:
		return shown(k.Want)
	case *kind.Required:
		return "the members " + quotedList(k.Missing)
	case *kind.AdditionalProperties:
		return "no other members than those described"
	case *kind.Pattern:
		return "a string that matches " + k.Want
	case *kind.MinLength:
		return fmt.Sprintf("%d characters or more", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("%d characters at most", k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("%d items or more", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("%d items at most", k.Want)
	case *kind.Minimum:
		return "a number of " + decimal(k.Want) + " or more"
	case *kind.Maximum:
		return "a number of " + decimal(k.Want) + " at most"
	case *kind.ExclusiveMinimum:
		return "a number above " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "a number below " + decimal(k.Want)
	case *kind.MultipleOf:
		return "a multiple of " + decimal(k.Want)
	case *kind.FalseSchema:
		return "nothing"
	case *kind.AnyOf, *kind.OneOf:
		return alternatives(e)
	}
	return "what its schema says (" + e.ErrorKind.LocalizedString(message.NewPrinter(language.English)) + ")"
}

// alternatives lists what each of the forms of a value wants.
func alternatives(e *jsonschema.ValidationError) string {
	if one, ok := e.ErrorKind.(*kind.OneOf); ok && len(one.Subschemas) > 0 {
		return fmt.Sprintf("exactly one of its forms, and it fits forms %d and %d", one.Subschemas[0]+1, one.Subschemas[1]+1)
	}
	var forms []string
	for _, cause := range e.Causes {
		var wants []string
		for _, leaf := range leaves(cause) {
			if want := expected(leaf); !slices.Contains(wants, want) {
				wants = append(wants, want)
			}
		}
		if form := strings.Join(wants, " and "); !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	return strings.Join(forms, ", or ")
}

func article(kind string) string {
	switch kind {
	case "null":
		return kind
	case "array", "object", "integer":
		return "an " + kind
	}
	return "a " + kind
}

func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(r.FloatString(20), "0")
}

// member writes the name of a member as it stands in a path.
func member(name string) string {
	for _, r := range name {
		if r != '_' && r != '$' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return "[" + strconv.Quote(name) + "]"
		}
	}
	if name == "" {
		return `[""]`
	}
	return "." + name
}

func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, strconv.Quote(key))
	}
	slices.Sort(keys)
	return keys
}

// shown is how a value begins, as JSON.
func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "something"
	}
	return excerpt(text)
}

func excerpt(text []byte) string {
	const longest = 60
	if runes := []rune(string(text)); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return string(text)
}
