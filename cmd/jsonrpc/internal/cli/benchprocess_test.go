//go:build unix

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBenchInterrupt: an interrupt ends the run, and what was measured is printed
// and written.
func TestBenchInterrupt(t *testing.T) {
	tests := []struct {
		name  string
		flags []string
		want  []string
	}{
		{"closed", []string{"--concurrency", "2"}, []string{"load         closed loop, 2 under way\n", "\nerrors       none\n"}},
		{"open", []string{"--rate", "500/s"}, []string{"load         open loop, 500 calls due a second", "\nfrom sending mean "}},
		{"two", []string{"--compare", "demo:", "--rounds", "10"}, []string{"\nthroughput: after 0 turns no difference can be told from chance\n"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := newCountingServer(t, 1)
			server.alarm.Store(200)
			page := filepath.Join(t.TempDir(), "report.html")
			args := append([]string{"bench", "--duration", "1h", "--warm-up", "0", "--html", page}, test.flags...)
			cmd := exec.Command("jsonrpc", append(args, server.url, "once", "0")...)
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill() }()
			<-server.rings
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			wantExit(t, cmd.Wait(), ExitInterrupted)
			for _, part := range test.want {
				if !strings.Contains(stdout.String(), part) {
					t.Errorf("it lacks %q:\n%s%s", part, stdout.String(), stderr.String())
				}
			}
			if text, err := os.ReadFile(page); err != nil || !strings.HasSuffix(string(text), "</html>\n") {
				t.Errorf("the page: %v: %s", err, text)
			}
		})
	}
}
