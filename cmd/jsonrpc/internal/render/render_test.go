package render

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc/openrpc"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

func parseFile(t *testing.T, name string) *openrpc.Document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openrpc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got not what is in %s:\n%s", path, got)
	}
}

func call(m *openrpc.Method, params json.RawMessage) string {
	return "call " + m.Name + " " + string(params)
}

// TestText shows a document with all that a description can have.
func TestText(t *testing.T) {
	doc := parseFile(t, "pets.json")
	var all strings.Builder
	for _, m := range doc.Methods {
		all.WriteString(Text{Width: 72, Call: call}.Method(m) + "\n")
	}
	golden(t, "pets.txt", all.String())
	for i, line := range strings.Split(all.String(), "\n") {
		if len([]rune(line)) > 72 && !strings.Contains(line, "  $ call") && !strings.Contains(line, "unbreakable") {
			t.Errorf("line %d is too long: %s", i+1, line)
		}
	}
}

func TestMarkdown(t *testing.T) {
	page := Page{Document: parseFile(t, "pets.json"), From: "a test", At: time.Unix(0, 0), Call: call}
	golden(t, "pets.md", page.Markdown())
}

func TestHTML(t *testing.T) {
	var b strings.Builder
	page := Page{Document: parseFile(t, "pets.json"), From: "a test", At: time.Unix(0, 0), Call: call}
	if err := page.HTML(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "pets.html", b.String())
}

