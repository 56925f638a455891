package transporttest

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var leakTests atomic.Int64

// wantNoGoroutines fails the test if any goroutine that it starts from now on,
// or that these start, is there when all else of the test is over. They are told
// from those of other tests by a label, which goroutines hand on.
func wantNoGoroutines(t *testing.T) {
	const key = "transporttest"
	number := strconv.FormatInt(leakTests.Add(1), 10)
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(key, number)))
	t.Cleanup(func() {
		pprof.SetGoroutineLabels(context.Background())
		if t.Failed() {
			return // whatever hangs was reported
		}
		label := strconv.Quote(key) + ":" + strconv.Quote(number)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.Now().Add(patience); ; <-tick.C { // they are told to end, and may take a moment
			left := goroutinesWith(label)
			if left == "" {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("goroutines are left after Close:\n%s\n\nThe rule: %s", left,
					"Close ends all that the stream has started: a client that connects again and again would fill the memory.")
				return
			}
		}
	})
}

// goroutinesWith returns the stacks of the goroutines with a label.
func goroutinesWith(label string) string {
	var all bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&all, 1) // a bytes.Buffer does not fail
	var found []string
	for group := range strings.SplitSeq(all.String(), "\n\n") {
		if strings.Contains(group, label) {
			found = append(found, group)
		}
	}
	return strings.Join(found, "\n\n")
}
