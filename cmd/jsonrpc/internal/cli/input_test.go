package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestReadWhole: what is too long is refused, and never cut off.
func TestReadWhole(t *testing.T) {
	for text, want := range map[string]bool{"": true, "12345678": true, "123456789": false, strings.Repeat("x", 1000): false} {
		got, err := readWhole(strings.NewReader(text), 8)
		if (err == nil) != want || want && string(got) != text || !want && err.Error() != "there are more than 8 bytes" {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// blanks is a file that has no end, and no line.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// TestEndlessScript: a line of a script that has no end ends the script, and what
// comes after too long a statement is not taken for others.
func TestEndlessScript(t *testing.T) {
	for name, stdin := range map[string]io.Reader{
		"a line":      io.MultiReader(strings.NewReader("cube 3\n"), blanks{}),
		"a statement": io.MultiReader(strings.NewReader("cube 3\necho [\n"), io.LimitReader(blanks{}, maxStatement-1), strings.NewReader("\n1,\nping\n")),
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), &Process{
			Args: []string{"repl", "demo:"}, Stdin: stdin, Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" },
		})
		want := "jsonrpc: a statement can have 67108864 bytes: put the value into a file and write NAME=@FILE or NAME:=@FILE (see jsonrpc repl --help)\n"
		if code != ExitUsage || out.String() != "27\n" || errs.String() != want {
			t.Errorf("%s: code %d, stdout %q, stderr %q", name, code, out.String(), errs.String())
		}
	}
}
