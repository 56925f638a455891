package openrpc_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"example.com/jsonrpc/internal/recorded"
	"example.com/jsonrpc/openrpc"
)

// TestRealDocuments reads documents of systems in use.
func TestRealDocuments(t *testing.T) {
	for _, file := range recorded.Documents(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := openrpc.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			nulls := 0
			for _, m := range doc.Methods {
				if m.Result == nil {
					continue
				}
				v := openrpc.Sample(m.Result.Schema)
				if !json.Valid(v) {
					t.Errorf("%s: the sample is not JSON: %s", m.Name, v)
				}
				if string(v) == "null" {
					nulls++
				}
			}
			t.Logf("%d methods, %d schemas, %d results without a sample, unresolved %d %v",
				len(doc.Methods), len(doc.Components.Schemas), nulls, len(doc.Unresolved), doc.Unresolved)
		})
	}
}
