package cli

import (
	"slices"
	"strings"
	"testing"
)

// FuzzExecAddress checks that the words of a command survive being quoted.
func FuzzExecAddress(f *testing.F) {
	f.Add("gopls", "serve")
	f.Add("", "it's")
	f.Add(`"a\b"`, "'\\''\n\t")
	f.Fuzz(func(t *testing.T, first, second string) {
		address, err := execAddress([]string{first, second})
		if err != nil {
			t.Fatal(err)
		}
		words, err := splitWords(strings.TrimPrefix(address, execTarget))
		if err != nil || !slices.Equal(words, []string{first, second}) {
			t.Errorf("%q became %q, %v", []string{first, second}, words, err)
		}
	})
}

// TestLineWriter: lines are printed once they are whole, or too long.
func TestLineWriter(t *testing.T) {
	var got []string
	w := &lineWriter{each: func(line string) { got = append(got, line) }}
	long := strings.Repeat("x", maxLine)
	for _, text := range []string{"a", "b\r\nc\n\n", "d", long, "\ne"} {
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	if want := []string{"ab", "c", "", "d" + long, ""}; !slices.Equal(got, want) {
		t.Errorf("got %.20q, want %.20q", got, want)
	}
}
