package realservers

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTimeout = 60 * time.Second // servers take a second at most; a loaded machine takes longer
	stopTimeout  = 10 * time.Second
	callTimeout  = 60 * time.Second // unless a test says otherwise
	pollInterval = 20 * time.Millisecond
)

// start runs a server until the test ends, and returns once ready gives nil.
// What the server printed is logged if the test fails. The channel is closed once
// it has ended, for tests that have it end.
func start(t *testing.T, ready func(context.Context) error, program string, args ...string) <-chan struct{} {
	t.Helper()
	_, exited := startProcess(t, ready, program, args...)
	return exited
}

// startProcess is start for tests that kill the server.
func startProcess(t *testing.T, ready func(context.Context) error, program string, args ...string) (*os.Process, <-chan struct{}) {
	t.Helper()
	name := filepath.Base(program)
	var output bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...) // the test's context ends before its cleanups run
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
	}()
	t.Cleanup(func() {
		<-exited
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, output.Bytes())
		}
	})

	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return cmd.Process, exited
		}
		select {
		case <-exited:
			t.Fatalf("%s ended before it was ready: %v", name, cmd.ProcessState)
		case <-ctx.Done():
			t.Fatalf("%s was not ready within %v: %v", name, startTimeout, err)
		case <-tick.C:
		}
	}
}

// listening is ready once something accepts connections at addr.
func listening(addr string) func(context.Context) error { return accepting("tcp", addr) }

// accepting is ready once something accepts connections at an address of the network.
func accepting(network, addr string) func(context.Context) error {
	return func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// taken holds the ports that were given to tests, since a server takes a while to listen on its own.
var taken sync.Map

// freePort returns a port of the loopback interface that nobody listened on a moment ago, nor was it given to another
// test. Most of these servers can't choose one themselves and say which. It is below those that systems hand out to
// whoever asks for any, because tests that run at the same time do.
func freePort(t *testing.T) string {
	t.Helper()
	const lowest, highest = 20000, 32767
	for {
		port := strconv.Itoa(lowest + rand.IntN(highest-lowest+1))
		if _, given := taken.LoadOrStore(port, true); given {
			continue
		}
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			_ = l.Close()
			return port
		} else if !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err)
		}
	}
}

// program returns the path of an installed program.
func program(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	// An ordinary user's PATH leaves out the folder that nginx is in.
	path, err := exec.LookPath(filepath.Join("/usr/sbin", name))
	if err != nil {
		missing(t, name)
	}
	return path
}

// cached returns the path of what .ci/install put into its cache folder, which is called name.
func cached(t *testing.T, name string, path ...string) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(append([]string{dir, "jsonrpc-realservers"}, path...)...)
	if _, err := os.Stat(file); err != nil {
		missing(t, name)
	}
	return file
}

// missing skips the test. In CI it fails it: there, a server that did not get installed is a fault.
func missing(t *testing.T, name string) {
	t.Helper()
	const sentence = "%s is not installed: run .ci/install, then this test again."
	if os.Getenv("CI") == "true" {
		t.Fatalf(sentence, name)
	}
	t.Skipf(sentence, name)
}
