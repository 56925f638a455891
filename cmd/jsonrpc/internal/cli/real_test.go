package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/jsonrpc/cmd/jsonrpc/internal/check"
	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/internal/recorded"
	"example.com/jsonrpc/openrpc"
)

// TestRealDocuments lists, describes and templates each method of the documents of
// systems in use, and writes their documentation. What a template makes of a
// document that keeps to itself is valid by that document.
func TestRealDocuments(t *testing.T) {
	files := recorded.Documents(t)
	if len(files) < 10 {
		t.Errorf("only %d documents", len(files))
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := openrpc.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(commandOutput(t, "list", "--schema", file), "\n"); got != len(doc.Methods) {
				t.Errorf("%d methods listed, want %d", got, len(doc.Methods))
			}
			x := described{Description: &discover.Description{Via: discover.File, Document: doc}}
			invalid := 0
			for i, m := range doc.Methods {
				x.method = m.Name
				checkDescribed(t, m, printed(t, &x, func(x described) error { return describeMethod(x, false) }))
				if i%8 == 0 { // it reads the whole document anew
					checkResolved(t, m, printed(t, &x, func(x described) error { return describeMethod(x, true) }))
				}
				for _, all := range []bool{false, true} {
					params := printed(t, &x, func(x described) error { return printTemplate(x, all) })
					problems, err := check.Options{}.Params(m, json.RawMessage(params))
					if err != nil {
						t.Errorf("%s: %v", m.Name, err)
					}
					for _, p := range problems {
						invalid++
						t.Logf("%s: %s", m.Name, p)
					}
				}
			}
			if allowed := knownInvalid[name]; invalid != allowed {
				t.Errorf("%d templates are not valid by their own document, want %d", invalid, allowed)
			}
			for _, flag := range []string{"--html=false", "--html"} {
				if page := commandOutput(t, "docs", flag, "--schema", file); strings.Count(page, "method-") < 2*len(doc.Methods) {
					t.Errorf("docs %s: methods are missing", flag)
				}
			}
		})
	}
}

// knownInvalid counts the problems of templates where a document contradicts
// itself: examples that their own schemas do not allow. They stay in templates,
// since servers take them more often than what the schema says.
var knownInvalid = map[string]int{
	"metamask-npm.json":              5,
	"ethereum-execution-apis.json":   26,
	"filecoin-lotus-v1-gateway.json": 72,
}

func checkDescribed(t *testing.T, m *openrpc.Method, text string) {
	t.Helper()
	if !strings.HasPrefix(text, m.Name) {
		t.Errorf("%s: described as %q", m.Name, text)
	}
	for _, p := range m.Params {
		if !strings.Contains(text, p.Name) {
			t.Errorf("%s: the param %s is not described", m.Name, p.Name)
		}
	}
}

func checkResolved(t *testing.T, m *openrpc.Method, text string) {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil || object["name"] != m.Name {
		t.Errorf("%s: --json: %v", m.Name, err)
	}
}

// printed returns what a command about a method prints.
func printed(t *testing.T, x *described, command func(described) error) string {
	t.Helper()
	var out, errors bytes.Buffer
	x.session = newSession(t.Context(), &Process{Stdout: &out, Stderr: &errors, Getenv: func(string) string { return "" }})
	if err := command(*x); err != nil || errors.Len() > 0 {
		t.Errorf("%s: %v %s", x.method, err, errors.String())
	}
	return out.String()
}

// commandOutput runs the command in this process.
func commandOutput(t *testing.T, args ...string) string {
	t.Helper()
	var out, errors bytes.Buffer
	code := run(context.Background(), &Process{Args: args, Stdout: &out, Stderr: &errors, Getenv: func(string) string { return "" }})
	if code != ExitDone || errors.Len() > 0 {
		t.Errorf("%q: code %d: %s", args, code, errors.String())
	}
	return out.String()
}
