package suggest

import "testing"

func TestNearest(t *testing.T) {
	flags := []string{"params", "id", "ids", "notify", "dry-run", "raw", "envelope", "header", "user", "timeout"}
	for word, want := range map[string]string{
		"notfy": "notify", "notifiy": "notify", "dryrun": "dry-run", "param": "params", "headers": "header",
		"timout": "timeout", "idss": "ids", "usr": "user", "xylophone": "", "q": "",
	} {
		if got := Nearest(word, flags); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
