package gogen_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const shared = "../../../../../shared/real"

// TestRealDocuments makes packages of documents of systems in use, has the go
// command vet them and run their examples, and gives the client of Ethereum the
// replies of real servers.
func TestRealDocuments(t *testing.T) {
	files, _ := filepath.Glob(shared + "/openrpc/*.json")
	if len(files) == 0 {
		t.Skip("skipped: ../shared/real/openrpc is not there")
	}
	start := time.Now()
	dir := module(t)
	documents, methods, types, warnings := 0, 0, 0, 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if name == "SOURCES" || strings.HasPrefix(name, "openrpc-meta-schema") {
			continue
		}
		pkg := strings.ReplaceAll(name, "-", "")
		made := generate(t, file, file, pkg)
		if err := made.Write(filepath.Join(dir, pkg)); err != nil {
			t.Fatal(err)
		}
		documents, methods, types, warnings = documents+1, methods+made.Methods, types+made.Types, warnings+len(made.Warnings)
		t.Logf("%s: %d methods, %d types, %d warnings", name, made.Methods, made.Types, len(made.Warnings))
	}
	recorded, err := os.ReadFile("testdata/recorded_test.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	ethereum := filepath.Join(dir, "ethereumexecutionapis")
	if err := os.WriteFile(filepath.Join(ethereum, "recorded_test.go"), recorded, 0o600); err != nil {
		t.Fatal(err)
	}
	generated := time.Since(start)
	run(t, dir, "go", "vet", "./...")
	run(t, dir, "go", "test", "-vet=off", "./...")
	if unformatted := run(t, dir, "gofmt", "-l", "."); unformatted != "" {
		t.Errorf("gofmt would change %s", unformatted)
	}
	t.Logf("%d documents, %d methods, %d types, %d warnings: made in %.1f s, vetted and tested in %.1f s",
		documents, methods, types, warnings, generated.Seconds(), (time.Since(start) - generated).Seconds())
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
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	conversations, err := filepath.Abs(shared + "/conversations")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "CONVERSATIONS="+conversations)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
