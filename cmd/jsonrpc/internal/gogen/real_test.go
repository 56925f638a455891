package gogen_test

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc/internal/recorded"
)

// TestRealDocuments makes packages of documents of systems in use, has the go
// command vet them, run their examples and call each method on a server that
// answers as the document says, and gives the client of Ethereum the replies of
// real servers.
func TestRealDocuments(t *testing.T) {
	files := recorded.Documents(t)
	t.Setenv("JSONRPC_REAL", recorded.Folder(t)) // for the tests of what is generated
	start := time.Now()
	dir := module(t)
	documents, methods, types, warnings := 0, 0, 0, 0
	var imports, clients strings.Builder
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		pkg := strings.ReplaceAll(name, "-", "")
		made := generate(t, file, file, pkg)
		if err := made.Write(filepath.Join(dir, pkg)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&imports, "\t%q\n", "real.example/"+pkg)
		fmt.Fprintf(&clients, "\t%q: %s.New,\n", name, pkg)
		documents, methods, types, warnings = documents+1, methods+made.Methods, types+made.Types, warnings+len(made.Warnings)
		t.Logf("%s: %d methods, %d types, %d warnings", name, made.Methods, made.Types, len(made.Warnings))
	}
	for _, name := range []string{"every", "recorded"} {
		text, err := os.ReadFile("testdata/" + name + "_test.go.txt")
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name+"_test.go"), string(text))
	}
	table, err := format.Source([]byte("package real_test\n\nimport (\n" + imports.String() + ")\n\nvar clients = map[string]any{\n" + clients.String() + "}\n"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "clients_test.go"), string(table))
	generated := time.Since(start)
	run(t, dir, "go", "vet", "./...")
	run(t, dir, "go", "test", "-vet=off", "./...")
	if unformatted := run(t, dir, "gofmt", "-l", "."); unformatted != "" {
		t.Errorf("gofmt would change %s", unformatted)
	}
	t.Logf("%d documents, %d methods, %d types, %d warnings: made in %.1f s, vetted and tested in %.1f s",
		documents, methods, types, warnings, generated.Seconds(), (time.Since(start) - generated).Seconds())
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// module makes an empty module that requires ours, with the same requirements.
func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.mod" {
			_, rest, _ := strings.Cut(string(text), "\n")
			text = []byte("module real.example\n" + rest + "\nrequire example.com/jsonrpc v0.0.0\nreplace example.com/jsonrpc => " + root + "\n")
		}
		write(t, filepath.Join(dir, name), string(text))
	}
	return dir
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
