package cli

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// background holds, for each script that runs, what it has started.
var background sync.Map // *testscript.TestScript → *running

// A running command is one that serves.
type running struct {
	cmd  *exec.Cmd
	rest chan string // what it said on stderr, once it has ended
}

var saysWhere = regexp.MustCompile(` at (\S+) until interrupted\n$`)

// startCommand starts jsonrpc with arguments, until end or the end of the script.
func startCommand(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("jsonrpc", args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"JSONRPC_USER", "JSONRPC_BEARER", "KEY"} {
		cmd.Env = append(cmd.Environ(), name+"="+ts.Getenv(name))
	}
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewReader(stderr)
	line, err := lines.ReadString('\n')
	where := saysWhere.FindStringSubmatch(line)
	if err != nil || where == nil {
		_ = cmd.Process.Kill()
		ts.Fatalf("it does not say where it is: %q, %v", line, err)
	}
	ts.Setenv("URL", where[1])
	_, host, _ := strings.Cut(where[1], "://")
	ts.Setenv("HOST", host)
	r := &running{cmd, make(chan string, 1)}
	go func() {
		text, _ := io.ReadAll(lines)
		r.rest <- string(text)
	}()
	background.Store(ts, r)
	ts.Defer(func() {
		if _, ok := background.LoadAndDelete(ts); ok {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
}

// endCommand interrupts it, and sets $SAID to what it said on stderr since it began.
func endCommand(ts *testscript.TestScript, _ bool, _ []string) {
	r, ok := background.LoadAndDelete(ts)
	if !ok {
		ts.Fatalf("end: nothing was started")
	}
	ts.Check(r.(*running).cmd.Process.Signal(os.Interrupt))
	ts.Setenv("SAID", <-r.(*running).rest)
	_ = r.(*running).cmd.Wait()
	if code := r.(*running).cmd.ProcessState.ExitCode(); code != int(ExitInterrupted) {
		ts.Fatalf("it ended with code %d, want %d", code, ExitInterrupted)
	}
}
