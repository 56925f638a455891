package migrate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block finds the code of a page: ```go before, or ```go after.
var block = regexp.MustCompile("(?ms)^```go (before|after)\n(.*?)^```$")

// TestPages compiles the code of each page: what is under "before" with the
// library that it is for, and with the package that takes its place; what is under
// "after" as it is.
func TestPages(t *testing.T) {
	for _, test := range []struct {
		page    string
		library string // whose import is replaced by
		dropIn  string
		here    bool // the library can be had, so that the page compiles with it too
	}{
		{"ybbus.md", `"github.com/ybbus/jsonrpc/v3"`, `jsonrpc "example.com/jsonrpc/compat/ybbus"`, false},
		{"geth.md", `"github.com/ethereum/go-ethereum/rpc"`, `rpc "example.com/jsonrpc/compat/gethrpc"`, true},
		{"jrpc2.md", "", "", true},
	} {
		t.Run(test.page, func(t *testing.T) {
			before, after := code(t, test.page)
			compile(t, "after", after)
			if test.here {
				compile(t, "before", before)
			}
			if test.dropIn == "" {
				return
			}
			if !strings.Contains(before, test.library) {
				t.Fatalf("the page does not import %s", test.library)
			}
			compile(t, "before, with the drop-in package", strings.Replace(before, test.library, test.dropIn, 1))
		})
	}
	pages, err := filepath.Glob("*.md")
	if err != nil || len(pages) != 3 {
		t.Errorf("the pages are %v: each is to be tested", pages)
	}
}

// code returns the blocks of a page as two files.
func code(t *testing.T, page string) (before, after string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	blocks := block.FindAllStringSubmatch(string(text), -1)
	for _, b := range blocks {
		files[b[1]] += b[2] + "\n"
	}
	if fences := strings.Count(string(text), "```go"); fences != len(blocks) || len(blocks) < 8 {
		t.Fatalf("%d of %d blocks are before or after", len(blocks), fences)
	}
	return "package page\n\n" + files["before"], "package page\n\n" + files["after"]
}

// compile compiles a file in a folder of its own in this module.
func compile(t *testing.T, what, text string) {
	t.Helper()
	dir, err := os.MkdirTemp(".", "_page-") // which ./... leaves out
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "page.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "vet", "./"+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s\n%s", what, err, out, numbered(text))
	}
}

func numbered(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		fmt.Fprintf(&b, "%3d %s\n", i+1, line)
	}
	return b.String()
}

// TestTestingPage compiles and runs the code of docs/testing.md, but for the tests
// whose recordings are made up.
func TestTestingPage(t *testing.T) {
	text, err := os.ReadFile("../testing.md")
	if err != nil {
		t.Fatal(err)
	}
	file := "package page\n\n"
	for _, b := range regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		file += b[1] + "\n"
	}
	dir, err := os.MkdirTemp(".", "_page-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "page_test.go"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-skip", "TestBlockNumber|TestDownloads", "./"+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, numbered(file))
	}
}
