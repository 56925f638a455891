package repl

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// asDrafted checks that line by line a text is the same as all at once.
func asDrafted(t *testing.T, text string) {
	t.Helper()
	last := json.RawMessage("1")
	var (
		d      Draft
		before []string
	)
	for line := range strings.SplitSeq(text, "\n") {
		before = append(before, line)
		whole := strings.Join(before, "\n")
		want, wantErr := Parse(whole, last)
		got, err := d.Add(line, last)
		if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) || d.String() != whole {
			t.Fatalf("%q: %+v, %v, want %+v, %v", whole, got, err, want, wantErr)
		}
		if !errors.Is(err, ErrUnfinished) {
			return
		}
	}
}

func TestDraft(t *testing.T) {
	for _, text := range []string{
		"", "\nx", "cat\nx", "echo [1,\n2\n] x", "  !echo {\n\"a\": [\n\"}\"\n]\n} b:=[\n\n]", "echo a:=\"b\nc\" d", "echo 'a\n{\nb' {\n}",
		"echo [\"a\\\n\", 1\n]", "[\n] |\n.a", "echo a \\\n [\n1\n]\n", "echo [\n1] [2,\n3]", "echo [}\n]",
	} {
		asDrafted(t, text)
	}
}

// TestLongDraft: a document of a hundred thousand lines is read once, and not once
// for each line, which would take hours.
func TestLongDraft(t *testing.T) {
	const lines = 100_000
	var d Draft
	_, err := d.Add("echo a:=[", nil)
	for range lines {
		if !errors.Is(err, ErrUnfinished) {
			t.Fatal(err)
		}
		_, err = d.Add(`  {"name": "some text", "tags": ["a", "b"]},`, nil)
	}
	if s, err := d.Add("1]", nil); err != nil || len(s.Words) != 2 {
		t.Errorf("got %v", err)
	}
}
