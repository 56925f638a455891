package realservers

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc/openrpc"
)

// startOpenRPCMock returns the URL of the mock server of the OpenRPC project, which answers rpc.discover with the
// document at path and each method with a result that it makes up from the schema.
func startOpenRPCMock(t *testing.T, path string) string {
	t.Helper()
	port := freePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(addr), program(t, "node"),
		cached(t, "the OpenRPC mock server", "node_modules", ".bin", "open-rpc-mock-server"), "--document", path, "--port", port)
	return "http://" + addr + "/"
}

// What the OpenRPC mock server says of itself is listed, and each method's template, filled in by nobody, is called:
// both ways the command finds nothing to complain about.
func TestOpenRPCMock(t *testing.T) {
	t.Parallel()
	documents, _ := filepath.Glob("../../shared/real/openrpc/examples-*petstore*.json")
	documents = append(documents, filepath.Join("testdata", "pets.openrpc.json"))
	for _, path := range documents {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			wantNone(t, err)
			document, err := openrpc.Parse(text)
			wantNone(t, err)
			url := startOpenRPCMock(t, path)
			wantEqual(t, strings.Join(listedNames(t, url), " "), strings.Join(methodNames(document), " "))
			for _, m := range document.Methods {
				template := run(t, "", "template", "--", url, m.Name)
				wantEqual(t, template.code, exitDone)
				called := run(t, template.stdout, "--check", "--params=@-", "--", url, m.Name)
				if called.code != exitDone {
					t.Errorf("%s with %s: %v", m.Name, template.stdout, called)
				}
			}
			unknown := run(t, "", "--", url, methodNames(document)[0]+"s")
			wantEqual(t, unknown.code, exitServerError)
			wantEqual(t, strings.Contains(unknown.stderr, "did you mean"), true)
		})
	}
}

func methodNames(d *openrpc.Document) []string {
	var names []string
	for _, m := range d.Methods {
		names = append(names, m.Name)
	}
	return names
}

// listedNames returns what jsonrpc list finds.
func listedNames(t *testing.T, args ...string) []string {
	t.Helper()
	got := run(t, "", append([]string{"list", "--json"}, args...)...)
	var methods []struct{ Name string }
	if err := json.Unmarshal([]byte(got.stdout), &methods); err != nil || got.code != exitDone {
		t.Fatalf("%v: %v", err, got)
	}
	var names []string
	for _, m := range methods {
		names = append(names, m.Name)
	}
	return names
}

// Each server tells in its own way what it can do.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	everything := func(t *testing.T) string { return cached(t, `the MCP server "everything"`, "bin", "everything") }
	for name, test := range map[string]struct {
		args func(t *testing.T) []string
		want []string
	}{
		"aria2, system.listMethods": {
			func(t *testing.T) []string { return []string{startAria2(t)} },
			[]string{"aria2.addUri", "aria2.tellStatus", "system.multicall"},
		},
		"MCP over HTTP": {
			func(t *testing.T) []string { return []string{startMCP(t)} },
			[]string{"greet", "tools/call", "prompts/get"},
		},
		"MCP on stdio": {
			func(t *testing.T) []string { return []string{"exec:" + everything(t)} },
			[]string{"greet", "tools/call"},
		},
		"a language server": {
			func(t *testing.T) []string {
				script := cached(t, "typescript-language-server", "node_modules", "typescript-language-server", "lib", "cli.mjs")
				return []string{"--framing=header", "exec:", "--", program(t, "node"), script, "--stdio"}
			},
			[]string{"textDocument/hover", "textDocument/rename", "workspace/symbol"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := listedNames(t, test.args(t)...)
			for _, want := range test.want {
				if !slices.Contains(names, want) {
					t.Errorf("%s is not listed: %q", want, names)
				}
			}
		})
	}
}

// A tool of an MCP server is described and called by what its description says.
func TestMCPTool(t *testing.T) {
	t.Parallel()
	target := "exec:" + cached(t, `the MCP server "everything"`, "bin", "everything")
	described := run(t, "", "describe", target, "greet")
	wantEqual(t, described.code, exitDone)
	wantEqual(t, strings.HasPrefix(described.stdout, `greet(name: "greet", arguments: object) → object`), true)
	template := run(t, "", "template", target, "greet")
	wantEqual(t, strings.HasPrefix(template.stdout, `{"name":"greet","arguments":{"name":`), true)
}
