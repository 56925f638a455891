// Package recorded finds what systems in use have said: conversations and OpenRPC
// documents, which tests read and which are no part of this repository. They lie
// beside the checkout, in ../shared/real, or where JSONRPC_REAL says.
package recorded

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Folder returns the folder of recordings, and skips the test if there is none.
func Folder(tb testing.TB) string {
	tb.Helper()
	folder := os.Getenv("JSONRPC_REAL")
	if folder == "" {
		folder = filepath.Join(checkout(tb), "..", "shared", "real")
	}
	if _, err := os.Stat(folder); err != nil {
		tb.Skipf("skipped: no recordings of real systems in %s. Set JSONRPC_REAL to where they are.", folder)
	}
	return folder
}

// checkout is the folder of this repository that the test runs in.
func checkout(tb testing.TB) string {
	tb.Helper()
	start, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for folder := start; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.work")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			tb.Fatalf("%s is not in a checkout of this repository: no folder above it has a go.work", start)
		}
	}
}

// Conversations returns the files with what servers were sent and said, an
// exchange on each line.
func Conversations(tb testing.TB) []string {
	tb.Helper()
	return files(tb, "conversations", "*.jsonl")
}

// Documents returns the files with OpenRPC documents.
func Documents(tb testing.TB) (documents []string) {
	tb.Helper()
	for _, file := range files(tb, "openrpc", "*.json") {
		if name := filepath.Base(file); name != "SOURCES.json" && !strings.HasPrefix(name, "openrpc-meta-schema") {
			documents = append(documents, file)
		}
	}
	return documents
}

func files(tb testing.TB, path ...string) []string {
	tb.Helper()
	pattern := filepath.Join(append([]string{Folder(tb)}, path...)...)
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		tb.Fatalf("nothing is called %s (%v)", pattern, err)
	}
	return found
}
