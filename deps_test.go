package jsonrpc_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const module = "example.com/jsonrpc"

// goCommand runs the go command in this module alone and decodes the JSON that
// it prints.
func goCommand(t *testing.T, v any, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, v)
	}
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
}

// A goMod is what go mod edit -json prints of a go.mod file.
type goMod struct {
	Require []struct{ Path, Version string }
	Replace []struct{ Old struct{ Path string } }
}

// TestDependencies: each dependency of this module becomes one of every program
// that uses it, with all that it requires itself. One that requires nothing can
// be judged by reading it. Anything heavier goes into a nested module.
func TestDependencies(t *testing.T) {
	var ours goMod
	goCommand(t, &ours, "mod", "edit", "-json", "go.mod")
	for _, dependency := range ours.Require {
		var m struct{ GoMod string }
		goCommand(t, &m, "list", "-m", "-json", dependency.Path)
		var theirs goMod
		goCommand(t, &theirs, "mod", "edit", "-json", m.GoMod)
		for _, required := range theirs.Require {
			t.Errorf("%s requires %s: use it in a nested module", dependency.Path, required.Path)
		}
	}
}

// TestNoReplace: a replace in go.mod counts for this module alone. It would work
// here, and break the build of everybody who requires the module.
func TestNoReplace(t *testing.T) {
	if _, err := os.Stat("go.mod"); err != nil { // has go test look at it again when it changes
		t.Fatal(err)
	}
	var ours goMod
	goCommand(t, &ours, "mod", "edit", "-json", "go.mod")
	for _, r := range ours.Replace {
		t.Errorf("go.mod replaces %s", r.Old.Path)
	}
}

// TestImports: what a package must not import, by itself or through others, and
// why. A path that ends in a slash stands for all below it.
func TestImports(t *testing.T) {
	const (
		weight = "it adds weight and global flags to every program that calls a server"
		mux    = "it adds handlers to http.DefaultServeMux"
		arrows = "arrows run one way: cmd → integration → jsonrpc → transport"
		blind  = "a transport looks into no message"
	)
	checkImports(t, "Deps", map[string]map[string]string{
		module: {
			"testing":                weight,
			"net/http/httptest":      weight,
			"flag":                   weight,
			"expvar":                 mux,
			"net/http/pprof":         mux,
			module + "/jsonrpctest":  arrows,
			module + "/jsonrpctest/": arrows,
			module + "/integration/": arrows,
			module + "/cmd/":         arrows,
		},
		module + "/transport": {
			module:                               arrows,
			module + "/":                         arrows,
			"encoding/json":                      blind,
			"github.com/go-json-experiment/json": blind,
		},
		module + "/jsonrpctest": {
			"testing": "adopters may use it outside of tests, for a demo or a simulator",
		},
	})
}

// TestDirectImports: what a package may get through the standard library, but
// must not ask for itself.
func TestDirectImports(t *testing.T) {
	bad := map[string]string{
		"unsafe": "nothing here is worth it",
		"log":    "a library has no log of its own: see WithLogger",
		"C":      "cross builds have no C compiler",
	}
	checkImports(t, "Imports", map[string]map[string]string{module: bad, module + "/transport": bad})
}

// checkImports compares the packages in a field of go list, Imports or Deps, to
// those that are forbidden, with the reason, by the path of the importing
// package.
func checkImports(t *testing.T, field string, rules map[string]map[string]string) {
	t.Helper()
	for path, forbidden := range rules {
		// go test keeps a result until something that the test itself opened changes.
		if _, err := os.ReadDir("." + strings.TrimPrefix(path, module)); err != nil {
			t.Error(err)
		}
		var pkg map[string][]string
		goCommand(t, &pkg, "list", "-json="+field, path)
		if len(pkg[field]) == 0 {
			t.Errorf("%s imports nothing: was it moved?", path)
		}
		for _, imported := range pkg[field] {
			for bad, reason := range forbidden {
				if imported == bad || strings.HasSuffix(bad, "/") && strings.HasPrefix(imported, bad) {
					t.Errorf("%s imports %s: %s", path, imported, reason)
				}
			}
		}
	}
}
