package support

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

func TestMatch(t *testing.T) {
	shapes := []shape{
		{of: 0, kinds: "{", required: []string{"a"}, known: []string{"a", "b"}},
		{of: 1, kinds: "{", required: []string{"a", "c"}, known: []string{"a", "c"}},
		{of: 2, kinds: "{", known: []string{"kind"}, values: map[string][]string{"kind": {`"x"`, "1"}}},
		{of: 3, kinds: `"0`},
		{of: 4, kinds: "t["},
	}
	for _, test := range []struct {
		text string
		want []int
	}{
		{`{"a":1}`, []int{0, 1, 2}},
		{`{"c":1}`, []int{1, 2, 0}},
		{`{"d":1}`, []int{2, 0, 1}},
		{`{"a":1,"c":2}`, []int{1, 0, 2}},
		{`{"kind":"x"}`, []int{2, 0, 1}},
		{`{"kind": 1 }`, []int{2, 0, 1}},
		{`{"kind":"y","a":1}`, []int{0, 1}},
		{` "s"`, []int{3}},
		{`-1`, []int{3}},
		{`7`, []int{3}},
		{`false`, []int{4}},
		{`[{}]`, []int{4}},
		{`null`, nil},
		{``, nil},
		{`{`, nil},
	} {
		if got := match([]byte(test.text), shapes); !slices.Equal(got, test.want) {
			t.Errorf("%s is matched by %v, want %v", test.text, got, test.want)
		}
	}
}

// Servers differ in what they escape, and so do those who write documents.
func TestMatchEscaped(t *testing.T) {
	shapes := []shape{
		{of: 0, kinds: "{", known: []string{"type"}, values: map[string][]string{"type": {`"text/html"`}}},
		{of: 1, kinds: "{", known: []string{"type"}, values: map[string][]string{"type": {`"caf\u00e9"`, "1"}}},
	}
	for text, want := range map[string][]int{
		`{"type":"text\/html"}`: {0}, `{"type":"\u0074ext/html"}`: {0}, `{"type":"café"}`: {1}, `{"type":"caf\u00E9"}`: {1}, `{"type":1}`: {1},
		`{"type":"text\\/html"}`: nil, `{"type":"caf\u00e8"}`: nil, `{"type":{"caf\u00e9":1}}`: nil, `{"type":null}`: nil, `{"type":"1"}`: nil,
	} {
		if got := match([]byte(text), shapes); !slices.Equal(got, want) {
			t.Errorf("%s is matched by %v, want %v", text, got, want)
		}
	}
}

func TestAffordable(t *testing.T) {
	for text, want := range map[string]int{
		`7`: 3, `[[[[]]]]`: 3, `{"a":[{"b":[]}],"c":[[[]]]}`: 3, `["[[[[[\"[[[[["]`: 3, `[[[[[]]]]]`: 1, `{"a":{"b":[[{}]]}}`: 1,
	} {
		if got := affordable([]byte(text), []int{2, 0, 1}); len(got) != want || got[0] != 2 {
			t.Errorf("%s is tried for %v, want %d of them", text, got, want)
		}
	}
}

func TestTrim(t *testing.T) {
	one := 1
	for _, test := range []struct{ params, want []any }{
		{nil, nil},
		{[]any{(*int)(nil), []int(nil)}, []any{}},
		{[]any{(*int)(nil), &one, nil}, []any{(*int)(nil), &one}},
		{[]any{[]int{}, map[string]int(nil)}, []any{[]int{}}},
		{[]any{nil, "of any type", nil}, []any{nil, "of any type"}},
		{[]any{0}, []any{0}},
	} {
		if got := trim(test.params...); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v is trimmed to %v, want %v", test.params, got, test.want)
		}
	}
}

