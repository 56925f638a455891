package apilist

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOptionsInManual: the manual of package jsonrpc names each option under what it
// is about, because a list of them by name is too long to search.
func TestOptionsInManual(t *testing.T) {
	listing, err := os.ReadFile(filepath.Join(root, "api", "jsonrpc.txt"))
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile(filepath.Join(root, "doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	options := regexp.MustCompile(`(?m)^func (With\w+)\(`).FindAllStringSubmatch(string(listing), -1)
	if len(options) == 0 {
		t.Fatal("no options are listed")
	}
	for _, option := range options {
		if !strings.Contains(string(manual), "["+option[1]+"]") {
			t.Errorf("doc.go does not name %s", option[1])
		}
	}
}
