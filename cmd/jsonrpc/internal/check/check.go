// Package check compares the params and the result of a call with what an OpenRPC
// document says of them.
package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"example.com/jsonrpc/internal/suggest"
	"example.com/jsonrpc/openrpc"
)

// A Problem is a value that is not what the description says.
type Problem struct {
	Path     string // as params.filter.fromBlock or result[2].id
	Expected string
	Got      string
}

// String says it in one clause.
func (p Problem) String() string {
	return fmt.Sprintf("%s: expected %s, got %s", p.Path, p.Expected, p.Got)
}

// Options say how far a check goes.
type Options struct {
	// Fetch returns the schema at a URL outside of the document. If it is nil,
	// what such a schema says is not checked.
	Fetch func(url string) ([]byte, error)
}

// Params compares params, JSON or nil for none, with those of m.
func (o Options) Params(m *openrpc.Method, params json.RawMessage) ([]Problem, error) {
	params = bytes.TrimSpace(params)
	switch {
	case len(params) > 0 && params[0] == '{':
		if m.ParamStructure == openrpc.ByPosition {
			return []Problem{{"params", "an array: they go by position", "an object"}}, nil
		}
		return o.byName(m, params)
	case len(params) > 0 && params[0] != '[':
		return []Problem{{"params", "an array or an object", excerpt(params)}}, nil
	}
	return o.byPosition(m, params)
}

func (o Options) byPosition(m *openrpc.Method, params json.RawMessage) ([]Problem, error) {
	var values []json.RawMessage
	if len(params) > 0 {
		if err := json.Unmarshal(params, &values); err != nil {
			return nil, err
		}
	}
	if m.ParamStructure == openrpc.ByName && len(values) > 0 {
		return []Problem{{"params", "an object: they go by name", "an array"}}, nil
	}
	if len(values) > len(m.Params) {
		return []Problem{{"params", fmt.Sprintf("%d at most (%s)", len(m.Params), nameList(m)), strconv.Itoa(len(values))}}, nil
	}
	var problems []Problem
	for i, p := range m.Params {
		path := fmt.Sprintf("params[%d] (%s)", i, p.Name)
		if i >= len(values) {
			if p.Required {
				problems = append(problems, Problem{path, "a value: it is required", "nothing"})
			}
			continue
		}
		found, err := o.value(p.Schema, path, values[i])
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

func (o Options) byName(m *openrpc.Method, params json.RawMessage) ([]Problem, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(params, &values); err != nil {
		return nil, err
	}
	var (
		problems []Problem
		names    []string
	)
	for _, p := range m.Params {
		names = append(names, p.Name)
		path := "params" + member(p.Name)
		value, ok := values[p.Name]
		if !ok {
			if p.Required {
				problems = append(problems, Problem{path, "a value: it is required", "nothing"})
			}
			continue
		}
		found, err := o.value(p.Schema, path, value)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	for name := range values {
		if slices.Contains(names, name) {
			continue
		}
		expected := "one of " + nameList(m)
		if near := suggest.Nearest(name, names); near != "" {
			expected += fmt.Sprintf(" (did you mean %q?)", near)
		}
		problems = append(problems, Problem{"params", expected, fmt.Sprintf("the name %q", name)})
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return strings.Compare(a.String(), b.String()) })
	return problems, nil
}

func nameList(m *openrpc.Method) string {
	if len(m.Params) == 0 {
		return "none"
	}
	names := make([]string, len(m.Params))
	for i, p := range m.Params {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

// Result compares a result with that of m.
func (o Options) Result(m *openrpc.Method, result json.RawMessage) ([]Problem, error) {
	if m.Result == nil {
		return nil, nil
	}
	if no := m.Result.Schema.Bool; no != nil && !*no && string(bytes.TrimSpace(result)) == "null" {
		return nil, nil // the schema false is meant for no result, which JSON-RPC writes as null
	}
	return o.value(m.Result.Schema, "result", result)
}

// value compares one value with a schema.
func (o Options) value(s *openrpc.Schema, path string, value json.RawMessage) ([]Problem, error) {
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if number, ok := hugeNumber(decoded); ok {
		return []Problem{{path, "numbers that can be compared", number}}, nil
	}
	var counted steps
	compiled, err := o.compile(s, &counted)
	if err != nil {
		return nil, fmt.Errorf("the schema of %s cannot be used: %w", path, err)
	}
	err = counted.validate(compiled, decoded)
	if invalid, ok := err.(*jsonschema.ValidationError); ok {
		return problems(invalid, path, decoded), nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be checked: %w", path, err)
	}
	return nil, nil
}

// hugeNumber finds a number whose exponent would make it thousands of digits long
// once it is compared with a bound.
func hugeNumber(v any) (string, bool) {
	switch v := v.(type) {
	case json.Number:
		_, exponent, ok := strings.Cut(strings.ToLower(string(v)), "e")
		return string(v), ok && len(strings.TrimLeft(exponent, "+-0")) > 3
	case []any:
		for _, item := range v {
			if number, ok := hugeNumber(item); ok {
				return number, true
			}
		}
	case map[string]any:
		for _, item := range v {
			if number, ok := hugeNumber(item); ok {
				return number, true
			}
		}
	}
	return "", false
}
