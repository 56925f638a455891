package openrpc_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/jsonrpc/openrpc"
)

// document puts methods and components into a document.
func document(methods, components string) string {
	return `{"openrpc":"1.3.2","info":{"title":"Pets","version":"1"},"methods":[` + methods + `],"components":{` + components + `}}`
}

func mustParse(t *testing.T, text string) *openrpc.Document {
	t.Helper()
	doc, err := openrpc.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestParse(t *testing.T) {
	doc := mustParse(t, `{
		"openrpc": "1.4.1",
		"info": {"title": "Pets", "version": "2.0", "license": {"name": "MIT"}, "contact": {"email": "a@pets.example"}, "x-kind": "cats"},
		"servers": [{"url": "https://${who}.pets.example", "variables": {"who": {"default": "all", "enum": ["all", "few"]}}}],
		"methods": [
			{"name": "cat", "paramStructure": "by-name", "deprecated": true, "tags": [{"$ref": "#/components/tags/pets"}],
			 "params": [{"$ref": "#/components/contentDescriptors/Name"}, {"name": "limit", "schema": {"type": "integer"}}],
			 "result": {"name": "sound", "schema": {"$ref": "#/components/schemas/Sound"}},
			 "errors": [{"$ref": "#/components/errors/NoCat"}, {"code": -1.0, "message": "asleep"}],
			 "links": [{"method": "feed", "params": {"cat": "${result.name}"}}],
			 "examples": [{"name": "mew", "params": [{"$ref": "#/components/examples/mittens"}], "result": {"name": "sound", "value": "meow"}}]},
			{"name": "log", "params": []}
		],
		"components": {
			"contentDescriptors": {"Name": {"name": "name", "required": true, "schema": {"type": "string"}}},
			"schemas": {"Sound": {"type": ["string", "null"], "maxLength": 4}},
			"errors": {"NoCat": {"code": 404, "message": "no such cat", "data": {"type": "string"}}},
			"examples": {"mittens": {"name": "name", "value": "Mittens"}},
			"tags": {"pets": {"name": "pets"}}
		}
	}`)
	cat := doc.Method("cat")
	check := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	check("version", doc.OpenRPC, "1.4.1")
	check("title", doc.Info.Title, "Pets")
	check("license", doc.Info.License.Name, "MIT")
	check("extension", string(doc.Info.Extensions["x-kind"]), `"cats"`)
	check("variable", doc.Servers[0].Variables[0].Default, "all")
	check("structure", cat.ParamStructure, openrpc.ByName)
	check("structure of log", doc.Method("log").ParamStructure, openrpc.Either)
	check("result of log", doc.Method("log").Result, (*openrpc.ContentDescriptor)(nil))
	check("an unknown method", doc.Method("Cat"), (*openrpc.Method)(nil))
	check("tag", cat.Tags[0].Name, "pets")
	check("deprecated", cat.Deprecated, true)
	check("param", cat.Params[0].Name, "name")
	check("required", cat.Params[0].Required, true)
	check("second param", cat.Params[1].Required, false)
	check("shared schema", cat.Result.Schema.Target, doc.Components.Schemas["Sound"])
	check("resolved schema", *cat.Result.Schema.Resolve().MaxLength, 4)
	check("nullable", cat.Result.Schema.Resolve().Is("null"), true)
	check("error", cat.Errors[0].Name+" "+cat.Errors[0].Message, "NoCat no such cat")
	check("code", cat.Errors[1].Code, int64(-1))
	check("data", cat.Errors[0].DataSchema.Is("string"), true)
	check("link", string(cat.Links[0].Params["cat"]), `"${result.name}"`)
	check("example", string(cat.Examples[0].Params[0].Value), `"Mittens"`)
	check("example's result", string(cat.Examples[0].Result.Value), `"meow"`)
	check("unresolved", len(doc.Unresolved), 0)
}

func TestExampleParams(t *testing.T) {
	m := mustParse(t, document(`{"name":"m","params":[{"name":"a","schema":true},{"name":"b","schema":true}]}`, ``)).Methods[0]
	for _, test := range []struct{ names, want string }{
		{"b a", "1 0"},
		{"b", "nil 0"},
		{"a x", "0 1"},
		{"", "nil nil"}, //nolint:dupword // two values
		{"x y z", "0 1 2"},
	} {
		e := &openrpc.ExamplePairing{}
		for i, name := range strings.Fields(test.names) {
			e.Params = append(e.Params, &openrpc.Example{Name: name, Value: []byte(strconv.Itoa(i))})
		}
		var got []string
		for _, v := range m.ExampleParams(e) {
			if v == nil {
				v = []byte("nil")
			}
			got = append(got, string(v))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q: the values are %v, want %s", test.names, got, test.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", ``, "openrpc: not JSON: the text ends too soon"},
		{"cut off", `{"openrpc":`, "openrpc: not JSON: the text ends too soon"},
		{"not JSON", `{"openrpc":1,}`, "openrpc: not JSON: line 1, column 13: "},
		{"not JSON further down", "{\n \"openrpc\": \"1.0.0\",\n \"methods\": [x]\n}", "openrpc: not JSON: line 3, column 14: "},
		{"not JSON after it", "{\"openrpc\":\"1.0.0\",\"methods\":[]}\n}", "openrpc: not JSON: line 2, column 1: "},
		{"YAML", "# ours\nopenrpc: 1.4.0\nmethods: []\n", "openrpc: not JSON but YAML, as it seems: convert it first"},
		{"two values", `{} {}`, "openrpc: there is more than one JSON value"},
		{"twice the same member", `{"openrpc":"1.0.0","openrpc":"1.0.0"}`, "duplicate"},
		{"an array", `[]`, "openrpc: want an object, not an array"},
		{"no version", `{"methods":[]}`, `the member "openrpc" is missing`},
		{"another version", `{"openrpc":"2.0.0","methods":[]}`, `the version is "2.0.0": 1.0 to 1.4 are understood`},
		{"no methods", `{"openrpc":"1.0.0"}`, `the member "methods" is missing`},
		{"methods", `{"openrpc":"1.0.0","methods":{}}`, "openrpc: methods: want an array, not an object"},
		{"a method", document(`7`, ``), "methods[0]: want an object, not a number"},
		{"no name", document(`{}`, ``), `methods[0]: the member "name" is missing or empty`},
		{"two of a name", document(`{"name":"cat"},{"name":"cat"}`, ``), `two methods of the name "cat"`},
		{"structure", document(`{"name":"cat","paramStructure":"by-ear"}`, ``), `methods[0].paramStructure: "by-ear" is not one of`},
		{"params", document(`{"name":"cat","params":{}}`, ``), "methods[0].params: want an array, not an object"},
		{"a param", document(`{"name":"cat","params":[true]}`, ``), "methods[0].params[0]: want an object, not a boolean"},
		{"a code", document(`{"name":"cat","errors":[{"code":1.5}]}`, ``), `methods[0].errors[0].code: want an integer of 64 bits, found "1.5"`},
		{"no code", document(`{"name":"cat","errors":[{}]}`, ``), `methods[0].errors[0]: the member "code" is missing`},
		{"a schema", document(``, `"schemas":{"a b":[]}`), `components.schemas["a b"]: want a schema, which is an object, true or false, not an array`},
		{"properties", document(``, `"schemas":{"Pet":{"properties":[]}}`), "components.schemas.Pet.properties: want an object, not an array"},
		{"a deep one", `{"openrpc":` + strings.Repeat("[", 5000), "nested more than 256 deep"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := openrpc.Parse([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %s", err, test.want)
			}
		})
	}
}

func TestReferences(t *testing.T) {
	for _, test := range []struct{ name, ref, title string }{
		{"a pointer", "#/components/schemas/Pet", "pet"},
		{"escapes", "#/components/schemas/a~1b~0c%20d", "escaped"},
		{"anywhere", "#/components/schemas/Pet/properties/tags/prefixItems/1", "second"},
		{"draft-07's tuples", "#/components/schemas/Old/items/0", "old"},
		{"an anchor", "#here", "anchored"},
		{"draft-07's anchor", "#there", "anchored once"},
		{"an id", "https://pets.example/dog", "dog"},
		{"an id and a pointer", "https://pets.example/dog#/definitions/Tail", "tail"},
		{"a chain", "#/components/schemas/Alias", "pet"},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := mustParse(t, document(
				`{"name":"cat","result":{"name":"r","schema":{"$ref":"`+test.ref+`"}}}`,
				`"schemas":{
					"Pet":{"title":"pet","properties":{"tags":{"prefixItems":[true,{"title":"second"}]}}},
					"Alias":{"$ref":"#/components/schemas/Pet"},
					"a/b~c d":{"title":"escaped"},
					"Old":{"items":[{"title":"old"}]},
					"X":{"not":{"$anchor":"here","title":"anchored"}},
					"Y":{"not":{"$id":"#there","title":"anchored once"}},
					"Dog":{"$id":"https://pets.example/dog","title":"dog","definitions":{"Tail":{"title":"tail"}}}}`))
			if got := doc.Methods[0].Result.Schema.Resolve().Title; got != test.title || len(doc.Unresolved) > 0 {
				t.Errorf("%s leads to %q (%v), want %q", test.ref, got, doc.Unresolved, test.title)
			}
		})
	}
}

