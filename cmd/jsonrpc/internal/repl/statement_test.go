package repl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	last := json.RawMessage(`{"n":1}`)
	for text, want := range map[string]string{
		"":                             `0 [] ""`,
		"  # nothing":                  `0 [] ""`,
		"cat name=Mittens":             `1 ["cat" "name=Mittens"] ""`,
		"cat name=Mittens | .items[0]": `1 ["cat" "name=Mittens"] ".items[0]"`,
		`cat 'a | b' "c\"d" e\ f`:      `1 ["cat" "a | b" "c\"d" "e f"] ""`,
		`echo {"a": [1, "}|"]} x`:      `1 ["echo" "{\"a\": [1, \"}|\"]}" "x"] ""`,
		`echo a:={"b": 2} c:="d e"`:    `1 ["echo" "a:={\"b\": 2}" "c:=\"d e\""] ""`,
		"echo [1,\n2]":                 `1 ["echo" "[1,\n2]"] ""`,
		"echo one \\\n two":            `1 ["echo" "one" "two"] ""`,
		"echo a=b{c}":                  `1 ["echo" "a=b{c}"] ""`,
		"echo _ a:=_ b=_ '_' c_":       `1 ["echo" "{\"n\":1}" "a:={\"n\":1}" "b=_" "_" "c_"] ""`,
		"!log hello":                   `2 ["log" "hello"] ""`,
		`{"method":"x"} | .a`:          `3 ["{\"method\":\"x\"}"] ".a"`,
		`[{"method":"x"}]`:             `3 ["[{\"method\":\"x\"}]"] ""`,
		"_":                            `4 [] ""`,
		"| .n | .":                     `4 [] ".n | ."`,
		"_ | .n":                       `4 [] ".n"`,
		".filter .a | .b":              `5 [".filter" ".a" "|" ".b"] ""`,
		"'.x' '!y'":                    `1 [".x" "!y"] ""`,
	} {
		s, err := Parse(text, last)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := fmt.Sprintf("%d %q %q", s.Kind, s.Words, s.Filter); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if s, _ := Parse(".filter  .a | .b ", nil); s.Rest != ".a | .b" {
		t.Errorf("rest %q", s.Rest)
	}
}

func TestParseErrors(t *testing.T) {
	for _, text := range []string{"echo 'a", `echo "a\"`, `echo {"a":`, `echo a:="b`, "echo [", "echo a \\", "echo a |", `{"a": "}"`} {
		if _, err := Parse(text, nil); !errors.Is(err, ErrUnfinished) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"echo [a]":     "[a] is no JSON: invalid character",
		"echo a:={]":   "{] is no JSON",
		"echo _":       "_ is the last result, and there is none yet",
		"!":            "METHOD is missing",
		"!log | .":     "a notification has no result to filter",
		`{"a":1} more`: "a message stands alone",
	} {
		if _, err := Parse(text, nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestBegun(t *testing.T) {
	for text, want := range map[string]string{
		"":               `[] "" true`,
		"ca":             `[] "ca" true`,
		"cat ":           `["cat"] "" true`,
		"cat na":         `["cat"] "na" true`,
		"!lo":            `[] "!lo" true`,
		"!log a":         `["!log"] "a" true`,
		".desc":          `[] ".desc" true`,
		"cat _ x":        `["cat" "null"] "x" true`,
		"cat 'a b":       `[] "" false`,
		"cat a | .":      `[] "" false`,
		`echo {"a": 1} `: `["echo" "{\"a\": 1}"] "" true`,
	} {
		before, word, ok := Begun(text)
		if got := fmt.Sprintf("%q %q %v", before, word, ok); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// FuzzParse: nothing makes it panic, and what it takes for JSON is JSON.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"cat name=Mittens | .a", `echo a:={"b": [1]} _`, `!x "\"" '\''`, ".list x", "{\n}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		Begun(text)
		s, err := Parse(text, json.RawMessage("1"))
		if err == nil && s.Kind == Message && !json.Valid([]byte(s.Words[0])) {
			t.Errorf("%q: %q", text, s.Words)
		}
		asDrafted(t, text)
	})
}
