package cli

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestBulkInterruptedAndFailed: what goes wrong while an interrupted run waits for
// the calls under way is told, too.
func TestBulkInterruptedAndFailed(t *testing.T) {
	stderr := &saying{said: make(chan struct{})} // at first that it waits for the calls
	ctx, interrupt := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		interrupt()
		<-stderr.said
		fixed(http.StatusOK, "application/json", `{"jsonrpc":"2.0","result":"pong","id":1}`).ServeHTTP(w, nil)
	}))
	defer server.Close()
	code := run(ctx, &Process{
		Args: []string{"bulk", server.URL}, Stdin: strings.NewReader(`{"method":"ping"}`),
		Stdout: failingWriter{syscall.ENOSPC}, Stderr: stderr, Getenv: func(string) string { return "" },
	})
	if want := "jsonrpc: stopped: the output cannot be written: " + syscall.ENOSPC.Error() + "\n"; code != ExitInterrupted || !strings.HasSuffix(stderr.text.String(), want) {
		t.Errorf("code %d, stderr %q, want %q at its end", code, stderr.text.String(), want)
	}
}

// TestBulkInterruptedUnderRate: what waits for its turn is not begun any more, and
// what the run ended with is said at last.
func TestBulkInterruptedUnderRate(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	var came atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		came.Add(1)
		interrupt()
		fixed(http.StatusOK, "application/json", `{"jsonrpc":"2.0","result":"pong","id":1}`).ServeHTTP(w, nil)
	}))
	defer server.Close()
	var stdout, stderr bytes.Buffer
	code := run(ctx, &Process{
		Args: []string{"bulk", "--rate", "1/h", server.URL}, Stdin: strings.NewReader(strings.Repeat(`{"method":"ping"}`+"\n", 3)),
		Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" },
	})
	const want = "jsonrpc: interrupted: waiting for the calls under way; again ends them, too\njsonrpc: 1 calls\njsonrpc: stopped\n"
	if code != ExitInterrupted || stderr.String() != want || came.Load() != 1 {
		t.Errorf("code %d, %d calls, stdout %q, stderr %q, want %q", code, came.Load(), stdout.String(), stderr.String(), want)
	}
}
