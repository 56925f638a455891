package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// testFiles is a fileReader of files that are not there.
type testFiles map[string]string

func (f testFiles) file(name, what string) (string, error) {
	text, ok := f[name]
	if !ok {
		return "", fmt.Errorf("%s: no file %q", what, name)
	}
	return text, nil
}

func TestParams(t *testing.T) {
	files := testFiles{"poem": "two\nlines\n", "list": " [ 1,\n 2.50 ] ", "empty": "", "-": "from stdin"}
	for _, test := range []struct {
		words string // separated by a bar
		want  string // JSON, or an error after "!"
	}{
		{``, ``},

		// By position: JSON if it is JSON, otherwise a text.
		{`Mittens`, `["Mittens"]`},
		{`5|-23|1e400|12345678901234567890|0.10`, `[5,-23,1e400,12345678901234567890,0.10]`},
		{`true|false|null`, `[true,false,null]`},
		{`True|NULL|nil|NaN|Infinity|.5|5.|01|+5|0x10|1_000`, `["True","NULL","nil","NaN","Infinity",".5","5.","01","+5","0x10","1_000"]`},
		{`"42"|"a=b"|"a:=b"`, `["42","a=b","a:=b"]`},
		{`[1, 2]|{"a": "b=c"}`, `[[1,2],{"a":"b=c"}]`},
		{` 5 |{ "a" : 1.0 }`, `[5,{"a":1.0}]`},
		{`{"a":1`, `["{\"a\":1"]`},
		{`two words|äöü 😀|tab	tab`, `["two words","äöü 😀","tab\ttab"]`},
		{`<b>&amp;</b>`, `["<b>&amp;</b>"]`},
		{`@poem|-|--`, `["@poem","-","--"]`},
		{`a:b|a:|:`, `["a:b","a:",":"]`},

		// By name.
		{`name=Mittens`, `{"name":"Mittens"}`},
		{`name=`, `{"name":""}`},
		{`n=5|t=true|z=null`, `{"n":"5","t":"true","z":"null"}`},
		{`n:=5|t:=true|z:=null|s:="5"`, `{"n":5,"t":true,"z":null,"s":"5"}`},
		{`n:=12345678901234567890.10`, `{"n":12345678901234567890.10}`},
		{`o:={"a": [1, 2]}`, `{"o":{"a":[1,2]}}`},
		{`z=1|a=2|m=3`, `{"z":"1","a":"2","m":"3"}`},

		// The first = or := splits.
		{`a=b=c`, `{"a":"b=c"}`},
		{`a=b:=c`, `{"a":"b:=c"}`},
		{`a:="b=c"`, `{"a":"b=c"}`},
		{`a:b=c`, `{"a:b":"c"}`},
		{`a::=1`, `{"a:":1}`},
		{`a==b`, `{"a":"=b"}`},
		{`url=http://x/?a=b`, `{"url":"http://x/?a=b"}`},
		{`two words=x|"q"=y|é=z`, `{"two words":"x","\"q\"":"y","é":"z"}`},

		// Files, and what only looks like one.
		{`p=@poem`, `{"p":"two\nlines\n"}`},
		{`p=@empty`, `{"p":""}`},
		{`l:=@list`, `{"l":[1,2.50]}`},
		{`s=@-`, `{"s":"from stdin"}`},
		{`at=@@home|two=@@@x|mail=a@b`, `{"at":"@home","two":"@@x","mail":"a@b"}`},

		// Mixed: those by name in an object at the end.
		{`Foo|age:=42`, `["Foo",{"age":42}]`},
		{`age:=42|Foo|b=1|{}`, `["Foo",{},{"age":42,"b":"1"}]`},

		// Refused.
		{`=x`, `!has no name before the "="`},
		{`:=5`, `!has no name before the "="`},
		{`a=1|a=2`, `!names "a", which is there already`},
		{`a=1|a:=2`, `!names "a", which is there already`},
		{`a:=`, `!wants JSON after ":=": there is nothing`},
		{`a:=Mittens`, `!wants JSON after ":="`},
		{`a:=01`, `!wants JSON after ":="`},
		{`a:=1 2`, `!wants JSON after ":="`},
		{`a:=@poem`, `!wants JSON after ":="`},
		{`a:=@empty`, `!wants JSON after ":=": there is nothing`},
		{`a=@missing`, `!param a: no file "missing"`},
		{`http://x/?a=b`, `!looks like a URL`},
		{"a=\xff", `!is not UTF-8`},
		{"\xff", `!is not UTF-8`},
	} {
		var words []string
		if test.words != "" {
			words = strings.Split(test.words, "|")
		}
		p, err := parseParams(words, files)
		if reason, isError := strings.CutPrefix(test.want, "!"); isError {
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s: error %v, want %q", test.words, err, reason)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.words, err)
			continue
		}
		if got := string(p.json()); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.words, got, test.want)
		}
	}
}

