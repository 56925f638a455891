package bulk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKilledBeforeItBegan: a run that was killed between making its files made no
// call, so that --resume begins it.
func TestKilledBeforeItBegan(t *testing.T) {
	empty, cut := "", "jsonrpc-bulk 1 ord"
	for name, checkpoint := range map[string]*string{"no checkpoint": nil, "an empty one": &empty, "a line that was cut": &cut} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			for file, text := range map[string]*string{path: &empty, path + CheckpointSuffix: checkpoint} {
				if text == nil {
					continue
				}
				if err := os.WriteFile(file, []byte(*text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var e echo
			if err := newJob(input(3), &Job{Send: e.send, Path: path, Resume: true, Ordered: true}).run(t); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil || strings.Count(string(text), `"result":`) != 3 || len(e.calls) != 3 {
				t.Errorf("%v, %d calls: %s", err, len(e.calls), text)
			}
			if _, err := os.Stat(path + CheckpointSuffix); !os.IsNotExist(err) {
				t.Errorf("the checkpoint is still there: %v", err)
			}
		})
	}
}
