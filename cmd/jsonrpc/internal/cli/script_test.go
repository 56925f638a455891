package cli

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// TestMain lets the scripts run this test binary as the command jsonrpc, and as a
// server on standard input and output.
func TestMain(m *testing.M) {
	// Under the race detector every process would wait a second before its end.
	if err := os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){
		"jsonrpc": func() { os.Exit(int(Main(OS()))) },
		"peer":    peerMain,
	})
}

// TestScripts runs the files of testdata/script, one for each behaviour. Besides
// the usual commands of testscript they know
//
//	exits CODE COMMAND…    runs the command, which must exit with CODE
//	serve KIND ARGUMENT…   starts a server and sets $URL to it, see servers_test.go
//	call-it FLAG…          calls the peer at $URL in every way that there is
//	start FLAG…            runs jsonrpc in the background and sets $URL and $HOST to where it
//	                       says that it is
//	end                    interrupts what start has started
//	await                  waits until the server has got a request
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", os.Getenv("GORACE"))
			// Whoever runs the tests may go through a proxy, or be logged in.
			for _, name := range []string{
				"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
				"JSONRPC_USER", "JSONRPC_BEARER", "JSONRPC_CONFIG", "JSONRPC_CACHE", "NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR",
			} {
				env.Setenv(name, "")
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"serve":   serve,
			"await":   await,
			"start":   startCommand,
			"end":     endCommand,
			"call-it": callIt,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// callIt calls the peer at $URL with every command that sends something.
func callIt(ts *testscript.TestScript, _ bool, flags []string) {
	url := ts.Getenv("URL")
	run := func(want string, args ...string) {
		ts.Check(ts.Exec("jsonrpc", append(args, flags...)...))
		if got := ts.ReadFile("stdout"); got != want {
			ts.Fatalf("%q: stdout %q, want %q", args, got, want)
		}
	}
	run("8\n", "--ids", "uuid", url, "cube", "2")
	run(`{"jsonrpc":"2.0","result":"pong","id":"x"}`+"\n", "--envelope", "--id", "x", url, "ping")
	run("pong\n", "send", "--raw", url, `{"jsonrpc":"2.0","method":"ping","id":1}`)
	run("", "--notify", url, "ping")
	const batch = `[{"jsonrpc":"2.0","method":"ping","id":1},{"jsonrpc":"2.0","method":"ping"}]`
	run(`{"jsonrpc":"2.0","result":"pong","id":1}`+"\n", "send", url, batch)
}
