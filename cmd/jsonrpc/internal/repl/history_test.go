package repl

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "history")
	h := LoadHistory(path)
	for _, statement := range []string{
		"cat name=Mittens", "cat name=Mittens", "", " hidden", "login password=x", "echo\n[1,\n2]", ".filter .a",
		"call X-Api-Key=1", "--header x", strings.Repeat("x", maxHistoryLine+1),
	} {
		if err := h.Add(statement); err != nil {
			t.Fatal(err)
		}
	}
	again := LoadHistory(path)
	var got []string
	for i := range again.Len() {
		got = append(got, again.At(i))
	}
	if want := ".filter .a; echo [1, 2]; cat name=Mittens"; strings.Join(got, "; ") != want {
		t.Errorf("got %q", got)
	}
	if line, i := again.Search("name", 0); line != "cat name=Mittens" || i != 2 {
		t.Errorf("found %q at %d", line, i)
	}
	if _, i := again.Search("name", 3); i != -1 {
		t.Errorf("found at %d", i)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestHistoryBounds: neither the file nor the memory grows without end, and a
// history without a place works.
func TestHistoryBounds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	for _, h := range []*History{LoadHistory(path), LoadHistory("")} {
		for i := range maxHistory + 10 {
			if err := h.Add(fmt.Sprint("call ", i)); err != nil {
				t.Fatal(err)
			}
		}
		if h.Len() != maxHistory || h.At(0) != fmt.Sprint("call ", maxHistory+9) {
			t.Errorf("%d lines, the newest %q", h.Len(), h.At(0))
		}
	}
	LoadHistory(path)
	text, err := os.ReadFile(path)
	if lines := strings.Count(string(text), "\n"); err != nil || lines != maxHistory {
		t.Errorf("%d lines, %v", lines, err)
	}
	if h := LoadHistory(t.TempDir()); h.Len() != 0 || h.Add("x") == nil {
		t.Error("a folder is a history")
	}
}
