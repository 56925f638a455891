package cli

import (
	"bufio"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/jsonrpc/jsonrpctest"
)

// TestBulkProgress: on a terminal a bar tells the rate and the time that is left,
// warnings stand above it, and nothing of it is left at the end.
func TestBulkProgress(t *testing.T) {
	release := make(chan struct{})
	handler := func(n int) int {
		if n == 600 {
			<-release
		}
		return n
	}
	server := httptest.NewServer(jsonrpctest.NewServer(jsonrpctest.Handlers{"slow": jsonrpctest.Func(handler, "n")}))
	defer server.Close()
	dir := t.TempDir()
	input, output := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	var calls, want strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&calls, `{"method":"slow","params":[%d],"comment":"%s"}`+"\n", i, strings.Repeat("x", 200))
		fmt.Fprintf(&want, `{"jsonrpc":"2.0","result":%d,"id":%d}`+"\n", i, i+1)
	}
	if err := os.WriteFile(input, []byte(calls.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	control, terminal := openTerminal(t)
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 120}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("jsonrpc", "bulk", "--input", input, "--output", output, "--concurrency", "2", server.URL)
	cmd.Stderr = terminal
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	screen := &ptyScreen{in: bufio.NewReader(control)}
	screen.until(t, regexp.MustCompile(`60[0-2] calls, [0-9]+/s .*\[=*>-*\] [0-9]+ %, [0-9:]+ left`))
	close(release)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	screen.until(t, regexp.MustCompile(`(?m)^jsonrpc: 1000 calls$`))
	if text := strings.TrimSpace(screen.String()); text != "jsonrpc: 1000 calls" {
		t.Errorf("left on the screen:\n%s", text)
	}
	if text, err := os.ReadFile(output); err != nil || string(text) != want.String() {
		t.Errorf("the output is not what it should be (%v)", err)
	}
}

// TestBenchLive: on a terminal a line shows what each second brings, and is gone at
// the end.
func TestBenchLive(t *testing.T) {
	control, terminal := openTerminal(t)
	cmd := exec.Command("jsonrpc", "bench", "--duration", "1.2", "--warm-up", "0.1", "demo:", "fail")
	cmd.Stderr = terminal
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	screen := &ptyScreen{in: bufio.NewReader(control)}
	screen.until(t, regexp.MustCompile(`^jsonrpc: warning: demo: answers with an error.*\n1s: [0-9]+ calls/s, 50 % .*, 99 % .*, longest .*, [1-9][0-9]* errors$`))
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	_, _ = terminal.WriteString("the end")
	screen.until(t, regexp.MustCompile(`(?m)^the end$`))
	if text := screen.String(); strings.Contains(text, "calls/s") || !strings.HasPrefix(out.String(), "load ") {
		t.Errorf("left on the screen:\n%s\non stdout:\n%s", text, out.String())
	}
}

// A ptyScreen understands as much of a terminal's language as is spoken here.
type ptyScreen struct {
	in    *bufio.Reader
	lines []string
	y, x  int
}

// until reads until the screen shows what is wanted.
func (s *ptyScreen) until(t *testing.T, want *regexp.Regexp) {
	t.Helper()
	for !want.MatchString(s.String()) {
		if err := s.step(); err != nil {
			t.Fatalf("%v; on the screen:\n%s", err, s)
		}
	}
}

func (s *ptyScreen) String() string {
	var b strings.Builder
	for _, line := range s.lines {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func (s *ptyScreen) step() error {
	r, _, err := s.in.ReadRune()
	if err != nil {
		return err
	}
	switch r {
	case '\r':
		s.x = 0
	case '\n':
		s.y, s.x = s.y+1, 0
	case '\x1b':
		return s.escape()
	default:
		s.put(r)
	}
	return nil
}

func (s *ptyScreen) put(r rune) {
	for len(s.lines) <= s.y {
		s.lines = append(s.lines, "")
	}
	line := []rune(s.lines[s.y])
	for len(line) <= s.x {
		line = append(line, ' ')
	}
	line[s.x] = r
	s.lines[s.y] = string(line)
	s.x++
}

// escape obeys a control sequence: cursor up, erase line, erase what is below.
func (s *ptyScreen) escape() error {
	text := ""
	for {
		r, _, err := s.in.ReadRune()
		if err != nil {
			return err
		}
		if text += string(r); len(text) > 1 && (r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			break
		}
	}
	var n int
	_, _ = fmt.Sscanf(text, "[%d", &n)
	switch text[len(text)-1] {
	case 'A':
		s.y = max(s.y-max(n, 1), 0)
	case 'J':
		if s.y < len(s.lines) {
			s.lines = s.lines[:s.y+1]
			s.cut()
		}
	case 'K':
		s.cut()
	}
	return nil
}

func (s *ptyScreen) cut() {
	if s.y < len(s.lines) {
		if line := []rune(s.lines[s.y]); s.x < len(line) {
			s.lines[s.y] = string(line[:s.x])
		}
	}
}
