package gogen

import (
	"encoding/json"
	"fmt"
	"strings"

	"example.com/jsonrpc/openrpc"
)

// writeExamples writes the examples of the document as tests. Those that break
// their own schemas cannot pass and are skipped, with the reason.
func (g *generator) writeExamples() string {
	var b strings.Builder
	for _, m := range g.methods {
		names := make(scope)
		for _, e := range m.Examples {
			name := names.pick(m.Name + "/" + e.Name)
			g.writeExample(&b, m, e, name)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "// TestExamples makes the calls of the description's examples.\nfunc TestExamples(t *testing.T) {\n" + b.String() + "}\n"
}

func (g *generator) writeExample(b *strings.Builder, m *method, e *openrpc.ExamplePairing, name string) {
	fmt.Fprintf(b, "t.Run(%q, func(t *testing.T) {\n", name)
	defer b.WriteString("})\n")
	values := m.exampleParams(e)
	why := m.misfit(values, e.Result)
	if why != "" {
		g.warnings = append(g.warnings, fmt.Sprintf("the example %q of %s is not tested: %s", e.Name, m.Name, why))
		fmt.Fprintf(b, "t.Skip(%q)\n", "the example and its schemas do not fit: "+why)
		return
	}
	result := "null"
	if e.Result != nil {
		result = compacted(e.Result.Value)
	}
	fmt.Fprintf(b, "client := New(&example{t: t, method: %q, params: %s, result: %s})\n", m.Name, quoted(m.sent(values)), quoted(result))
	arguments := []string{"t.Context()"}
	for _, p := range m.positional() {
		arguments = append(arguments, decoded(p, values))
	}
	if m.options != "" {
		var fields []string
		for _, p := range m.optional() {
			if values[p.Name] != nil {
				fields = append(fields, fmt.Sprintf("%s: %s,\n", p.field, decoded(p, values)))
			}
		}
		options := "nil"
		if len(fields) > 0 {
			options = fmt.Sprintf("&%s{\n%s}", m.options, strings.Join(fields, ""))
		}
		arguments = append(arguments, options)
	}
	returned := "_, err"
	if m.result == nil {
		returned = "err"
	}
	fmt.Fprintf(b, "%s := client.%s(%s)\nif err != nil {\nt.Error(err)\n}\n", returned, m.name, strings.Join(arguments, ", "))
}

// decoded writes an argument.
func decoded(p param, values map[string]json.RawMessage) string {
	v := values[p.Name]
	if v == nil {
		return "nil"
	}
	return fmt.Sprintf("decode[%s](t, %s)", p.typ, quoted(compacted(v)))
}

func compacted(v json.RawMessage) string {
	compact, err := json.Marshal(v)
	if err != nil {
		return string(v)
	}
	return string(compact)
}

// exampleParams returns the values of an example by the names of the params.
func (m *method) exampleParams(e *openrpc.ExamplePairing) map[string]json.RawMessage {
	values := make(map[string]json.RawMessage)
	for i, v := range m.ExampleParams(e)[:len(m.params)] {
		values[m.params[i].Name] = v
	}
	return values
}

// sent writes the params of an example as they are sent.
func (m *method) sent(values map[string]json.RawMessage) string {
	var parts []string
	for _, p := range m.params {
		v := values[p.Name]
		switch {
		case m.byName && v != nil:
			name, _ := json.Marshal(p.Name) // a string can always be
			parts = append(parts, string(name)+":"+compacted(v))
		case m.byName:
		case v == nil:
			parts = append(parts, "null")
		default:
			parts = append(parts, compacted(v))
		}
	}
	if m.byName {
		return "{" + strings.Join(parts, ",") + "}"
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// misfit tells why an example cannot pass, or "".
func (m *method) misfit(values map[string]json.RawMessage, result *openrpc.Example) string {
	for _, p := range m.params {
		v := values[p.Name]
		if v == nil {
			if !p.typ.nilable() {
				return fmt.Sprintf("the param %s is missing", clean(p.Name))
			}
			continue
		}
		if why := misfit(p.typ, v, true); why != "" {
			return fmt.Sprintf("the param %s: %s", clean(p.Name), why)
		}
	}
	switch {
	case m.result == nil:
		return ""
	case result == nil || result.Value == nil:
		return "the result is missing"
	}
	if why := misfit(m.result, result.Value, false); why != "" {
		return "the result: " + why
	}
	return ""
}
