//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/jsonrpc/jsonrpctest"
)

var (
	bulkCalls = flag.Int("bulk.calls", 20_000, "calls of TestBulkKilled")
	bulkKills = flag.Int("bulk.kills", 3, "kills of TestBulkKilled")
	bulkSeed  = flag.Uint64("bulk.seed", uint64(time.Now().UnixNano()), "of the moments of TestBulkKilled's kills")
)

// A countingServer has a method once, which returns its param and counts how often
// it came.
type countingServer struct {
	url   string
	came  []atomic.Int32
	all   atomic.Int64
	alarm atomic.Int64  // at so many calls rings
	rings chan struct{} // has a place for one
}

func newCountingServer(t *testing.T, calls int) *countingServer {
	s := &countingServer{came: make([]atomic.Int32, calls), rings: make(chan struct{}, 1)}
	server := httptest.NewServer(jsonrpctest.NewServer(jsonrpctest.Handlers{"once": jsonrpctest.Func(s.once, "n")}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *countingServer) once(n int) int {
	s.came[n].Add(1)
	if s.all.Add(1) == s.alarm.Load() {
		s.rings <- struct{}{}
	}
	return n
}

// TestBulkKilled: runs that are killed (SIGKILL) at any moment and continued give
// each call one outcome. Calls that may be repeated leave no trace of it; of the
// others none is made twice.
func TestBulkKilled(t *testing.T) {
	calls := *bulkCalls
	input := filepath.Join(t.TempDir(), "calls.ndjson")
	var text, want bytes.Buffer
	for i := range calls {
		fmt.Fprintf(&text, `{"method":"once","params":[%d]}`+"\n", i)
		fmt.Fprintf(&want, `{"jsonrpc":"2.0","result":%d,"id":%d}`+"\n", i, i+1)
	}
	if err := os.WriteFile(input, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("-bulk.seed %d", *bulkSeed)
	for _, repeat := range []bool{true, false} {
		t.Run(fmt.Sprintf("repeat %v", repeat), func(t *testing.T) {
			server := newCountingServer(t, calls)
			output := filepath.Join(t.TempDir(), "out.ndjson")
			args := []string{"bulk", "--quiet", "--input", input, "--output", output, "--batch", "100", "--concurrency", "8"}
			if repeat {
				args = append(args, "--idempotent", "once")
			}
			killed := server.runKilled(t, append(args, server.url), int64(calls))
			got, err := os.ReadFile(output)
			if err != nil {
				t.Fatal(err)
			}
			if repeat {
				if !bytes.Equal(got, want.Bytes()) {
					t.Error("the output is not that of a run that nobody killed")
				}
				return
			}
			unknown, unmade := server.checkOnce(t, got)
			t.Logf("%d of %d calls unknown after %d kills, of them %d never made", unknown, calls, killed, unmade)
			const ahead = 256 // of the calls runs the checkpoint at most
			if most := killed * (4096 + ahead); unknown > most {
				t.Errorf("more than %d unknown: as if calls were begun before the outcomes of others were written", most)
			}
			// On their way, or in the batch that waits to go.
			if most := killed * ((8+1)*100 + ahead); unmade > most {
				t.Errorf("more than %d were never made", most)
			}
		})
	}
}

// runKilled runs the command to its end, however often it is killed before, and
// returns how often that was.
func (s *countingServer) runKilled(t *testing.T, args []string, calls int64) (killed int) {
	t.Helper()
	random := rand.New(rand.NewPCG(*bulkSeed, 1))
	for run := 0; ; run++ {
		cmd := exec.Command("jsonrpc", args...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		s.alarm.Store(s.all.Load() + 1 + random.Int64N(2*calls/int64(*bulkKills+1)))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		var err error
		select {
		case <-s.rings:
			checkMemory(t, cmd.Process.Pid)
			if run < *bulkKills {
				_ = cmd.Process.Kill()
			}
			err = <-ended
		case err = <-ended:
		}
		switch code := cmd.ProcessState.ExitCode(); {
		case code == -1:
			killed++
		case code == int(ExitDone), code == int(ExitBatchFailed):
			return killed
		default:
			t.Fatalf("%v: %s", err, stderr.String())
		}
		if run == 0 {
			args = append([]string{args[0], "--resume"}, args[1:]...)
		}
	}
}

// checkMemory checks how much memory a process has used at most, where the system
// tells: what is told after its end would be that of the process that began it, too.
func checkMemory(t *testing.T, pid int) {
	t.Helper()
	const most = 64 << 10
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil || raceDetector {
		return
	}
	_, peak, _ := strings.Cut(string(text), "VmHWM:")
	var kib int
	if _, err := fmt.Sscan(peak, &kib); err != nil || kib > most {
		t.Errorf("it took %d KiB (%v), more than %d", kib, err, most)
	}
	t.Logf("%d MiB", kib>>10)
}

// checkOnce checks that each call has one outcome, in order, and was made once if
// that is known, and returns how many are unknown, and how many of them did not come.
func (s *countingServer) checkOnce(t *testing.T, output []byte) (unknown, unmade int) {
	t.Helper()
	lines := bytes.Split(bytes.TrimSuffix(output, []byte("\n")), []byte("\n"))
	if len(lines) != len(s.came) {
		t.Fatalf("%d outcomes of %d calls", len(lines), len(s.came))
	}
	for i, line := range lines {
		var r struct {
			ID      int
			Result  *int
			Failure *struct{ Class string }
		}
		if err := json.Unmarshal(line, &r); err != nil || r.ID != i+1 {
			t.Fatalf("line %d: %s (%v)", i+1, line, err)
		}
		times := s.came[i].Load()
		switch {
		case times > 1:
			t.Fatalf("call %d was made %d times", i+1, times)
		case r.Result != nil && *r.Result == i && times == 1:
		case r.Failure != nil && r.Failure.Class == "unknown":
			unknown++
			unmade += 1 - int(times)
		default:
			t.Fatalf("line %d: %s; made %d times", i+1, line, times)
		}
	}
	return unknown, unmade
}

// TestBulkSlowInput: calls are made as they come, and an input that brings nothing
// more does not hold up an interrupt.
func TestBulkSlowInput(t *testing.T) {
	cmd := exec.Command("jsonrpc", "bulk", "--quiet", "demo:")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	lines := bufio.NewReader(stdout)
	for i := range 2 {
		if _, err := io.WriteString(stdin, `{"method":"ping"}`+"\n"); err != nil {
			t.Fatal(err)
		}
		if line, err := lines.ReadString('\n'); line != fmt.Sprintf(`{"jsonrpc":"2.0","result":"pong","id":%d}`+"\n", i+1) {
			t.Fatalf("%q, %v", line, err)
		}
	}
	_ = cmd.Process.Signal(os.Interrupt)
	wantExit(t, cmd.Wait(), ExitInterrupted)
}

// TestBulkInputNeverBegins: an interrupt is not held up by an input of which the
// beginning must be known.
func TestBulkInputNeverBegins(t *testing.T) {
	for name, o := range map[string]*bulkOptions{"checkpoint": {output: "out"}, "CSV": {csv: true}} {
		in, user := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, _ = io.WriteString(user, "a")
			cancel()
		}()
		if _, err := o.waitForJob(ctx, in, []string{"m"}); !errors.Is(err, errInterrupted) {
			t.Errorf("%s: %v", name, err)
		}
		_ = user.Close()
	}
}

// TestBulkInterrupt: a first interrupt lets the calls under way end, a second one
// does not; what was not begun is left to --resume.
func TestBulkInterrupt(t *testing.T) {
	for _, twice := range []bool{false, true} {
		t.Run(fmt.Sprintf("twice %v", twice), func(t *testing.T) {
			arrived, release := make(chan struct{}, 10), make(chan struct{})
			server := httptest.NewServer(jsonrpctest.NewServer(jsonrpctest.Handlers{"wait": jsonrpctest.Func(func(n int) int {
				arrived <- struct{}{}
				<-release
				return n
			}, "n")}))
			defer server.Close()
			output := filepath.Join(t.TempDir(), "out.ndjson")
			var input strings.Builder
			for i := range 10 {
				fmt.Fprintf(&input, `{"method":"wait","params":[%d]}`+"\n", i)
			}
			run := func(more ...string) (*exec.Cmd, *bufio.Reader) {
				cmd := exec.Command("jsonrpc", append([]string{"bulk", "--concurrency", "2", "--output", output, server.URL}, more...)...)
				cmd.Stdin = strings.NewReader(input.String())
				stderr, err := cmd.StderrPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = cmd.Process.Kill() })
				return cmd, bufio.NewReader(stderr)
			}
			cmd, stderr := run()
			<-arrived
			<-arrived
			_ = cmd.Process.Signal(os.Interrupt)
			if line, err := stderr.ReadString('\n'); line != "jsonrpc: interrupted: waiting for the calls under way; again ends them, too\n" {
				t.Fatalf("it said %q, %v", line, err)
			}
			done := 2
			if twice {
				_ = cmd.Process.Signal(os.Interrupt)
				done = 0
			} else {
				close(release)
			}
			rest, _ := io.ReadAll(stderr)
			wantExit(t, cmd.Wait(), ExitInterrupted)
			if twice {
				close(release)
			}
			if want := fmt.Sprintf("jsonrpc: %d calls\njsonrpc: stopped; --resume continues it\n", done); string(rest) != want {
				t.Errorf("it said %q", rest)
			}
			if text, err := os.ReadFile(output); err != nil || strings.Count(string(text), `"result"`) != done || strings.Count(string(text), "\n") != done {
				t.Errorf("%v: %s", err, text)
			}
			cmd, stderr = run("--resume")
			rest, _ = io.ReadAll(stderr)
			err := cmd.Wait()
			text, _ := os.ReadFile(output)
			unknown := strings.Count(string(text), `"unknown"`)
			if strings.Count(string(text), "\n") != 10 || strings.Count(string(text), `"result"`)+unknown != 10 {
				t.Errorf("%v, %s: %s", err, rest, text)
			}
			if !twice && (err != nil || unknown != 0) || twice && unknown < 2 {
				t.Errorf("%v, %d unknown: %s", err, unknown, rest)
			}
		})
	}
}