// FuzzParams looks at two words and a file: whatever they hold, what comes out is
// params, and says the same as the words.
func FuzzParams(f *testing.F) {
	for _, seed := range [][3]string{
		{"Mittens", "5", ""},
		{"name=Mittens", "age:=42", ""},
		{"a=b=c", "d:e:=1", ""},
		{"text=@file", "json:=@file", "[1, 2.50]"},
		{`"a=b"`, `{"a": "b:=c"}`, ""},
		{"at=@@x", "-1e400", ""},
		{"a=1", "a:=2", ""},
		{"=", ":=", "\xff"},
		{"x:=\"\u2028<&>\"", "y=\x00\x1b", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, first, second, file string) {
		p, err := parseParams([]string{first, second}, testFiles{"file": file})
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a reason")
			}
			return
		}
		text := p.json()
		if !json.Valid(text) || text[0] != '[' && text[0] != '{' {
			t.Fatalf("no params: %s", text)
		}
		if len(p.positional)+len(p.named) != 2 {
			t.Errorf("%d + %d params of 2 words", len(p.positional), len(p.named))
		}
		for _, word := range []string{first, second} {
			checkParam(t, p, word, file)
		}
	})
}

// checkParam looks for what a word says, found in a simpler way, among the params.
func checkParam(t *testing.T, p *params, word, file string) {
	t.Helper()
	if json.Valid([]byte(word)) || !strings.Contains(word, "=") {
		for _, value := range p.positional {
			if sameJSON(value, word) || textOf(value) == word {
				return
			}
		}
		t.Errorf("%q is not by position in %q", word, p.positional)
		return
	}
	name, value, _ := strings.Cut(word, "=")
	for _, n := range p.named {
		switch {
		case n.name == name && value == "@file" && textOf(n.value) == file,
			n.name == name && strings.HasPrefix(value, "@@") && textOf(n.value) == value[1:],
			n.name == name && textOf(n.value) == value,
			n.name+":" == name && value == "@file" && sameJSON(n.value, file),
			n.name+":" == name && sameJSON(n.value, value):
			return
		}
	}
	t.Errorf("%q is not by name in %q", word, p.named)
}

func textOf(value string) string {
	var s string
	if json.Unmarshal([]byte(value), &s) != nil {
		return "\xff" // which is no word's text
	}
	return s
}

// sameJSON reports whether two texts are the same but for white space between
// tokens.
func sameJSON(a, b string) bool {
	return json.Valid([]byte(a)) && json.Valid([]byte(b)) && compacted(a) == compacted(b)
}

func TestWholeParams(t *testing.T) {
	files := testFiles{"list": "[1,\n2]\n", "-": `{"a": 1.0}`, "text": "x"}
	for value, want := range map[string]string{
		`[1, 2.50]`: `[1,2.50]`, `{}`: `{}`, `@list`: `[1,2]`, `@-`: `{"a":1.0}`,
		`5`: "", `null`: "", ``: "", `[`: "", `@text`: "", `@missing`: "", "[\"\xff\"]": "",
	} {
		got, err := parseWholeParams(value, files)
		if want == "" && err == nil || want != "" && (err != nil || string(got) != want) {
			t.Errorf("%s: got %s, %v, want %s", value, got, err, want)
		}
	}
}

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		`cat name=Mittens`:        {"cat", "name=Mittens"},
		"  a \t b  ":              {"a", "b"},
		`'a b' "c d" e\ f`:        {"a b", "c d", "e f"},
		`a'b'"c"d`:                {"abcd"},
		`'' "" x`:                 {"", "", "x"},
		`"a\"b\\c\d" '\n' \'`:     {`a"b\c\d`, `\n`, `'`},
		`deep:='{"x": [1, "y"]}'`: {`deep:={"x": [1, "y"]}`},
		`a#b # c`:                 {"a#b", "#", "c"},
		`$HOME *`:                 {"$HOME", "*"},
		`'open`:                   nil,
		`"open\"`:                 nil,
		`end\`:                    nil,
	} {
		got, err := splitWords(line)
		if fmt.Sprint(got) != fmt.Sprint(want) || (err != nil) != (want == nil) {
			t.Errorf("%s: got %q, %v, want %q", line, got, err, want)
		}
	}
}

// FuzzSplitWords checks that what is quoted comes back.
func FuzzSplitWords(f *testing.F) {
	f.Add("a b", `c"d\`)
	f.Add("", "'")
	f.Fuzz(func(t *testing.T, first, second string) {
		single := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
		double := func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }
		words, err := splitWords(single(first) + " " + double(second))
		if err != nil || len(words) != 2 || words[0] != first || words[1] != second {
			t.Errorf("%q %q: got %q, %v", first, second, words, err)
		}
		_, _ = splitWords(first + second) // must not panic
	})
}

func TestBatchError(t *testing.T) {
	_, err := (&batchReader{files: testFiles{}}).read("ping\ncat a:=x\n", nil)
	if usage := (*usageError)(nil); !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), "line 2: ") {
		t.Errorf("got %v", err)
	}
}
