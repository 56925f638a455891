package bulk

import (
	"context"
	"errors"
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

// TestOneRunAtATime: a run that is continued while it still goes on would make its
// calls twice, and cut its output.
func TestOneRunAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	began, end := make(chan struct{}), make(chan struct{})
	var e echo
	first := newJob(input(3), &Job{Path: path, Ordered: true, Concurrency: 1, Send: func(ctx context.Context, calls []Call) []Outcome {
		if len(e.calls) == 0 {
			close(began)
			<-end
		}
		return e.send(ctx, calls)
	}})
	done := make(chan error, 1)
	go func() { done <- first.Run(t.Context(), t.Context()) }()
	<-began
	var other echo
	for _, resume := range []bool{true, false} {
		err := newJob(input(3), &Job{Send: other.send, Path: path, Resume: resume, Ordered: true}).run(t)
		if none := (*StartError)(nil); !errors.As(err, &none) || len(other.calls) > 0 {
			t.Errorf("resume %v: %v, %d calls", resume, err, len(other.calls))
		}
	}
	close(end)
	if err := <-done; err != nil || len(e.calls) != 3 {
		t.Errorf("the first run: %v, %d calls", err, len(e.calls))
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), `"result":`) != 3 {
		t.Errorf("%v: %s", err, text)
	}
}
