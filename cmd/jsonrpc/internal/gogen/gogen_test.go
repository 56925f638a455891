package gogen_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/jsonrpc/cmd/jsonrpc/internal/gogen"
	"example.com/jsonrpc/openrpc"
)

func TestPackageNames(t *testing.T) {
	doc, err := openrpc.Parse([]byte(`{"openrpc":"1.0.0","methods":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "my-pets", "func", "main", "_", "1st", "a.b"} {
		if _, err := gogen.Generate(doc, gogen.Options{Package: name}); err == nil || !strings.Contains(err.Error(), "cannot be the name of a package") {
			t.Errorf("the package %q: %v", name, err)
		}
	}
}

// TestSameParamTwice: by name, only one of them could be sent.
func TestSameParamTwice(t *testing.T) {
	for structure, want := range map[string]string{
		"by-name": `the method "a" takes its params by name, and two of them have the name "x": give one another name`, "by-position": "<nil>",
	} {
		doc, err := openrpc.Parse([]byte(`{"openrpc":"1.0.0","methods":[{"name":"a","paramStructure":"` + structure +
			`","params":[{"name":"x","schema":true},{"name":"x","schema":true}]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := gogen.Generate(doc, gogen.Options{Package: "x"}); fmt.Sprint(err) != want {
			t.Errorf("%s: the error is %v, want %s", structure, err, want)
		}
	}
}

// TestIntricate: alternatives within alternatives multiply, and it must be said
// when there are too many.
func TestIntricate(t *testing.T) {
	var schemas []string
	for i := range 9 {
		next := fmt.Sprintf(`{"$ref":"#/components/schemas/S%d"}`, i+1)
		schemas = append(schemas, fmt.Sprintf(`"S%d":{"oneOf":[%s{"type":"string"}]}`, i, strings.Repeat(next+",", 40)))
	}
	schemas = append(schemas, `"S9":{"pattern":"^x"}`)
	doc, err := openrpc.Parse([]byte(`{"openrpc":"1.0.0","methods":[],"components":{"schemas":{` + strings.Join(schemas, ",") + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gogen.Generate(doc, gogen.Options{Package: "x"}); err == nil || !strings.Contains(err.Error(), "too many alternatives") {
		t.Errorf("the error is %v", err)
	}
}

// TestFolder: a folder has the package and nothing else of ours, and what is not
// ours stays.
func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pets")
	made := generate(t, "testdata/petstore/openrpc.json", "openrpc.json", "petstore")
	stale := func(want string) {
		t.Helper()
		got, err := made.Stale(dir)
		if err != nil || !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("stale is %q (%v), want %q", got, err, want)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stale("client_gen.go is missing")
	if err := made.Write(dir); err != nil {
		t.Fatal(err)
	}
	stale("")

	text, err := os.ReadFile(filepath.Join(dir, "types_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	write("types_gen.go", strings.ReplaceAll(string(text), "\n", "\r\n"))
	stale("") // as git has it on Windows
	write("types_gen.go", strings.Replace(string(text), "KindCat ", "KindLion ", 1))
	stale("types_gen.go: line")
	stale("  - \tKindLion ")
	write("types_gen.go", string(text)+"// more\n")
	stale("  - // more")
	write("types_gen.go", strings.TrimSuffix(string(text), "\n"))
	stale("the end is cut off")
	write("union_gen.go", gogen.Header+"\npackage petstore\n")
	write("mine.go", "package petstore\n")
	if err := made.Write(dir); err != nil {
		t.Fatal(err)
	}
	stale("")
	if _, err := os.Stat(filepath.Join(dir, "union_gen.go")); !os.IsNotExist(err) {
		t.Errorf("a file of an earlier version is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "mine.go")); err != nil {
		t.Error(err)
	}

	write("mock_gen.go", "package petstore // by hand\n")
	if err := made.Write(dir); err == nil || !strings.Contains(err.Error(), "was not made by jsonrpc gen go") {
		t.Errorf("the error is %v", err)
	}
}

// FuzzGenerate: whatever schema there is, what comes of it is Go. Generate formats
// what it writes, and so sees whether it parses.
func FuzzGenerate(f *testing.F) {
	text, err := os.ReadFile("testdata/everything/openrpc.json")
	if err != nil {
		f.Fatal(err)
	}
	doc, err := openrpc.Parse(text)
	if err != nil {
		f.Fatal(err)
	}
	for name, s := range doc.Components.Schemas {
		f.Add(name, strings.ReplaceAll(string(s.Raw), name, "A"))
	}
	f.Fuzz(func(t *testing.T, name, schema string) {
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		param := `{"name":"p` + string(quoted[1:]) + `,"schema":{"$ref":"#/components/schemas/A"}}`
		doc, err := openrpc.Parse([]byte(`{"openrpc":"1.0.0","methods":[{"name":"m` + string(quoted[1:]) + `,"params":[` + param + `],"result":` + param +
			`}],"components":{"schemas":{"A":` + schema + `,"B":{"title":` + string(quoted) + `,"oneOf":[{"$ref":"#/components/schemas/A"},{"type":"string"}]}}}}`))
		if err != nil {
			return
		}
		if _, err := gogen.Generate(doc, gogen.Options{Package: "x"}); err != nil {
			t.Error(err)
		}
	})
}
