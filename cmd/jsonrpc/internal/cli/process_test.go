//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"example.com/jsonrpc/jsonrpctest"
)

// TestDemoListen starts the demo server, calls it, and interrupts it.
func TestDemoListen(t *testing.T) {
	server := exec.Command("jsonrpc", "demo", "--listen", "127.0.0.1:0")
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }()
	lines := bufio.NewReader(stderr)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := regexp.MustCompile(`^jsonrpc: serving (http://127\.0\.0\.1:[0-9]+) until interrupted\n$`).FindStringSubmatch(line)
	if url == nil {
		t.Fatalf("it said %q", line)
	}
	if out, err := exec.Command("jsonrpc", url[1], "cat", "name=Mittens").Output(); err != nil || string(out) != "\"meow\"\n" {
		t.Errorf("got %q, %v", out, err)
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(lines)
	wantExit(t, server.Wait(), ExitInterrupted)
	if string(rest) != "jsonrpc: stopped\n" {
		t.Errorf("at last it said %q", rest)
	}
}

// TestListenInterrupt: an interrupt takes the subscription back.
func TestListenInterrupt(t *testing.T) {
	listen := exec.Command("jsonrpc", "listen", "-v", startPeer(t), "demo_subscribe")
	stderr, err := listen.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := listen.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listen.Process.Kill() }()
	lines := bufio.NewReader(stderr)
	for line := ""; !strings.HasPrefix(line, `<-- {"jsonrpc": "2.0", "result": "0x1"`); {
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if err := listen.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(lines)
	wantExit(t, listen.Wait(), ExitInterrupted)
	want := `--> {"jsonrpc": "2.0", "method": "demo_unsubscribe", "params": ["0x1"], "id": 2}` + "\n"
	// What came before may be shown after it.
	if _, end, ok := strings.Cut(string(rest), want); !ok || !strings.Contains(end, "jsonrpc: stopped\n") {
		t.Errorf("at last it said %q", rest)
	}
}

// TestInterruptWhileReading: nothing ends a read of a terminal, but an interrupt
// ends the command.
func TestInterruptWhileReading(t *testing.T) {
	cmd := exec.Command("jsonrpc", "batch", "demo:")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// More than a pipe holds: once it is written, the command is reading.
	if _, err := io.WriteString(stdin, strings.Repeat("# no request\n", 100_000)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	wantExit(t, cmd.Wait(), ExitInterrupted)
	if !strings.HasPrefix(stderr.String(), "jsonrpc: interrupted") {
		t.Errorf("it said %q", stderr.String())
	}
}

// TestBrokenPipe: a reader that goes away early, as head does, is no reason to
// say anything.
func TestBrokenPipe(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = read.Close()
	cmd := exec.Command("jsonrpc", "demo:", "ping")
	var stderr strings.Builder
	cmd.Stdout, cmd.Stderr = write, &stderr
	err = cmd.Run()
	_ = write.Close()
	if err == nil || stderr.String() != "" {
		t.Errorf("error %v, stderr %q", err, stderr.String())
	}
}

func wantExit(t *testing.T, err error, want ExitCode) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || ExitCode(exit.ExitCode()) != want {
		t.Errorf("got %v, want exit code %d", err, want)
	}
}

// TestRecordKilled kills a proxy while messages go through it: what has come through
// is in the recording.
func TestRecordKilled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "talk.txt")
	record := exec.Command("jsonrpc", "record", "--listen", "stdio", "--output", file, "exec:cat")
	stdin, err := record.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := record.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := record.Start(); err != nil {
		t.Fatal(err)
	}
	const enough = 500
	go func() {
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(stdin, "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":%d}\n", i); err != nil {
				return
			}
		}
	}()
	lines := bufio.NewReader(stdout)
	for range enough {
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if err := record.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	came := enough
	for {
		if _, err := lines.ReadString('\n'); err != nil {
			break
		}
		came++
	}
	_ = record.Wait()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jsonrpctest.ReadRecording(bytes.NewReader(text)); err != nil {
		t.Error(err)
	}
	if noted := bytes.Count(text, []byte("\n<-- ")); noted < came {
		t.Errorf("%d messages came through, and %d are in the recording", came, noted)
	}
}
