package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/jsonrpc/openrpc"
)

const document = `{"openrpc":"1.3.2","methods":[
	{"name":"pet","params":[
		{"name":"id","required":true,"schema":{"type":"integer","minimum":1}},
		{"name":"filter","schema":{"$ref":"#/components/schemas/Filter"}}],
	 "result":{"name":"pet","schema":{"$ref":"#/components/schemas/Pet"}}},
	{"name":"named","paramStructure":"by-name","params":[{"name":"color","required":true,"schema":{"enum":["red","green"]}}]},
	{"name":"placed","paramStructure":"by-position","params":[{"name":"x","schema":true}]},
	{"name":"forms","params":[{"name":"v","schema":{"oneOf":[
		{"type":"string","pattern":"^0x"},
		{"type":"object","required":["n"],"properties":{"n":{"type":"number","maximum":1.5}}},
		{"type":"null"}]}}]},
	{"name":"overlap","params":[{"name":"v","schema":{"oneOf":[
		{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}},
		{"type":"object","required":["a","b"],"properties":{"a":{"type":"integer"},"b":{"type":"integer"}}}]}}]},
	{"name":"none","params":[],"result":{"name":"r","schema":false}},
	{"name":"either","params":[{"name":"v","schema":{"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]}}]},
	{"name":"odd","params":[{"name":"v","schema":{"type":"array","items":[{"type":"string"}],"additionalItems":false,"required":true,"minItems":-1}}]},
	{"name":"lookahead","params":[{"name":"v","schema":{"pattern":"^(?!x)"}}]},
	{"name":"far","params":[{"name":"v","schema":{"$ref":"https://far.example/s.json#/a"}}]},
	{"name":"nullable","params":[{"name":"v","schema":{"type":"string","nullable":true}}]}],
	"components":{"schemas":{
		"Filter":{"type":"object","additionalProperties":false,"properties":{"tags":{"type":"array","items":{"type":"string","minLength":2},"maxItems":2}}},
		"Pet":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"mother":{"$ref":"#/components/schemas/Pet"}}}}}}`

func method(t *testing.T, name string) *openrpc.Method {
	t.Helper()
	doc, err := openrpc.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Method(name)
}

func texts(problems []Problem) string {
	all := make([]string, len(problems))
	for i, p := range problems {
		all[i] = p.String()
	}
	return strings.Join(all, "; ")
}

func TestParams(t *testing.T) {
	for _, test := range []struct{ method, params, want string }{
		{"pet", `[1]`, ""},
		{"pet", `{"id":1,"filter":{"tags":["aa"]}}`, ""},
		{"pet", ``, "params[0] (id): expected a value: it is required, got nothing"},
		{"pet", `{}`, "params.id: expected a value: it is required, got nothing"},
		{"pet", `["1"]`, `params[0] (id): expected an integer, got a string ("1")`},
		{"pet", `[0]`, `params[0] (id): expected a number of 1 or more, got 0`},
		{"pet", `[1,{},3]`, "params: expected 2 at most (id, filter), got 3"},
		{"pet", `{"id":1,"fliter":{}}`, `params: expected one of id, filter (did you mean "filter"?), got the name "fliter"`},
		{"pet", `{"id":1,"filter":{"tags":["aa","b"]}}`, `params.filter.tags[1]: expected 2 characters or more, got "b"`},
		{"pet", `{"id":1,"filter":{"tags":["aa","bb","cc"]}}`, `params.filter.tags: expected 2 items at most, got 3`},
		{"pet", `{"id":1,"filter":{"a b":1}}`, `params.filter: expected no other members than those described, got also "a b"`},
		{"pet", `[1e9999999]`, `params[0] (id): expected numbers that can be compared, got 1e9999999`},
		{"pet", `3`, "params: expected an array or an object, got 3"},
		{"named", `["red"]`, "params: expected an object: they go by name, got an array"},
		{"named", `{"color":"blue"}`, `params.color: expected one of "red", "green", got "blue"`},
		{"placed", `{"x":1}`, "params: expected an array: they go by position, got an object"},
		{"placed", `[1]`, ""},
		{"forms", `["0x1"]`, ""},
		{"forms", `[null]`, ""},
		{"forms", `[{"n":1.5}]`, ""},
		{"forms", `[{"n":2}]`, "params[0] (v).n: expected a number of 1.5 at most, got 2"},
		{"forms", `["1"]`, `params[0] (v): expected a string that matches ^0x, or an object, or null, got "1"`},
		{"forms", `[{"m":1}]`, `params[0] (v): expected a string, or the members "n", or null, got {"m":1}`},
		{"overlap", `[{"a":1}]`, ""},
		{"overlap", `[{"a":1,"b":2}]`, ""}, // both forms, of which the second has all of the first
		{"overlap", `[{"b":2}]`, `params[0] (v): expected the members "a", got {"b":2}`},
		{"either", `[{"b":2}]`, ""},
		{"either", `[{"a":1,"b":2}]`, `params[0] (v): expected exactly one of its forms, and it fits forms 1 and 2, got {"a":1,"b":2}`},
		{"odd", `[["x"]]`, ""},
		{"odd", `[["x",1]]`, "params[0] (v)[1]: expected nothing, got 1"},
		{"lookahead", `["x"]`, ""}, // Go has no such patterns
		{"far", `[1]`, ""},         // it is not fetched
		{"nullable", `[null]`, ""},
		{"nullable", `[1]`, "params[0] (v): expected null or a string, got a number (1)"},
	} {
		got, err := Options{}.Params(method(t, test.method), json.RawMessage(test.params))
		if err != nil || texts(got) != test.want {
			t.Errorf("%s %s: got %s, %v, want %s", test.method, test.params, texts(got), err, test.want)
		}
	}
}

