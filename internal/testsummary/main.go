// Command testsummary reads what go test -json prints and prints what a person
// wants of it: a line for each package, the output of what failed, what was
// skipped and why, and at the end how many tests there were.
//
//	go test -json work | go run ./internal/testsummary
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

func main() {
	failed, err := summarize(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

// An event is a line of go test -json.
type event struct {
	Action  string `json:"Action"`
	Package string `json:"Package"`
	Test    string `json:"Test"`
	Output  string `json:"Output"`
}

// summarize reports whether anything failed.
func summarize(r io.Reader, w io.Writer) (failed bool, err error) {
	var passes, fails, skips int
	outputs := make(map[string]*strings.Builder) // of tests and packages that run
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return failed, fmt.Errorf("%w: %s", err, lines.Bytes())
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "build-output":
			fmt.Fprint(w, e.Output)
		case "output":
			if outputs[key] == nil {
				outputs[key] = new(strings.Builder)
			}
			outputs[key].WriteString(e.Output)
		case "pass", "fail", "skip":
			output := outputs[key]
			delete(outputs, key)
			failed = failed || e.Action == "fail"
			switch {
			case e.Test == "": // a package: its line is the last of its output
				for _, unfinished := range slices.Sorted(maps.Keys(outputs)) {
					if strings.HasPrefix(unfinished, key) { // the process ended before these tests
						fmt.Fprint(w, shorten(outputs[unfinished]))
						delete(outputs, unfinished)
					}
				}
				fmt.Fprint(w, packageLines(output, e.Action))
				continue
			case e.Action == "fail":
				fmt.Fprint(w, output)
			}
			switch part := strings.Contains(e.Test, "/"); {
			case part: // it is counted with the whole
			case e.Action == "pass":
				passes++
			case e.Action == "fail":
				fails++
			default:
				skips++
				fmt.Fprint(w, shorten(output))
			}
		}
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", passes, fails, skips)
	return failed, lines.Err()
}

// packageLines returns the output of a package itself, without the verdicts
// that its line repeats; all of it if it failed, as it does in a panic.
func packageLines(output *strings.Builder, action string) string {
	if output == nil {
		return ""
	}
	if action == "fail" {
		return output.String()
	}
	var kept strings.Builder
	for line := range strings.Lines(output.String()) {
		if strings.HasPrefix(line, "ok ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// shorten returns a test's output without the lines that announce it.
func shorten(output *strings.Builder) string {
	var kept strings.Builder
	if output != nil {
		for line := range strings.Lines(output.String()) {
			if !strings.HasPrefix(line, "=== ") {
				kept.WriteString(line)
			}
		}
	}
	return kept.String()
}
