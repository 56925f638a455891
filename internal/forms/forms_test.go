package forms

import (
	"slices"
	"testing"
)

func TestOf(t *testing.T) {
	all := Of(`a/é"&`, "a")
	for _, want := range []string{
		`a/é"&`, `a/é\"&`, `a\/\u00e9\"&`, `a/é\"\u0026`, "a%2F%C3%A9%22%26", "a%2F%C3%A9%22&", `a\\/\\u00e9\\\"&`,
		"a/é&#34;&amp;", "a/é&quot;&amp;", "a",
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%q is not among the forms", want)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b string) int { return len(b) - len(a) }) {
		t.Errorf("a shorter form comes before a longer one: %q", all)
	}
	if got := Of("", "\xff"); len(got) == 0 || got[len(got)-1] == "" {
		t.Errorf("forms of no text and of what is no UTF-8: %q", got)
	}
}

func TestEscape(t *testing.T) {
	if got := Escape("aé\U0001f600b", isNotASCII); got != `a\u00e9\ud83d\ude00b` {
		t.Error(got)
	}
}
