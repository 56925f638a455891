package openrpc_test

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/jsonrpc/openrpc"
)

func TestSample(t *testing.T) {
	for _, test := range []struct{ name, schema, want string }{
		{"true", `true`, `null`},
		{"example", `{"type":"string","examples":["meow","purr"],"default":"x"}`, `"meow"`},
		{"OpenAPI's example", `{"example":{"a": 1}}`, `{"a":1}`},
		{"an example of another type", `{"type":"integer","examples":["meow"],"default":3}`, `3`},
		{"default", `{"type":"integer","default":0,"minimum":2}`, `0`},
		{"const", `{"const":[1]}`, `[1]`},
		{"enum", `{"type":"string","enum":[1,"b","c"]}`, `"b"`},
		{"a default that the enum does not have", `{"enum":["a"],"default":"b"}`, `"a"`},
		{"boolean", `{"type":"boolean"}`, `true`},
		{"null", `{"type":"null"}`, `null`},
		{"nullable", `{"type":["null","boolean"]}`, `true`},
		{"integer", `{"type":"integer"}`, `0`},
		{"minimum", `{"type":"integer","minimum":3}`, `3`},
		{"minimum that is no integer", `{"type":"integer","minimum":2.5}`, `3`},
		{"exclusive minimum", `{"type":"integer","exclusiveMinimum":3}`, `4`},
		{"maximum", `{"type":"integer","maximum":-3}`, `-3`},
		{"exclusive maximum", `{"type":"integer","exclusiveMaximum":0}`, `-1`},
		{"multiple", `{"type":"integer","minimum":10,"multipleOf":7}`, `14`},
		{"large", `{"type":"integer","minimum":18446744073709551616}`, `18446744073709551616`},
		{"huge", `{"type":"number","minimum":1e999999999}`, `0`},
		{"tiny", `{"type":"number","exclusiveMinimum":1e-999999999}`, `0`},
		{"between integers", `{"type":"number","minimum":0.25,"maximum":0.5}`, `0.25`},
		{"between exclusive bounds", `{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}`, `0.5`},
		{"between an exclusive bound and another", `{"type":"number","exclusiveMinimum":0.25,"maximum":0.75}`, `0.5`},
		{"under an exclusive bound", `{"type":"number","minimum":-0.5,"exclusiveMinimum":-1,"exclusiveMaximum":-0.25}`, `-0.5`},
		{"string", `{"type":"string"}`, `"string"`},
		{"short", `{"type":"string","maxLength":3}`, `"str"`},
		{"long", `{"type":"string","minLength":8}`, `"xxxxxxxx"`},
		{"format", `{"type":"string","format":"date-time"}`, `"2026-01-02T03:04:05Z"`},
		{"pattern", `{"type":"string","pattern":"^0x([1-9a-f][0-9a-f]*|0)$"}`, `"0xa"`},
		{"pattern with counts", `{"type":"string","pattern":"^[A-Z]{2}-\\d{3,}$"}`, `"AA-000"`},
		{"a pattern and a length", `{"type":"string","pattern":"^0x[0-9a-f]*$","minLength":6,"maxLength":6}`, `"0x0000"`},
		{"a pattern and a length, in an alternative", `{"type":"string","pattern":"^0x([1-9a-f][0-9a-f]*|0)$","minLength":5}`, `"0xa00"`},
		{"a pattern and a length, with a least count", `{"type":"string","pattern":"^[a-z]{1,}$","minLength":4}`, `"aaaa"`},
		{"a pattern and a length, with a most", `{"type":"string","pattern":"^[a-z]{1,3}-?[0-9]{0,2}$","minLength":5}`, `"aaa-0"`},
		{"a pattern that is always shorter", `{"type":"string","pattern":"^ab?$","minLength":4}`, `"ab"`},
		{"a pattern of pairs", `{"type":"string","pattern":"^(ab)+$","minLength":5}`, `"ababab"`},
		{"a pattern that Go does not know", `{"type":"string","pattern":"^(?!a)b$"}`, `"string"`},
		{"array", `{"type":"array","items":{"type":"integer"}}`, `[0]`},
		{"array of any", `{"type":"array"}`, `[]`},
		{"at least", `{"type":"array","items":{"type":"integer"},"minItems":2}`, `[0,0]`},
		{"at most none", `{"type":"array","items":{"type":"integer"},"maxItems":0}`, `[]`},
		{"tuple", `{"items":[{"type":"integer"},{"type":"string"}]}`, `[0,"string"]`},
		{"required members", `{"type":"object","properties":{"a":{"type":"integer"},"b":{}},"required":["a"]}`, `{"a":0}`},
		{"no member required", `{"properties":{"b":{"type":"integer"},"a":{"type":"boolean"}}}`, `{"b":0,"a":true}`},
		{"required and not described", `{"type":"object","required":["a"]}`, `{"a":null}`},
		{"map", `{"type":"object","additionalProperties":{"type":"integer"}}`, `{"key":0}`},
		{"map with names", `{"type":"object","patternProperties":{"^x-[a-z]+$":{"type":"integer"}}}`, `{"x-a":0}`},
		{"allOf", `{"allOf":[{"properties":{"a":{"type":"integer"}}},{"properties":{"b":{"type":"integer"}}}],"properties":{"c":{"type":"integer"}}}`, `{"a":0,"b":0,"c":0}`},
		{"oneOf", `{"oneOf":[{"type":"null"},{"type":"integer"}]}`, `0`},
		{"anyOf beside properties", `{"properties":{"a":{"const":1}},"anyOf":[{"properties":{"b":{"const":2}}}]}`, `{"b":2,"a":1}`},
		{"a list", `{"$ref":"#/components/schemas/List"}`, `{"value":0}`},
		{"a tree", `{"$ref":"#/components/schemas/Tree"}`, `{"value":0,"branches":[]}`},
		{"recursion by nullable", `{"$ref":"#/components/schemas/Nullable"}`, `{"next":null}`},
		{"recursion with a way out", `{"$ref":"#/components/schemas/Either"}`, `"string"`},
		{"recursion without end", `{"$ref":"#/components/schemas/Endless"}`, `null`},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := mustParse(t, document(`{"name":"m","result":{"name":"r","schema":`+test.schema+`}}`, `"schemas":{
				"List":{"properties":{"value":{"type":"integer"},"next":{"$ref":"#/components/schemas/List"}}},
				"Tree":{"properties":{"value":{"type":"integer"},"branches":{"type":"array","items":{"$ref":"#/components/schemas/Tree"}}}},
				"Nullable":{"type":["object","null"],"required":["next"],"properties":{"next":{"$ref":"#/components/schemas/Nullable"}}},
				"Either":{"oneOf":[{"required":["not"],"properties":{"not":{"$ref":"#/components/schemas/Either"}}},{"type":"string"}]},
				"Endless":{"required":["more"],"properties":{"more":{"$ref":"#/components/schemas/Endless"}}}}`))
			if got := openrpc.Sample(doc.Methods[0].Result.Schema); string(got) != test.want {
				t.Errorf("the sample is %s, want %s", got, test.want)
			}
		})
	}
}

