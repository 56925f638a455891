package render

import (
	"bytes"
	"encoding/json"

	"example.com/jsonrpc/openrpc"
)

// Template returns params for a method to fill in: by name if the description says
// so, by position otherwise. All includes those that are optional. The values are
// of an example of the method, or made from the schemas. It is an
// empty array or object if the method takes none.
func Template(m *openrpc.Method, all bool) json.RawMessage {
	var names []string
	var values []json.RawMessage
	given := exampleValues(m)
	last := 0 // by position, nothing can be left out before what is there
	for i, p := range m.Params {
		if p.Required || all {
			last = i + 1
		}
	}
	for i, p := range m.Params {
		if m.ParamStructure == openrpc.ByName && !p.Required && !all || i >= last {
			continue
		}
		value := given[i]
		if value == nil {
			value = openrpc.Sample(p.Schema)
		}
		names, values = append(names, p.Name), append(values, value)
	}
	return join(m, names, values)
}

// Optional returns the names of the params that Template leaves out.
func Optional(m *openrpc.Method) []string {
	var names []string
	for _, p := range m.Params {
		switch {
		case !p.Required:
			names = append(names, p.Name)
		case m.ParamStructure != openrpc.ByName:
			names = nil // those before it are not left out
		}
	}
	return names
}

// exampleValues returns the values of the first example that has one for each
// param that is required.
func exampleValues(m *openrpc.Method) map[int]json.RawMessage {
	for _, pairing := range m.Examples {
		values := match(m, pairing)
		complete := true
		for i, p := range m.Params {
			if p.Required && values[i] == nil {
				complete = false
			}
		}
		if complete {
			return values
		}
	}
	return nil
}

// match returns the values of an example by the places of the params: by their
// names if all of them are those of params, else in their order.
func match(m *openrpc.Method, pairing *openrpc.ExamplePairing) map[int]json.RawMessage {
	byName, byPlace := map[int]json.RawMessage{}, map[int]json.RawMessage{}
	for place, example := range pairing.Params {
		if place < len(m.Params) {
			byPlace[place] = example.Value
		}
		for i, p := range m.Params {
			if p.Name == example.Name && byName[i] == nil {
				byName[i] = example.Value
				break
			}
		}
	}
	if len(byName) == len(pairing.Params) {
		return byName
	}
	return byPlace
}

// ExampleParams returns the params of an example, and whether all that the example
// should have is in the document.
func ExampleParams(m *openrpc.Method, pairing *openrpc.ExamplePairing) (json.RawMessage, bool) {
	values := match(m, pairing)
	var names []string
	var list []json.RawMessage
	for i, p := range m.Params {
		switch {
		case values[i] != nil:
			if m.ParamStructure != openrpc.ByName && len(list) < i {
				return nil, false // a gap
			}
			names, list = append(names, p.Name), append(list, values[i])
		case p.Required:
			return nil, false
		}
	}
	return join(m, names, list), true
}

// join makes params of values.
func join(m *openrpc.Method, names []string, values []json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	begin, end := byte('['), byte(']')
	if m.ParamStructure == openrpc.ByName {
		begin, end = '{', '}'
	}
	b.WriteByte(begin)
	for i, value := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		if m.ParamStructure == openrpc.ByName {
			name, _ := json.Marshal(names[i]) // a string: cannot fail
			b.Write(name)
			b.WriteByte(':')
		}
		if json.Compact(&b, value) != nil {
			b.WriteString("null")
		}
	}
	b.WriteByte(end)
	return b.Bytes()
}
