package gogen_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"example.com/jsonrpc/cmd/jsonrpc/internal/gogen"
	"example.com/jsonrpc/openrpc"
)

var update = flag.Bool("update", false, "write the generated packages of testdata instead of comparing them")

// TestGolden compares what is made of the documents in testdata with the packages
// there, which other tests compile and run.
func TestGolden(t *testing.T) {
	for _, name := range []string{"petstore", "simplemath", "everything"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", name)
			made := generate(t, filepath.Join(dir, "openrpc.json"), "openrpc.json", name)
			if *update {
				if err := made.Write(dir); err != nil {
					t.Fatal(err)
				}
			}
			stale, err := made.Stale(dir)
			if err != nil || stale != "" {
				t.Errorf("%v %s (go test -update writes it anew)", err, stale)
			}
		})
	}
}

// TestGoldenExamples has the go command vet the packages in testdata, which ./...
// leaves out, and run the tests that were generated.
func TestGoldenExamples(t *testing.T) {
	packages := []string{"./testdata/petstore", "./testdata/simplemath", "./testdata/everything"}
	for _, command := range []string{"vet", "test"} {
		out, err := exec.CommandContext(t.Context(), "go", append([]string{command}, packages...)...).CombinedOutput()
		if err != nil {
			t.Errorf("go %s: %v\n%s", command, err, out)
		}
	}
}

// TestExampleProject: the generated package in examples is as it would be made.
func TestExampleProject(t *testing.T) {
	const dir = "../../../../examples/petstore"
	made := generate(t, dir+"/openrpc.json", "../openrpc.json", "pets")
	if *update {
		if err := made.Write(dir + "/pets"); err != nil {
			t.Fatal(err)
		}
	}
	if stale, err := made.Stale(dir + "/pets"); err != nil || stale != "" {
		t.Errorf("%v %s (go test -update writes it anew)", err, stale)
	}
}

// TestSameEachTime: what is generated is kept in repositories and compared.
func TestSameEachTime(t *testing.T) {
	first := generate(t, "testdata/everything/openrpc.json", "openrpc.json", "everything")
	for range 5 {
		again := generate(t, "testdata/everything/openrpc.json", "openrpc.json", "everything")
		for i, f := range again.Files {
			if f.Name != first.Files[i].Name || !bytes.Equal(f.Text, first.Files[i].Text) {
				t.Fatalf("%s is another the next time", f.Name)
			}
		}
	}
}

// generate makes a package of a document, which is called in from its folder.
func generate(t *testing.T, file, in, name string) *gogen.Package {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openrpc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	made, err := gogen.Generate(doc, gogen.Options{Package: name, Command: "jsonrpc gen go --in " + in + " --out . --package " + name})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return made
}
