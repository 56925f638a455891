package cli

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestHelp compares each command's help with testdata/help. After a change that
// is meant, run the test with -update and look at the difference.
func TestHelp(t *testing.T) {
	for _, name := range []string{"jsonrpc", "call", "send", "batch", "listen", "repl", "list", "describe", "template", "docs", "gen", "mock", "record", "replay", "bulk", "bench", "profile", "demo", "man", "version"} {
		t.Run(name, func(t *testing.T) {
			args := []string{name, "--help"}
			if name == "jsonrpc" {
				args = args[1:]
			}
			got := helpOf(t, args...)
			file := filepath.Join("testdata", "help", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the help is not that of %s:\n%s", file, got)
			}
			for i, line := range strings.Split(got, "\n") {
				if n := len([]rune(line)); n > 100 {
					t.Errorf("line %d has %d characters: %s", i+1, n, line)
				}
			}
		})
	}
}

func helpOf(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	code := run(context.Background(), &Process{Args: args, Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }})
	if code != ExitDone {
		t.Fatalf("code %d: %s", code, out.String())
	}
	return out.String()
}

// TestHelpExamples runs each example in the help, and compares what it prints
// with what stands below it.
func TestHelpExamples(t *testing.T) {
	count := 0
	for _, help := range []string{callHelp, sendHelp, batchHelp, listenHelp, replHelp, listHelp, describeHelp, templateHelp, docsHelp, bulkHelp, benchHelp, replayHelp} {
		for _, e := range examplesIn(help) {
			count++
			t.Run(e.command, e.run)
		}
	}
	if count < 10 {
		t.Errorf("only %d examples found", count)
	}
}

// An example is a command line and what it prints.
type example struct{ command, output string }

// run runs the command in a shell, and compares what it prints.
func (e example) run(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh to run the examples with")
	}
	cmd := exec.Command(shell, "-c", e.command)
	cmd.Dir = t.TempDir() // they may write files
	cmd.Env = append(os.Environ(), "NO_COLOR=", "CLICOLOR_FORCE=")
	got, err := cmd.CombinedOutput()
	if err != nil || string(got) != e.output {
		t.Errorf("got (%v)\n%swant\n%s", err, got, e.output)
	}
}

// examplesIn finds the lines "  $ command", the lines "  > …" that continue it,
// and the output below, up to an empty line.
func examplesIn(help string) (examples []example) {
	for block := range strings.SplitSeq(help, "\n\n") {
		var e example
		for line := range strings.Lines(block) {
			if command, ok := strings.CutPrefix(line, "  $ "); ok {
				e.command = command
			} else if more, ok := strings.CutPrefix(line, "  > "); ok {
				e.command += more
			} else if e.command != "" {
				e.output += strings.TrimRight(strings.TrimPrefix(line, "  "), "\n") + "\n"
			}
		}
		if e.command != "" {
			examples = append(examples, e)
		}
	}
	return examples
}
