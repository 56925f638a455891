package jsonrpc_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeCode compiles the README's Go blocks, each as a function.
func TestReadmeCode(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the compiler")
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(readme), "```go\n")[1:]
	if len(blocks) < 6 {
		t.Fatalf("only %d Go blocks found", len(blocks))
	}
	// What the blocks take for granted.
	code := `package readme

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/auth"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

type (
	Pet   struct{ Name string }
	Block struct{ Number int }
)

var (
	_ = errors.As
	_ = auth.CookieFile
	_ = fmt.Println
	_ = slog.New
	_ = os.Getenv
	_ = time.Second
	_ = jsonrpctest.Script
	_ = transport.Header
)
`
	for i, block := range blocks {
		body, _, _ := strings.Cut(block, "```")
		if strings.Contains(body, "resilience.") {
			continue // another module, whose tests look for it among its examples
		}
		code += fmt.Sprintf("\nfunc block%d(t *testing.T, ctx context.Context, client *jsonrpc.Client) error {\n%s%s\treturn nil\n}\n",
			i, body, useAll(t, body))
	}
	dir, root := t.TempDir(), mustAbs(t, ".")
	for name, text := range map[string]string{
		"readme.go": code,
		"go.mod":    "module readme\n\ngo 1.26\n\nrequire example.com/jsonrpc v0.0.0\n\nreplace example.com/jsonrpc => " + root + "\n",
		"go.sum":    mustRead(t, "go.sum"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, code)
	}
}

// useAll returns statements that use every variable the block declares, for the
// compiler, which insists.
func useAll(t *testing.T, body string) (uses string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+body+"\n}", parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("%v in\n%s", err, body)
	}
	function := file.Decls[0].(*ast.FuncDecl)
	for _, statement := range function.Body.List {
		switch s := statement.(type) {
		case *ast.AssignStmt:
			for _, left := range s.Lhs {
				if name, ok := left.(*ast.Ident); ok && name.Name != "_" {
					uses += "\t_ = " + name.Name + "\n"
				}
			}
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					uses += "\t_ = &" + name.Name + "\n"
				}
			}
		}
	}
	return uses
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
