package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestLayouts(t *testing.T) {
	const text = "\t{\"a\":[1.0,-2e+3,{},[ ],[[]]],\n \"b\" : { \"c\":null,\"d\":\"x, y: {z} \\\" \"}} "
	for name, test := range map[string]struct {
		layout layout
		want   string
	}{
		"compact": {compact, `{"a":[1.0,-2e+3,{},[],[[]]],"b":{"c":null,"d":"x, y: {z} \" "}}`},
		"spaced":  {spaced, `{"a": [1.0, -2e+3, {}, [], [[]]], "b": {"c": null, "d": "x, y: {z} \" "}}`},
		"pretty": {pretty, strings.TrimPrefix(`
{
  "a": [
    1.0,
    -2e+3,
    {},
    [],
    [
      []
    ]
  ],
  "b": {
    "c": null,
    "d": "x, y: {z} \" "
  }
}`, "\n")},
		"coloured": {layout{palette: palette{"K", "T", "N", "W", "."}}, `{K"a".:[N1.0.,N-2e+3.,{},[],[[]]],K"b".:{K"c".:Wnull.,K"d".:T"x, y: {z} \" ".}}`},
	} {
		if got := string(test.layout.format([]byte(text))); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.want)
		}
	}
}

// TestDangerousRunes looks at each class: what could act on a terminal is
// escaped, what people write is not.
func TestDangerousRunes(t *testing.T) {
	const text = "\"\x7f\u0080\u009b\u061c\u200e\u202e\u2028\u2066 é ñ 日本 👩\u200d🚀 \u00ad\\u001b\""
	const want = "\"\\u007f\\u0080\\u009b\\u061c\\u200e\\u202e\\u2028\\u2066 é ñ 日本 👩\u200d🚀 \u00ad\\u001b\""
	if got := string(compact.format([]byte(text))); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := visible("a\x1b[2J\r\n\tb\xff", "\n\t"); got != "a\\u001b[2J\\u000d\n\tb\ufffd" {
		t.Errorf("got %q", got)
	}
}

// FuzzLayout checks that no layout changes a value, or lets anything dangerous
// through.
func FuzzLayout(f *testing.F) {
	f.Add([]byte(`{"a":[1.0,"x\u001b\\"],"b":{}}`))
	f.Add([]byte("[\"\u202e\x7f\", 12345678901234567890]"))
	f.Add([]byte(`***:{"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, l := range []layout{compact, spaced, pretty} {
			got := l.format(text)
			if bytes.ContainsFunc(got, func(r rune) bool { return dangerous(r) && r != '\n' }) {
				t.Fatalf("dangerous: %q", got)
			}
			if !json.Valid(text) {
				continue
			}
			if !json.Valid(got) {
				t.Fatalf("%q became %q", text, got)
			}
			want, _ := decodeNumbers(text)
			if have, _ := decodeNumbers(got); want != have {
				t.Fatalf("%q became %q", want, have)
			}
		}
	})
}

// decodeNumbers returns the value in a canonical form, with numbers as they are.
func decodeNumbers(text []byte) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return "", err
	}
	canonical, err := json.Marshal(v)
	return string(canonical), err
}
