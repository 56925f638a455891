package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMan: each command has a page, the tools that show pages find nothing wrong
// with any, and nothing of --help is lost on the way.
func TestMan(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "man1")
	t.Setenv("SOURCE_DATE_EPOCH", "1000000000")
	if out, err := exec.Command("jsonrpc", "man", folder).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(folder, "*.1"))
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	t.Run("reproducible", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join(folder, "jsonrpc-send.1"))
		if err != nil || !strings.HasPrefix(string(text), `.TH "JSONRPC\-SEND" 1 2001-09-09 "jsonrpc `) {
			t.Errorf("it begins %.60q, %v", text, err)
		}
	})
	for tool, arguments := range map[string][]string{
		"mandoc": {"-Tlint", "-W", "warning"},
		"groff":  {"-man", "-ww", "-K", "utf8", "-T", "utf8", "-z"},
	} {
		t.Run(tool, func(t *testing.T) {
			if _, err := exec.LookPath(tool); err != nil {
				t.Skipf("%s is not installed: .ci/install installs mandoc", tool)
			}
			if out, err := exec.Command(tool, append(arguments, pages...)...).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	t.Run("complete", func(t *testing.T) {
		if _, err := exec.LookPath("mandoc"); err != nil {
			t.Skip("mandoc is not installed: .ci/install does it")
		}
		for _, page := range pages {
			out, err := exec.Command("mandoc", "-T", "utf8", "-O", "width=200", page).Output()
			if err != nil {
				t.Fatal(err)
			}
			shown := words(overstruck.ReplaceAllString(string(out), ""))
			_, command, _ := strings.Cut(strings.TrimSuffix(filepath.Base(page), ".1"), "-")
			help := helpOf(t, append(strings.FieldsFunc(command, func(r rune) bool { return r == '-' }), "--help")...)
			for line := range strings.Lines(help) {
				if flag, _, _ := strings.Cut(strings.TrimSpace(line), "   "); strings.HasPrefix(flag, "-") {
					line = flag
				}
				if line = words(line); line != "USAGE" && line != "" && !strings.Contains(shown, line) {
					t.Errorf("%s: the page has no %q", page, line)
				}
			}
		}
	})
}

// overstruck is how pages make text bold and underline it.
var overstruck = regexp.MustCompile(`.\x08`)

// words is text with one blank for each white space.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }
