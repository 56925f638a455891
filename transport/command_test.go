package transport_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/jsonrpc/jsonrpctest/transporttest"
	"example.com/jsonrpc/transport"
)

// openCommand has a child process pass on what goes through its standard input
// and output, so that the test is the process at the other end.
func openCommand(t *testing.T, opts transport.StreamOptions) (transport.Stream, *transporttest.Peer) {
	addr, conns := listen(t, "tcp", "127.0.0.1:0")
	s, err := transport.Command(helper(t, "relay", addr.String()), &transport.CommandOptions{
		StreamOptions: opts, ExitWait: 500 * time.Millisecond, TermWait: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, transporttest.NewPeer(<-conns, opts.Framing)
}

// helper returns a command that runs this test program as one of helpers.
func helper(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	// The race detector would have it take a second to exit.
	cmd.Env = append(os.Environ(), helperVariable+"="+name, "GORACE=atexit_sleep_ms=0")
	return cmd
}

const helperVariable = "TRANSPORT_TEST_HELPER"

func TestMain(m *testing.M) {
	if name := os.Getenv(helperVariable); name != "" {
		helpers[name](os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// helpers are the child processes of the tests. They may not use flags.
var helpers = map[string]func(args []string){
	"relay":   relay,
	"garbage": garbage,
	"fail":    fail,
	"deaf":    deaf,
	"parent":  parent,
	"hold":    func([]string) { _, _ = io.Copy(io.Discard, os.NewFile(3, "")) },
}

// relay connects standard input and output to a socket. It ends when either end
// of the conversation does.
func relay(args []string) {
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", args[0])
	if err != nil {
		panic(err)
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.Close()
	}()
	_, _ = io.Copy(os.Stdout, conn)
}

// garbage logs to standard output before it echoes lines.
func garbage([]string) {
	fmt.Print("Starting…\nlistening on stdio\n")
	_, _ = io.Copy(os.Stdout, os.Stdin)
}

// fail reads a line and exits with an error.
func fail([]string) {
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Fprint(os.Stderr, "a line long ago\nloading\n\x1b[31mpanic: out of luck\r\n\ngoodbye\n")
	os.Exit(3)
}

// deaf does not exit when its standard input is closed, but on SIGTERM; given an
// argument, not then either.
func deaf(args []string) {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	fmt.Println("[]")
	_, _ = io.Copy(io.Discard, os.Stdin)
	fmt.Fprintln(os.Stderr, "input closed")
	<-terminated
	fmt.Fprintln(os.Stderr, "terminated")
	if len(args) == 0 {
		os.Exit(7)
	}
	<-terminated
}

// parent starts a process that holds its output open, and exits. That process
// ends when the test closes the pipe it is given.
func parent([]string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperVariable+"=hold")
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, []*os.File{os.NewFile(3, "")}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	fmt.Println("[]")
}

// start starts a helper.
func start(t *testing.T, opts *transport.CommandOptions, cmd *exec.Cmd) transport.Stream {
	t.Helper()
	s, err := transport.Command(cmd, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestCommandGarbageFirst(t *testing.T) {
	for _, framing := range framings[:3] {
		s := start(t, &transport.CommandOptions{StreamOptions: transport.StreamOptions{Framing: framing}}, helper(t, "garbage"))
		if err := s.Write(t.Context(), []byte(`{"a":1}`)); err != nil {
			t.Fatal(err)
		}
		for {
			msg, err := s.Read(t.Context(), nil)
			if _, ok := errors.AsType[*transport.FrameError](err); ok || err == nil && !bytes.HasPrefix(msg, []byte("{")) {
				continue // it is the caller's to see that these lines are no JSON
			}
			if string(msg) != `{"a":1}` || err != nil {
				t.Errorf("%v: read %q, %v", framing, msg, err)
			}
			break
		}
	}
}

// How a process ended, and what it said, is in the error of a Read or a Write.
func TestCommandFails(t *testing.T) {
	var stderr bytes.Buffer
	cmd := helper(t, "fail")
	cmd.Stderr = &stderr
	s := start(t, nil, cmd)
	if err := s.Write(t.Context(), []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	const want = "the command ended with exit status 3: loading | [31mpanic: out of luck | goodbye: EOF"
	if _, err := s.Read(t.Context(), nil); !errors.Is(err, io.EOF) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	err := s.Write(t.Context(), []byte(`{}`))
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Op != "send" || !strings.Contains(err.Error(), "exit status 3: loading") {
		t.Errorf("error %v, want one to send that says how the command ended", err)
	}
	if !strings.HasPrefix(stderr.String(), "a line long ago\n") {
		t.Errorf("the command's own standard error got %q", stderr.String())
	}
}

// Close waits step by step: it closes the standard input, sends SIGTERM, and
// then SIGKILL.
func TestCommandClose(t *testing.T) {
	for _, test := range []struct {
		args               []string
		exitWait, termWait time.Duration
		least              time.Duration
		want               string
	}{
		{nil, 50 * time.Millisecond, time.Hour, 50 * time.Millisecond, "the command ended with exit status 7: input closed | terminated: "},
		{[]string{"stubborn"}, 50 * time.Millisecond, 500 * time.Millisecond, 550 * time.Millisecond, "the command ended with signal: killed: input closed | terminated: "},
	} {
		s := start(t, &transport.CommandOptions{ExitWait: test.exitWait, TermWait: test.termWait}, helper(t, "deaf", test.args...))
		wantRead(t, s, "[]") // now it listens to signals
		begin := time.Now()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took < test.least {
			t.Errorf("Close took %v", took)
		}
		if _, err := s.Read(t.Context(), nil); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("error %v, want %s…", err, test.want)
		}
	}
}

// A process that exits when its input is closed is not waited for any longer.
func TestCommandCloseAtOnce(t *testing.T) {
	s := start(t, &transport.CommandOptions{ExitWait: time.Hour}, helper(t, "garbage"))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A process may leave others behind that hold its output open.
func TestCommandGrandchild(t *testing.T) {
	held, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = held.Close(), hold.Close() }() // which ends it
	cmd := helper(t, "parent")
	cmd.ExtraFiles, cmd.WaitDelay = []*os.File{held}, 20*time.Millisecond
	s := start(t, &transport.CommandOptions{ExitWait: time.Hour}, cmd)
	wantRead(t, s, "[]")
	read := make(chan error)
	go func() {
		_, err := s.Read(context.Background(), nil)
		read <- err
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-read; err == nil || !strings.HasPrefix(err.Error(), "the command ended: ") {
		t.Errorf("error %v, want one that says that the command ended", err)
	}
}

// A process that closes its output and goes on is not waited for longer than the
// context allows.
func TestCommandClosesOutput(t *testing.T) {
	s := start(t, &transport.CommandOptions{ExitWait: time.Hour}, exec.Command("sh", "-c", "exec >&-; exec cat >&2"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Read(ctx, nil); err == nil {
		t.Error("no error")
	}
}

func TestCommandDoesNotStart(t *testing.T) {
	_, err := transport.Command(exec.Command("./there-is-no-such-command"), nil)
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Op != "connect" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want one to connect", err)
	}
	cmd := exec.Command("true")
	cmd.Stdin = strings.NewReader("")
	_, err = transport.Command(cmd, nil)
	wantConnectError(t, err, nil)
}
