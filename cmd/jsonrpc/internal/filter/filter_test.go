package filter

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func run(t *testing.T, f *Filter, value string) (string, error) {
	t.Helper()
	var lines []string
	for text, err := range f.Run(t.Context(), json.RawMessage(value)) {
		if err != nil {
			return strings.Join(lines, "\n"), err
		}
		lines = append(lines, string(text))
	}
	return strings.Join(lines, "\n"), nil
}

func TestRun(t *testing.T) {
	for _, test := range []struct{ expression, value, want string }{
		{".", `null`, `null`},
		{".items[0]", `{"items":[1,2]}`, `1`},
		{".[]", `[1,"<é>",{}]`, "1\n\"<é>\"\n{}"},
		{"empty", `1`, ""},
		{"1, halt, 2", `1`, "1"},
		// Numbers keep their digits, unless they are calculated with and have decimals.
		{".", `123456789012345678901234567890`, `123456789012345678901234567890`},
		{". + 1", `123456789012345678901234567890`, `123456789012345678901234567891`},
		{".a", `{"a":0.10000000000000000000000000000001}`, `0.10000000000000000000000000000001`},
		{".", `1.50`, `1.50`},
		{". + 0", `1.50`, `1.5`},
		{". == 9007199254740993", `9007199254740992`, `false`},
		// Keys are sorted.
		{".", `{"b":1,"a":2}`, `{"a":2,"b":1}`},
		// Nothing of the environment or of stdin can be had.
		{"env | length", `1`, `0`},
	} {
		f, err := Parse(test.expression)
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		if got, err := run(t, f, test.value); got != test.want || err != nil {
			t.Errorf("%s of %s: %s, %v, want %s", test.expression, test.value, got, err, test.want)
		}
	}
}

func TestParseError(t *testing.T) {
	for expression, want := range map[string]string{
		".a b":               `it is no expression of jq: character 4: unexpected token "b"`,
		".é | ]":             `it is no expression of jq: character 2: unexpected token "é"`,
		".items[":            `it is no expression of jq: it ends too soon`,
		"":                   `it is no expression of jq: missing query (try ".")`,
		"nothere":            `it is no expression of jq: function not defined: nothere/0`,
		"_":                  `it is no expression of jq: function not defined: _/0`,
		"input":              `it is no expression of jq: input(s)/0 is not allowed`,
		`import "a" as b; .`: `it is no expression of jq: cannot load module: "a"`,
	} {
		if _, err := Parse(expression); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", expression, err, want)
		}
	}
}

func TestLast(t *testing.T) {
	f, err := Options{Last: json.RawMessage(`{"n":9007199254740993}`)}.Parse("_.n + .")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := run(t, f, "1"); got != "9007199254740994" || err != nil {
			t.Errorf("got %s, %v", got, err)
		}
	}
}

func TestErrors(t *testing.T) {
	f, err := Parse("1, .[]")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := run(t, f, "null"); got != "1" || err == nil || err.Error() != "cannot iterate over: null" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := run(t, f, "]"); err == nil {
		t.Error("no error of what is no JSON")
	}
}

// TestEndless: the context ends what does not end by itself, and whoever has
// enough of an endless one breaks off.
func TestEndless(t *testing.T) {
	f, err := Parse("def f: f; f")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range f.Run(ctx, json.RawMessage("1")) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	if f, err = Parse("repeat(.)"); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, err := range f.Run(t.Context(), json.RawMessage("1")) {
		if count++; count == 3 || err != nil {
			break
		}
	}
	if count != 3 {
		t.Errorf("%d outputs", count)
	}
}

// FuzzFilter: no expression and no value makes it panic, and what comes out is JSON.
func FuzzFilter(f *testing.F) {
	for _, seed := range [][2]string{{".a[1:2]", `{"a":[1,2,3]}`}, {"_ | tojson", "1e1000"}, {`"\(.)" | @base64`, `"x"`}, {". as [$a] ?// $a | $a", "[[1]]"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, expression, value string) {
		x, err := Options{Last: json.RawMessage("[1]")}.Parse(expression)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50_000_000)
		defer cancel()
		count := 0
		for text, err := range x.Run(ctx, json.RawMessage(value)) {
			if err == nil && !json.Valid(text) {
				t.Errorf("%q of %q: %q", expression, value, text)
			}
			if count++; count == 100 {
				break
			}
		}
	})
}
