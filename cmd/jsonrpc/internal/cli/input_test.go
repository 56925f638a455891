package cli

import (
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
