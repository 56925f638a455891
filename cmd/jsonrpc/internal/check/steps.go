package check

import (
	"encoding/json"
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A document may refer from form to form in more ways than can be followed: ten
// schemas, each one of ten of the next, are 10¹⁰ ways to look at one value. So steps
// are counted, and a check that takes too many ends.
const (
	stepsAtLeast  = 100_000
	stepsPerValue = 100
)

var errTooManySteps = errors.New("its schemas refer to one another in more ways than can be followed")

// steps counts the schemas that values are compared with. It passes for a format,
// because the validator asks for that first of all, before it follows references.
type steps int

const stepFormat = "steps"

func (s *steps) format() *jsonschema.Format {
	return &jsonschema.Format{Name: stepFormat, Validate: func(any) error {
		if *s--; *s < 0 {
			panic(errTooManySteps)
		}
		return nil
	}}
}

// validate is schema's own Validate, and ends when the steps are used up.
func (s *steps) validate(schema *jsonschema.Schema, value any) (err error) {
	*s = steps(stepsAtLeast + stepsPerValue*values(value))
	defer func() {
		if p := recover(); p == errTooManySteps {
			err = errTooManySteps
		} else if p != nil {
			panic(p)
		}
	}()
	return schema.Validate(value)
}

// values counts a value and those in it.
func values(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += values(item)
		}
	case map[string]any:
		for _, member := range v {
			n += values(member)
		}
	case json.Number, string, bool, nil:
	}
	return n
}

// withoutFormats removes the formats of a schema that was fetched: they are notes to
// readers, unless one asks for them, and counting asks.
func withoutFormats(schema any) {
	switch s := schema.(type) {
	case []any:
		for _, item := range s {
			withoutFormats(item)
		}
	case map[string]any:
		if _, is := s["format"].(string); is {
			delete(s, "format")
		}
		for name, member := range s {
			if name != "const" && name != "enum" {
				withoutFormats(member)
			}
		}
	}
}
