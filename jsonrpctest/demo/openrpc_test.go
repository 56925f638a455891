package demo_test

import (
	"encoding/json"
	"slices"
	"testing"

	"example.com/jsonrpc"
)

type document struct {
	OpenRPC string         `json:"openrpc"`
	Info    map[string]any `json:"info"`
	Methods []struct {
		Name, Summary, Description, ParamStructure string
		Params                                     []descriptor
		Result                                     *descriptor
		Errors                                     []struct {
			Code    int64
			Message string
		}
		Examples []struct {
			Name   string
			Params []value
			Result *value
		}
	} `json:"methods"`
}

type descriptor struct {
	Name, Summary string
	Required      bool
	Schema        json.RawMessage
}

type value struct {
	Name  string
	Value json.RawMessage
}

func TestDocument(t *testing.T) {
	client := connect(t)
	doc, err := jsonrpc.Call[document](t.Context(), client, "rpc.discover", nil)
	if err != nil {
		t.Fatal(err)
	}
	if doc.OpenRPC != "1.3.2" || doc.Info["title"] != "Demo" || doc.Info["version"] == nil {
		t.Errorf("openrpc %q, info %v", doc.OpenRPC, doc.Info)
	}
	var names []string
	for _, m := range doc.Methods {
		names = append(names, m.Name)
		if m.Summary == "" || m.Params == nil || m.Result == nil || m.Result.Name == "" || m.Result.Schema == nil {
			t.Errorf("%s: it needs a summary, params and a result", m.Name)
		}
		required := true
		for _, p := range m.Params {
			if p.Name == "" || p.Summary == "" || p.Schema == nil {
				t.Errorf("%s: param %q needs a name, a summary and a schema", m.Name, p.Name)
			}
			if p.Required && !required {
				t.Errorf("%s: required param %q after an optional one", m.Name, p.Name)
			}
			required = p.Required
		}
		// A method that is in the document only would not be found.
		if got := call(t, client, m.Name, `{"no such param":1}`); got == `{"code":-32601,"message":"Method not found"}` {
			t.Errorf("%s: %s", m.Name, got)
		}
	}
	if want := []string{"ping", "cat", "dog", "cube", "sum", "subtract", "echo", "sleep", "fail", "rpc.discover"}; !slices.Equal(names, want) {
		t.Errorf("methods %q, want %q", names, want)
	}
}

// TestDocumentExamples asks the server for each example of the document, in each
// way that it says it takes params.
func TestDocumentExamples(t *testing.T) {
	client := connect(t)
	doc, err := jsonrpc.Call[document](t.Context(), client, "rpc.discover", nil)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, m := range doc.Methods {
		for _, example := range m.Examples {
			byName, byPosition := jsonrpc.Named{}, jsonrpc.Args{}
			for i, p := range example.Params {
				if p.Name != m.Params[i].Name {
					t.Errorf("%s: example %q has param %q, want %q", m.Name, example.Name, p.Name, m.Params[i].Name)
				}
				byName[p.Name] = p.Value
				byPosition = append(byPosition, p.Value)
			}
			var ways []any
			if m.ParamStructure != "by-name" {
				ways = append(ways, byPosition)
			}
			if m.ParamStructure != "by-position" {
				ways = append(ways, byName)
			}
			if len(example.Params) == 0 {
				ways = []any{nil} // what they are to be called by, nobody can tell
			}
			for _, params := range ways {
				got, err := client.Request(t.Context(), m.Name, params)
				if err != nil || string(got) != string(example.Result.Value) {
					t.Errorf("%s: example %q with %v: %s, %v, want %s", m.Name, example.Name, params, got, err, example.Result.Value)
				}
				ran++
			}
		}
	}
	if ran < 10 {
		t.Errorf("only %d examples", ran)
	}
}
