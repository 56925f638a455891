package cli

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
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
