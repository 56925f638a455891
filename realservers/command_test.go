package realservers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// command is the path of the jsonrpc command, built from this repository.
var command string

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "realservers")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	// What the command keeps must not be there for the next run, nor for the user.
	if err := os.Setenv("JSONRPC_CACHE", filepath.Join(dir, "cache")); err != nil {
		return 0, err
	}
	command = filepath.Join(dir, "jsonrpc.exe") // the suffix hurts nowhere and is needed on Windows
	build := exec.Command("go", "build", "-o", command, ".")
	build.Dir = filepath.Join("..", "cmd", "jsonrpc")
	if output, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the command: %w\n%s", err, output)
	}
	return m.Run(), nil
}

// The exit codes of the command, as its help has them.
const (
	exitDone         = 0
	exitServerError  = 1
	exitUnreachable  = 3
	exitUnauthorised = 4
	exitBadReply     = 6
	exitBatchFailed  = 7
)

// commandTimeout is far above what any of these calls takes.
const commandTimeout = time.Minute

// An outcome is what a run of the command left.
type outcome struct {
	stdout, stderr string
	code           int
}

// run runs the command with a text on its standard input.
func run(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

func (o outcome) String() string {
	return fmt.Sprintf("exit code %d\nstdout: %s\nstderr: %s", o.code, o.stdout, o.stderr)
}

// wantRun checks the exit code, the lines of stdout, and the lines of stderr, of each of which a part is given: the
// sentences of the command are its own affair.
func wantRun(t *testing.T, got outcome, code int, stdout []string, stderr ...string) {
	t.Helper()
	said := lines(got.stderr)
	ok := got.code == code && slices.Equal(lines(got.stdout), stdout) && len(said) == len(stderr)
	for i := 0; ok && i < len(said); i++ {
		ok = strings.HasPrefix(said[i], "jsonrpc: ") && strings.Contains(said[i], stderr[i])
	}
	if !ok {
		t.Fatalf("got %s\nwant exit code %d\nstdout: %q\nstderr, parts: %q", got, code, stdout, stderr)
	}
}

func lines(text string) []string {
	return slices.Collect(func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if !yield(strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	})
}