// TestEmbeddedReferences: generators put a schema into a document with the
// definitions that belong to it, and its references count from its own root.
func TestEmbeddedReferences(t *testing.T) {
	doc := mustParse(t, document(`{"name":"cat","result":{"name":"r","schema":{
		"properties":{"tail":{"$ref":"#/definitions/Tail"}},
		"definitions":{"Tail":{"title":"tail","properties":{"more":{"$ref":"#/definitions/Tail"}}}}}}}`, ``))
	tail := doc.Methods[0].Result.Schema.Property("tail").Resolve()
	if tail.Title != "tail" || tail.Property("more").Resolve() != tail {
		t.Errorf("the references lead to %+v, unresolved %v", tail, doc.Unresolved)
	}
}

// The document as a whole is no schema: # is the schema that the reference is in.
func TestWholeSchemaReference(t *testing.T) {
	doc := mustParse(t, document(`{"name":"m","result":{"name":"r","schema":{"title":"folder",
		"properties":{"folders":{"type":"array","items":{"$ref":"#"}}}}}}`, `"schemas":{"List":{"title":"list","properties":{"next":{"$ref":"#"}}}}`))
	folder, list := doc.Methods[0].Result.Schema, doc.Components.Schemas["List"]
	if got := folder.Property("folders").Items.Target; got != folder {
		t.Errorf("the folders are of the schema %q", got.Title)
	}
	if got := list.Property("next").Target; got != list {
		t.Errorf("the next one is of the schema %q", got.Title)
	}
}