// TestSampleBounded: schemas that double at each step end all the same.
func TestSampleBounded(t *testing.T) {
	var schemas strings.Builder
	for i := range 60 {
		next := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[i : i+2]
		schemas.WriteString(`"` + next[:1] + `":{"properties":{"l":{"$ref":"#/components/schemas/` + next[1:] + `"},"r":{"$ref":"#/components/schemas/` + next[1:] + `"}}},`)
	}
	doc := mustParse(t, document(``, `"schemas":{`+strings.TrimSuffix(schemas.String(), ",")+`}`))
	if v := openrpc.Sample(doc.Components.Schemas["A"]); len(v) > 1<<20 || !json.Valid(v) {
		t.Errorf("the sample has %d bytes", len(v))
	}
}

// A document cannot have a sample take more memory than a large document does.
func TestSampleOfLargeExamples(t *testing.T) {
	large := `"` + strings.Repeat("x", 100_000) + `"`
	for name, schema := range map[string]string{
		"one":         `{"type":"string","examples":[` + large + `]}`,
		"many":        `{"type":"array","minItems":2000,"items":{"examples":[` + large + `]}}`,
		"many pairs":  `{"type":"array","minItems":50,"items":{"type":"array","minItems":50,"items":{"examples":[` + large + `]}}}`,
		"many wanted": `{"type":"object","properties":{"a":{"type":"array","minItems":2000,"items":{"const":` + large + `}},"b":{"const":` + large + `}}}`,
	} {
		doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.0","methods":[{"name":"m","params":[],"result":{"name":"r","schema":` + schema + `}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		sample := openrpc.Sample(doc.Methods[0].Result.Schema)
		if !json.Valid(sample) || len(sample) > 1<<20 || name == "one" && string(sample) != large {
			t.Errorf("%s: %d bytes", name, len(sample))
		}
	}
}