func TestTuple(t *testing.T) {
	var a string
	b := 5
	rest, err := unmarshalTuple([]byte(`["x"]`), &a, &b)
	if err != nil || rest != nil || a != "x" || b != 5 {
		t.Errorf("%q, %d, %s, %v", a, b, rest, err)
	}
	rest, err = unmarshalTuple([]byte(`["y",6,true,{}]`), &a, &b)
	if err != nil || len(rest) != 2 || a != "y" || b != 6 {
		t.Errorf("%q, %d, %s, %v", a, b, rest, err)
	}
	if _, err = unmarshalTuple([]byte(`["y","z"]`), &a, &b); err == nil || err.Error() != "item 1: json: cannot unmarshal string into Go value of type int" {
		t.Error(err)
	}
	if _, err = unmarshalTuple([]byte(`{}`), &a); err == nil {
		t.Error("an object is no tuple")
	}
}

func TestTupleRest(t *testing.T) {
	var a string
	rest := []int{9}
	if err := unmarshalTupleRest([]byte(`["x",2,3]`), &rest, &a); err != nil || a != "x" || !reflect.DeepEqual(rest, []int{2, 3}) {
		t.Errorf("%q, %v, %v", a, rest, err)
	}
	if text, err := marshalTupleRest(rest, a); err != nil || string(text) != `["x",2,3]` {
		t.Errorf("%s, %v", text, err)
	}
	if err := unmarshalTupleRest([]byte(`["x"]`), &rest, &a); err != nil || rest != nil {
		t.Errorf("%v, %v", rest, err)
	}
	if err := unmarshalTupleRest([]byte(`["x",2,"y"]`), &rest, &a); err == nil || err.Error() != "item 2: json: cannot unmarshal string into Go value of type int" {
		t.Error(err)
	}
	if err := unmarshalTupleRest([]byte(`[1]`), &rest, &a); err == nil {
		t.Error("a number is no string")
	}
}

func TestRest(t *testing.T) {
	rest, err := unmarshalRest[int]([]byte(`{"a":"known","b":2}`), "a")
	if err != nil || !reflect.DeepEqual(rest, map[string]int{"b": 2}) {
		t.Errorf("%v, %v", rest, err)
	}
	if _, err := unmarshalRest[int]([]byte(`{"b":"x"}`)); err == nil {
		t.Error("a string is no int")
	}
	for _, test := range []struct {
		value any
		rest  map[string]int
		want  string
	}{
		{struct{ A int }{1}, map[string]int{"b": 2}, `{"A":1,"b":2}`},
		{struct{}{}, map[string]int{"b": 2}, `{"b":2}`},
		{struct{ A int }{1}, nil, `{"A":1}`},
	} {
		if got, err := marshalRest(test.value, test.rest); err != nil || string(got) != test.want {
			t.Errorf("%s, %v, want %s", got, err, test.want)
		}
	}
}

func TestExample(t *testing.T) {
	e := &example{t: t, method: "m", params: `[{"a":1,"more":[]},"2026-01-02T03:04:05.0Z",null]`, result: `7`}
	var result int
	err := e.Call(t.Context(), "m", []any{map[string]int{"a": 1}, "2026-01-02T03:04:05Z"}, &result)
	if err != nil || result != 7 {
		t.Errorf("%d, %v", result, err)
	}
	if err := e.Notify(t.Context(), "m", json.RawMessage(`[]`)); err != nil {
		t.Error(err)
	}
	if _, err := e.Send(t.Context(), nil); err == nil {
		t.Error("an example is no batch")
	}
	for _, test := range []struct{ sent, example string }{
		{`[1]`, `[2]`},
		{`{"a":1}`, `[]`},
		{`[1]`, `{}`},
		{`{"a":1}`, `{}`},
		{`[1,2]`, `[1]`},
		{`"a"`, `"b"`},
		{`"2026-01-02T03:04:05Z"`, `"2026-01-02T03:04:06Z"`},
	} {
		if within(decode[any](t, test.sent), decode[any](t, test.example)) {
			t.Errorf("%s is within %s", test.sent, test.example)
		}
	}
}
