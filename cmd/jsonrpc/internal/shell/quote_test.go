package shell

import "testing"

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"":           "''",
		"plain":      "plain",
		"a=b@c%d+/.": "a=b@c%d+/.",
		"two words":  "'two words'",
		"it's":       `'it'\''s'`,
		"$HOME;ü*":   "'$HOME;ü*'",
	} {
		if got := Quote(word); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}