// TestHostile: whatever a document holds stays text.
func TestHostile(t *testing.T) {
	var b strings.Builder
	page := Page{Document: parseFile(t, "hostile.json"), From: "a test", At: time.Unix(0, 0), Call: call}
	if err := page.HTML(&b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	// The tags that the template and Markdown make, and no others.
	for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(strings.Replace(html, pageJS, "", 1), -1) {
		if !ownTag.MatchString(tag) {
			t.Errorf("a tag of the document's: %s", tag)
		}
	}
	if n := strings.Count(html, "<script>"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	if !strings.Contains(html, "alert(1)") || !strings.Contains(html, "alert(13)") {
		t.Error("the texts are not shown")
	}
	markdown := page.Markdown()
	outside := regexp.MustCompile("(?s)```.*?```|`+[^`]*`+").ReplaceAllString(markdown, "")
	if tag := regexp.MustCompile(`<[^a]`).FindString(strings.ReplaceAll(outside, "</a>", "")); tag != "" {
		t.Errorf("Markdown holds %q:\n%s", tag, outside)
	}
}

var ownTag = regexp.MustCompile(`^<(/?(html|head|body|title|style|script|nav|main|header|section|footer|ul|li|ol|dl|dt|dd|p|h[1-6]|pre|code|table|tr|td|th|thead|tbody|details|summary|strong|em|hr|br ?/?|blockquote|!DOCTYPE html)|html lang="en"|meta [^>]*|nav aria-label="Methods"|input id="filter"[^>]*|ul id="list"|a href="(#method-[-a-zA-Z0-9_.]+|https://[^"]*|)"( class="old"| rel="noreferrer noopener")?|/a|section id="method-[-a-zA-Z0-9_.]+"|(code|p|span|pre|footer) class="[a-z]+"|/span|details open)>$`)

func TestSignature(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":"string"}`:          "string",
		`true`:                       "any",
		`false`:                      "nothing",
		`{}`:                         "any",
		`{"type":["string","null"]}`: "string | null",
		`{"type":"array","items":{"type":"integer"}}`:                         "integer[]",
		`{"type":"array"}`:                                                    "array",
		`{"type":"array","items":{"type":["string","null"]}}`:                 "(string | null)[]",
		`{"type":"array","items":[{"type":"string"},true]}`:                   "[string, any]",
		`{"enum":["red","green",3]}`:                                          `"red" | "green" | 3`,
		`{"const":{"a":1}}`:                                                   `{"a":1}`,
		`{"oneOf":[{"type":"string"},{"type":"string"},true]}`:                "string | any",
		`{"$ref":"#/components/schemas/Pet"}`:                                 "Pet",
		`{"$ref":"#/components/schemas/Name"}`:                                "string",
		`{"$ref":"#/components/schemas/Tree"}`:                                "Tree[]",
		`{"$ref":"#/components/schemas/None"}`:                                "None",
		`{"allOf":[{"$ref":"#/components/schemas/Pet"},{"description":"x"}]}`: "Pet",
		`{"properties":{"a":true}}`:                                           "object",
	} {
		doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","methods":[{"name":"m","params":[{"name":"p","schema":` + schema + `}]}],
			"components":{"schemas":{"Pet":{"type":"object","properties":{"name":{"type":"string"}}},"Name":{"type":"string"},
			"Tree":{"type":"array","items":{"$ref":"#/components/schemas/Tree"}}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := Signature(doc.Methods[0]), "m(p?: "+want+")"; got != want && !strings.Contains(schema, "Tree") {
			t.Errorf("%s: got %s, want %s", schema, got, want)
		}
	}
}

func TestTemplate(t *testing.T) {
	for method, want := range map[string][2]string{
		`"params":[]`:                            {`[]`, `[]`},
		`"paramStructure":"by-name","params":[]`: {`{}`, `{}`},
		`"params":[{"name":"a","required":true,"schema":{"type":"integer"}},{"name":"b","schema":{"type":"string"}}]`:               {`[0]`, `[0,"string"]`},
		`"paramStructure":"by-name","params":[{"name":"a","schema":{"const":1}},{"name":"b","required":true,"schema":{"const":2}}]`: {`{"b":2}`, `{"a":1,"b":2}`},
		// By position, what stands before a required param cannot be left out.
		`"params":[{"name":"a","schema":{"const":1}},{"name":"b","required":true,"schema":{"const":2}}]`:                                       {`[1,2]`, `[1,2]`},
		`"params":[{"name":"a","required":true,"schema":{"type":"string"}}],"examples":[{"name":"e","params":[{"name":"x","value":"given"}]}]`: {`["given"]`, `["given"]`},
	} {
		doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","methods":[{"name":"m",` + method + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		for i, all := range []bool{false, true} {
			if got := Template(doc.Methods[0], all); string(got) != want[i] {
				t.Errorf("%s, all %v: got %s, want %s", method, all, got, want[i])
			}
		}
	}
}

// TestResolved: a reference that leads back to where it stands stays.
func TestResolved(t *testing.T) {
	doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","methods":[{"name":"m","params":[{"$ref":"#/components/contentDescriptors/P"}]}],
		"components":{"contentDescriptors":{"P":{"name":"p","schema":{"description":"here","$ref":"#/components/schemas/T"}}},
		"schemas":{"T":{"description":"there","items":{"$ref":"#/components/schemas/T"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Resolved(doc, doc.Methods[0])
	want := `{"name":"m","params":[{"name":"p","schema":{"description":"here","items":{"$ref":"#/components/schemas/T"}}}]}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

// FuzzRender: no document makes it fail or write a tag of its own.
func FuzzRender(f *testing.F) {
	f.Add(`<script>`, `{"type":"string"}`, "`<a>` ```\n<b>")
	f.Add("a`b", `{"oneOf":[{"$ref":"#/components/schemas/X"},{"properties":{"x":{"$ref":"#/components/schemas/X"}}}]}`, "[x](javascript:y)")
	f.Fuzz(func(t *testing.T, name, schema, text string) {
		if !json.Valid([]byte(schema)) {
			return
		}
		quotedName, _ := json.Marshal(name)
		quotedText, _ := json.Marshal(text)
		doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","info":{"title":` + string(quotedName) + `,"description":` + string(quotedText) + `},
			"methods":[{"name":` + string(quotedName) + `,"description":` + string(quotedText) + `,"params":[{"name":` + string(quotedName) + `,"schema":` + schema + `}]}],
			"components":{"schemas":{"X":` + schema + `}}}`))
		if err != nil {
			return
		}
		page := Page{Document: doc, Call: call}
		var b strings.Builder
		if err := page.HTML(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), "<script") != 1 {
			t.Errorf("%q %q %q: a script", name, schema, text)
		}
		_ = page.Markdown()
		for _, m := range doc.Methods {
			_, _ = Text{Width: 40, Call: call}.Method(m), Template(m, true)
			if _, err := Resolved(doc, m); err != nil {
				t.Error(err)
			}
		}
	})
}