func TestUnresolved(t *testing.T) {
	for _, test := range []struct{ ref, want string }{
		{"#/components/schemas/Dog", "leads to nothing in the document"},
		{"#/methods/1", "leads to nothing in the document"},
		{"#/methods/00", "leads to nothing in the document"},
		{"#dog", "names an anchor that is nowhere in the document"},
		{"#/%zz", "is not a reference"},
		{"https://pets.example/dog.json", "leads to another document, which is not fetched"},
		{"file:///etc/passwd", "leads to another document, which is not fetched"},
		{"#/components/schemas/A", "leads in a circle"},
	} {
		t.Run(test.ref, func(t *testing.T) {
			doc := mustParse(t, document(
				`{"name":"cat","params":[{"$ref":"https://pets.example/all.json#/Name"}],"errors":[{"$ref":"#/components/errors/x"}],
				  "result":{"name":"r","schema":{"$ref":"`+test.ref+`"}}}`,
				`"schemas":{"A":{"$ref":"#/components/schemas/B"},"B":{"$ref":"#/components/schemas/A"}}`))
			cat := doc.Methods[0]
			if name := cat.Params[0].Name; name != "Name" || !cat.Params[0].Schema.Anything() {
				t.Errorf("the param is %q", name)
			}
			if len(cat.Errors) != 0 {
				t.Errorf("the error that is nowhere is %+v", cat.Errors[0])
			}
			found := slices.ContainsFunc(doc.Unresolved, func(u openrpc.Unresolved) bool { return strings.Contains(u.String(), test.want) })
			if !found || cat.Result.Schema.Resolve().Ref == "" {
				t.Errorf("unresolved are %v, want %s", doc.Unresolved, test.want)
			}
		})
	}
}

// TestMalformedKeywords: what a schema says wrongly is as if it were not said.
func TestMalformedKeywords(t *testing.T) {
	doc := mustParse(t, document(``, `"schemas":{"Pet":{"type":7,"required":true,"enum":{},"minLength":-1,"minimum":"1","title":[],"$ref":1,"format":null}}`))
	if pet := doc.Components.Schemas["Pet"]; !pet.Anything() || len(doc.Unresolved) > 0 {
		t.Errorf("the schema is %+v", pet)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(document(`{"name":"cat","params":[{"name":"a","schema":{"$ref":"#/components/schemas/A"}}]}`,
		`"schemas":{"A":{"properties":{"a":{"$ref":"#/components/schemas/A"}},"allOf":[{"$ref":"#/components/schemas/A"}]}}`)))
	f.Add([]byte(document(`{"$ref":"#/methods/0"},{"name":"x","result":{"name":"r","schema":{"pattern":"^0x[a-f]{4}$","multipleOf":0.1,"minimum":-1e9}}}`, ``)))
	f.Add([]byte(document(``, `"schemas":{"A":{"type":"array","items":{"$ref":"#"},"minItems":9,"oneOf":[{"type":"null"},{"$ref":"#/components/schemas/A/items"}]}}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := openrpc.Parse(text)
		if err != nil {
			return
		}
		for _, m := range doc.Methods {
			if doc.Method(m.Name) != m {
				t.Errorf("method %q is not found by its name", m.Name)
			}
			for _, p := range m.Params {
				openrpc.Sample(p.Schema)
			}
		}
		for _, s := range doc.Components.Schemas {
			openrpc.Sample(s)
		}
	})
}
