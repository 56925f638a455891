// Package leak finds goroutines and descriptors that a test has left.
package leak

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// TB is what this package needs of a testing.TB.
type TB interface {
	Helper()
	Cleanup(f func())
	Errorf(format string, args ...any)
}

var tests atomic.Int64

// label is the name of the label by which goroutines are told from those of other
// tests: goroutines hand it on to those that they start.
const label = "jsonrpctest"

// Mark labels the calling goroutine, and so all that it starts from now on and all
// that these start. Left returns the stacks of those that are there, but for the
// calling one; unmark ends that.
func Mark() (left func() string, unmark func()) {
	number := strconv.FormatInt(tests.Add(1), 10)
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(label, number)))
	mark := strconv.Quote(label) + ":" + strconv.Quote(number)
	return func() string { return goroutinesWith(mark) },
		func() { pprof.SetGoroutineLabels(context.Background()) }
}

// goroutinesWith returns the stacks of the goroutines with a label.
func goroutinesWith(mark string) string {
	var all bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&all, 1) // a bytes.Buffer does not fail
	var found []string
	for group := range strings.SplitSeq(all.String(), "\n\n") {
		if strings.Contains(group, mark) {
			found = append(found, group)
		}
	}
	return strings.Join(found, "\n\n")
}

// Descriptors returns the sockets, pipes and files that are open, by number. Where
// the system does not tell, it returns nil.
func Descriptors() map[string]string {
	const folder = "/proc/self/fd"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	open := map[string]string{}
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(folder, entry.Name()))
		// The runtime's own are made once and stay; the folder's is closed by now.
		if err != nil || strings.HasPrefix(target, "anon_inode:") || strings.HasPrefix(target, "/proc/") {
			continue
		}
		open[entry.Name()] = target
	}
	return open
}

// NewDescriptors names those of now that were not there before, nothing if there
// are none.
func NewDescriptors(before map[string]string) string {
	if before == nil {
		return ""
	}
	var found []string
	for number, target := range Descriptors() {
		if before[number] != target {
			found = append(found, fmt.Sprintf("descriptor %s: %s", number, target))
		}
	}
	return strings.Join(found, "\n")
}

// Wait waits until each of the checks returns nothing, and fails the test with
// the message and what is left if that takes longer than patience. What is closed
// is told to end, and may take a moment.
func Wait(t TB, patience time.Duration, message string, checks ...func() string) {
	t.Helper()
	timer := time.NewTimer(0)
	defer timer.Stop()
	deadline := time.Now().Add(patience)
	for wait := 100 * time.Microsecond; ; wait = min(2*wait, 50*time.Millisecond) {
		<-timer.C
		var left []string
		for _, check := range checks {
			if found := check(); found != "" {
				left = append(left, found)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s\n%s", message, strings.Join(left, "\n\n"))
			return
		}
		timer.Reset(wait)
	}
}
