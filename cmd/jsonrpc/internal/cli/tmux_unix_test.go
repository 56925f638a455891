//go:build unix

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A screen is a terminal of tmux, which is driven by keys and looked at.
type screen struct {
	t      *testing.T
	socket string
}

// newScreen runs a command in a terminal of its own, with env over the environment
// of the test.
func newScreen(t *testing.T, env []string, command ...string) *screen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed: .ci/install does it")
	}
	folder, err := os.MkdirTemp("", "screen") // the test's own is too long a name for some systems
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t, filepath.Join(folder, "socket")}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() // it may have ended
		_ = os.RemoveAll(folder)
	})
	args := append([]string{"-f", os.DevNull, "new-session", "-d", "-x", "100", "-y", "40"}, "env", "TERM=screen", "NO_COLOR=1", "PS1=$ ")
	args = append(append(args, env...), command...)
	s.tmux(args...)
	return s
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// text types characters as they are.
func (s *screen) text(text string) {
	s.t.Helper()
	s.tmux("send-keys", "-l", text)
}

// press presses keys by their names: Enter, Tab, C-c.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}

// shown returns what can be seen, without the blanks at the ends of lines and the
// empty lines at the end.
func (s *screen) shown() string {
	s.t.Helper()
	lines := strings.Split(s.tmux("capture-pane", "-p", "-J"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// await waits until what can be seen ends with want.
func (s *screen) await(want string) {
	s.t.Helper()
	s.until(fmt.Sprintf("a screen that ends with %q", want), func(shown string) bool { return strings.HasSuffix(shown, want) })
}

// awaitIn waits until want can be seen.
func (s *screen) awaitIn(want string) {
	s.t.Helper()
	s.until(fmt.Sprintf("%q", want), func(shown string) bool { return strings.Contains(shown, want) })
}

func (s *screen) until(what string, is func(shown string) bool) {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		shown := s.shown()
		if is(shown) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("no %s on the screen:\n%s", what, shown)
		}
	}
}
