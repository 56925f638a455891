package jsonrpctest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.com/jsonrpc"
	"example.com/jsonrpc/openrpc"
)

// OpenRPC returns the methods that a document describes, for a server to be there
// before there is one. A method answers with the result of the example that has
// the same params, else with that of its first example, and without examples
// with a value made from the schema of its result (see [openrpc.Sample]).
// rpc.discover answers with the document.
//
// Params are checked as far as their number, their names and how they are sent
// go: an error has the code [jsonrpc.CodeInvalidParams]. Handlers of one's own can
// take the place of any:
//
//	handlers := jsonrpctest.OpenRPC(doc)
//	handlers["get_pet"] = jsonrpctest.Func(func(id int) (Pet, error) { … })
//	url := jsonrpctest.Start(t, handlers)
func OpenRPC(doc *openrpc.Document) Handlers {
	handlers := Handlers{}
	for _, m := range doc.Methods {
		handlers[m.Name] = describedMethod(m)
	}
	// Also where the document describes it: its schema there is that of all documents.
	handlers[openrpc.DiscoverMethod] = func(context.Context, json.RawMessage) (any, error) { return doc.Raw, nil }
	return handlers
}

// describedMethod returns a handler that does what the description says.
func describedMethod(m *openrpc.Method) Handler {
	type answer struct {
		params []json.RawMessage
		result json.RawMessage
	}
	var examples []answer
	for _, e := range m.Examples {
		if e.Result != nil && e.Result.Value != nil {
			examples = append(examples, answer{m.ExampleParams(e), e.Result.Value})
		}
	}
	usual := json.RawMessage("null")
	switch {
	case len(examples) > 0:
		usual = examples[0].result
	case m.Result != nil:
		usual = openrpc.Sample(m.Result.Schema)
	}
	return func(_ context.Context, params json.RawMessage) (any, error) {
		values, err := inOrder(m, params)
		if err != nil {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "Invalid params: " + err.Error()}
		}
		for _, e := range examples {
			if slices.EqualFunc(trimmed(e.params), trimmed(values), openrpc.Equal) {
				return e.result, nil
			}
		}
		return usual, nil
	}
}

func paramIndex(m *openrpc.Method, name string) int {
	return slices.IndexFunc(m.Params, func(p *openrpc.ContentDescriptor) bool { return p.Name == name })
}

// trimmed leaves out what is not there at the end; null is as good as not there.
func trimmed(values []json.RawMessage) []json.RawMessage {
	values = slices.Clone(values)
	for i, v := range values {
		if v == nil {
			values[i] = json.RawMessage("null")
		}
	}
	for len(values) > 0 && string(values[len(values)-1]) == "null" {
		values = values[:len(values)-1]
	}
	return values
}

// inOrder returns params in the order of the description; nil for those that are
// not there.
func inOrder(m *openrpc.Method, params json.RawMessage) ([]json.RawMessage, error) {
	values := make([]json.RawMessage, len(m.Params))
	var err error
	switch params = bytes.TrimSpace(params); {
	case len(params) == 0:
	case params[0] == '[':
		err = byPosition(m, params, values)
	default:
		err = byName(m, params, values)
	}
	if err != nil {
		return nil, err
	}
	for i, p := range m.Params {
		if p.Required && values[i] == nil {
			return nil, fmt.Errorf("the param %q is missing", p.Name)
		}
	}
	return values, nil
}

func byPosition(m *openrpc.Method, params json.RawMessage, values []json.RawMessage) error {
	var items []json.RawMessage
	if err := json.Unmarshal(params, &items); err != nil {
		return err
	}
	switch {
	case m.ParamStructure == openrpc.ByName && len(items) > 0:
		return fmt.Errorf("%s takes its params by name, in an object", m.Name)
	case len(items) > len(values):
		return fmt.Errorf("%s takes %d params at most, not %d", m.Name, len(values), len(items))
	}
	copy(values, items)
	return nil
}

func byName(m *openrpc.Method, params json.RawMessage, values []json.RawMessage) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(params, &members); err != nil {
		return err
	}
	if m.ParamStructure == openrpc.ByPosition && len(members) > 0 {
		return fmt.Errorf("%s takes its params by position, in an array", m.Name)
	}
	var unknown []string
	for name, value := range members {
		if i := paramIndex(m, name); i >= 0 {
			values[i] = value
		} else {
			unknown = append(unknown, fmt.Sprintf("%q", name))
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("%s has no param %s", m.Name, strings.Join(unknown, " or "))
	}
	return nil
}
