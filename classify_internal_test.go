package jsonrpc

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestCodesAreDocumented: the table in docs/reliability.md is the one in the code.
func TestCodesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, r := range codeRules {
		codes := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(r.codes)), ", "), "[]")
		if codes == "" {
			codes = "any of the server's own"
		}
		words := "any"
		if len(r.words) > 0 {
			words = "“" + strings.Join(r.words, "”, “") + "”"
		}
		fmt.Fprintf(&want, "| %s | %s | %s | %s |\n", codes, words, r.class, r.source)
	}
	if !strings.Contains(string(page), want.String()) {
		t.Errorf("docs/reliability.md should have this table:\n%s", want.String())
	}
}
