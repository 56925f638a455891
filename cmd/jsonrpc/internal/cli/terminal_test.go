package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
)

// runOn runs the command in this process, with stdout as if it were a terminal.
func runOn(t *testing.T, env map[string]string, args ...string) (stdout, stderr string, code ExitCode) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), &Process{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, OutTerminal: true,
		Getenv: func(name string) string { return env[name] },
	})
	return out.String(), errs.String(), code
}

func TestTerminal(t *testing.T) {
	const params = `--params={"n": 1.50, "s": "x", "l": [true, null], "e": {}}`
	const plain = `{
  "n": 1.50,
  "s": "x",
  "l": [
    true,
    null
  ],
  "e": {}
}
`
	coloured := strings.NewReplacer(
		`"n"`, "\x1b[1;34m\"n\"\x1b[0m", `"s"`, "\x1b[1;34m\"s\"\x1b[0m", `"l"`, "\x1b[1;34m\"l\"\x1b[0m", `"e"`, "\x1b[1;34m\"e\"\x1b[0m",
		"1.50", "\x1b[36m1.50\x1b[0m", `"x"`, "\x1b[32m\"x\"\x1b[0m", "true", "\x1b[33mtrue\x1b[0m", "null", "\x1b[33mnull\x1b[0m",
	).Replace(plain)
	for _, test := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"pretty and coloured", nil, coloured},
		{"NO_COLOR", map[string]string{"NO_COLOR": "1"}, plain},
		{"NO_COLOR over CLICOLOR_FORCE", map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, plain},
		{"CLICOLOR=0", map[string]string{"CLICOLOR": "0"}, plain},
		{"dumb", map[string]string{"TERM": "dumb"}, plain},
		{"dumb but forced", map[string]string{"TERM": "dumb", "CLICOLOR_FORCE": "1"}, coloured},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, stderr, code := runOn(t, test.env, params, "demo:", "echo")
			if got != test.want || stderr != "" || code != ExitDone {
				t.Errorf("got %q\nwant %q\n(stderr %q, code %d)", got, test.want, stderr, code)
			}
		})
	}
}

// TestRawOnTerminal: even --raw, which prints a string's own characters, prints
// none that act.
func TestRawOnTerminal(t *testing.T) {
	var out bytes.Buffer
	o := newOutput(&Process{Stdout: &out, OutTerminal: true, Getenv: func(string) string { return "" }}, true)
	if err := o.value([]byte(`"one\n\ttwo \u001b[2J\u009b\u202e"`)); err != nil {
		t.Fatal(err)
	}
	if want := "one\n\ttwo \\u001b[2J\\u009b\\u202e\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// failingWriter is a stdout that cannot be written to.
type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// TestStdoutFails: nobody is told about a reader that has gone, but a full disk
// is worth a sentence.
func TestStdoutFails(t *testing.T) {
	for err, want := range map[error]string{
		syscall.EPIPE:                  "",
		io.ErrClosedPipe:               "",
		errors.New("the disk is full"): "jsonrpc: cannot write to stdout: the disk is full\n",
	} {
		var errs bytes.Buffer
		code := run(context.Background(), &Process{
			Args: []string{"demo:", "ping"}, Stdout: failingWriter{err}, Stderr: &errs, Getenv: func(string) string { return "" },
		})
		if code != ExitUsage || errs.String() != want {
			t.Errorf("%v: code %d, stderr %q", err, code, errs.String())
		}
	}
}

// TestManyWarnings: a warning is told once, and what a server can make different each
// time takes no memory without end.
func TestManyWarnings(t *testing.T) {
	var errs bytes.Buffer
	s := newSession(t.Context(), &Process{Stderr: &errs})
	for i := range 10 * maxWarned {
		s.warn(fmt.Sprintf("message %d was skipped", i))
		s.warn("the same")
		if len(s.warned) > maxWarned {
			t.Fatalf("%d warnings are kept", len(s.warned))
		}
	}
	if n := strings.Count(errs.String(), "the same\n"); n > 20 {
		t.Errorf("told %d times", n)
	}
}
