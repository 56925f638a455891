package bulk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestInterruptWhileWaitingForATurn: what waits for its turn is not begun, and
// --resume makes it.
func TestInterruptWhileWaitingForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out")
		begin := time.Now()
		turn := func(ctx context.Context, calls int) error {
			select {
			case <-time.After(time.Duration(calls) * time.Second):
			case <-ctx.Done():
			}
			return ctx.Err()
		}
		var e echo
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, interrupt)
		j := newJob(input(10), &Job{Send: e.send, Turn: turn, BatchSize: 2, Concurrency: 16, Path: path, Ordered: true})
		if err := j.Run(ctx, t.Context()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if took := time.Since(begin); took != 5*time.Second || len(e.calls) != 4 {
			t.Errorf("it ended after %v, with %d calls", took, len(e.calls))
		}
		if err := newJob(input(10), &Job{Send: e.send, Path: path, Ordered: true, Resume: true}).run(t); err != nil {
			t.Error(err)
		}
		if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), `"result":`) != 10 || len(e.calls) != 10 {
			t.Errorf("%v, %d calls: %s", err, len(e.calls), text)
		}
	})
}

// TestTurnOfWhoIsFree: a message takes its turn when it can go, and is named by the
// checkpoint after that.
func TestTurnOfWhoIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out")
		var underWay, most, turns int
		var e echo
		j := newJob(input(3), &Job{Concurrency: 1, Path: path, Turn: func(context.Context, int) error {
			most = max(most, underWay)
			if text, err := os.ReadFile(path + CheckpointSuffix); err != nil || strings.Count(string(text), "\n") != 1+turns {
				t.Errorf("turn %d: %v: %s", turns, err, text)
			}
			turns++
			return nil
		}, Send: func(ctx context.Context, calls []Call) []Outcome {
			underWay++
			time.Sleep(time.Second)
			underWay--
			return e.send(ctx, calls)
		}})
		if err := j.run(t); err != nil || most != 0 || turns != 3 {
			t.Errorf("%v: %d turns, with %d messages under way of 1", err, turns, most)
		}
	})
}