func TestResult(t *testing.T) {
	for result, want := range map[string]string{
		`{"name":"Mittens"}`: "",
		`{"name":"Mittens","mother":{"mother":{"name":3}}}`: `result.mother: expected the members "name", got only "mother"; ` +
			`result.mother.mother.name: expected a string, got a number (3)`,
		`null`: "result: expected an object, got null",
	} {
		got, err := Options{}.Result(method(t, "pet"), json.RawMessage(result))
		if err != nil || texts(got) != want {
			t.Errorf("%s: got %s, %v, want %s", result, texts(got), err, want)
		}
	}
	for result, want := range map[string]string{`null`: "", `1`: "result: expected nothing, got 1"} {
		if got, err := (Options{}).Result(method(t, "none"), json.RawMessage(result)); err != nil || texts(got) != want {
			t.Errorf("none, %s: %s, %v", result, texts(got), err)
		}
	}
	if got, err := (Options{}).Result(method(t, "named"), json.RawMessage(`1`)); err != nil || got != nil {
		t.Errorf("without a result: %v, %v", got, err)
	}
}

// TestFetch: schemas elsewhere are used only if they may be fetched.
func TestFetch(t *testing.T) {
	o := Options{Fetch: func(url string) ([]byte, error) {
		if url != "https://far.example/s.json" {
			return nil, errors.New("asked for " + url)
		}
		return []byte(`{"a":{"type":"string","format":"date"}}`), nil
	}}
	got, err := o.Params(method(t, "far"), json.RawMessage(`[1]`))
	if err != nil || texts(got) != "params[0] (v): expected a string, got a number (1)" {
		t.Errorf("got %s, %v", texts(got), err)
	}
	if got, err := o.Params(method(t, "far"), json.RawMessage(`["no date"]`)); err != nil || got != nil {
		t.Errorf("a format is a note: %s, %v", texts(got), err)
	}
	o.Fetch = func(string) ([]byte, error) { return nil, errors.New("gone") }
	if _, err := o.Params(method(t, "far"), json.RawMessage(`[1]`)); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("got %v", err)
	}
}

// FuzzCheck: no schema and no value make it fail otherwise than by an error, and
// no schema that was read cannot be used.
func FuzzCheck(f *testing.F) {
	f.Add(`{"type":"string"}`, `1`)
	f.Add(`{"$ref":"#/components/schemas/X"}`, `[]`)
	f.Add(`{"oneOf":[{"const":1},{"required":["a"]}],"items":{"$ref":"#/components/schemas/X"}}`, `[[1,{"a":2}]]`)
	f.Fuzz(func(t *testing.T, schema, value string) {
		if !json.Valid([]byte(schema)) || !json.Valid([]byte(value)) {
			return
		}
		doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","methods":[{"name":"m","params":[{"name":"p","schema":` + schema + `}]}],"components":{"schemas":{"X":` + schema + `}}}`))
		if err != nil {
			return
		}
		if _, err := (Options{}).Params(doc.Methods[0], json.RawMessage("["+value+"]")); err != nil && !errors.Is(err, errTooManySteps) {
			t.Errorf("%s %s: %v", schema, value, err)
		}
	})
}

// TestTooManyWays: schemas that refer to each other in more ways than can be followed
// end a check with an error, whatever keyword they use, and a large value does not.
func TestTooManyWays(t *testing.T) {
	for _, keyword := range []string{"anyOf", "allOf", "oneOf", "not"} {
		var schemas []string
		for i := range 30 {
			forms := strings.TrimSuffix(strings.Repeat(fmt.Sprintf(`{"$ref":"#/components/schemas/s%d"},`, i+1), 20), ",")
			schema := fmt.Sprintf(`{%q:[%s]}`, keyword, forms)
			if keyword == "not" {
				schema = `{"not":{"anyOf":[` + forms + `]}}`
			}
			schemas = append(schemas, fmt.Sprintf(`"s%d":%s`, i, schema))
		}
		doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","info":{"title":"t","version":"1"},"methods":[
			{"name":"m","params":[{"name":"v","schema":{"$ref":"#/components/schemas/s0"}}]}],
			"components":{"schemas":{` + strings.Join(schemas, ",") + `,"s30":{"type":"string"}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		const want = "params[0] (v) cannot be checked: its schemas refer to one another in more ways than can be followed"
		if got, err := (Options{}).Params(doc.Methods[0], json.RawMessage(`[1]`)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, %v", keyword, texts(got), err)
		}
	}
	large := "[[" + strings.TrimSuffix(strings.Repeat(`{"a":[1,"b",null]},`, 50_000), ",") + "]]"
	doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","info":{"title":"t","version":"1"},"methods":[{"name":"m","params":[{"name":"v","schema":
		{"type":"array","items":{"type":"object","properties":{"a":{"type":"array","items":{"anyOf":[{"type":"integer"},{"type":["string","null"]}]}}}}}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (Options{}).Params(doc.Methods[0], json.RawMessage(large)); err != nil || got != nil {
		t.Errorf("%v, %v", texts(got), err)
	}
}
