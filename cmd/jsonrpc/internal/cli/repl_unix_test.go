//go:build unix

package cli

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"example.com/jsonrpc/transport"
)

// startTicker starts a server whose methods are those of a peer. Each value of the
// channel is a notification that it sends on its newest connection.
func startTicker(t *testing.T) (url string, ticks chan<- string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	events := make(chan string)
	p := newPeer()
	go accept(l, func(conn net.Conn) {
		stream := transport.NewStream(conn, nil)
		ended := make(chan struct{})
		defer close(ended)
		go func() {
			for {
				select {
				case text := <-events:
					_ = stream.Write(t.Context(), []byte(text)) // its end is seen by serve
				case <-ended:
					return
				}
			}
		}()
		p.serve(stream, nil)
	})
	return "tcp://" + l.Addr().String(), events
}

// TestReplTerminal is a session at a terminal.
func TestReplTerminal(t *testing.T) {
	cacheDir := t.TempDir()
	env := []string{"JSONRPC_CACHE=" + cacheDir}
	s := newScreen(t, env, "sh", "-c", "jsonrpc repl demo:; echo ended with $?; cat")
	s.await(".help tells what can be written to demo:, Ctrl-D ends\ndemo:>")

	// Tab completes commands, and what the server describes.
	s.text(".li")
	s.press("Tab")
	s.text("cub")
	s.press("Enter")
	s.await("> .list cub\ncube  Multiplies a number with itself, twice.\ndemo:>")
	s.text("cub")
	s.press("Tab")
	s.text("3")
	s.press("Enter")
	s.await("> cube 3\n27\ndemo:>")
	s.text("s")
	s.press("Tab")
	s.await("  sum       Adds numbers.\n  subtract  Subtracts one number from another.\n  sleep     Answers after some time.\ndemo:> s")
	s.text("ub")
	s.press("Tab")
	s.await("demo:> subtract")
	s.text("m")
	s.press("Tab")
	s.await("demo:> subtract minuend:=")
	s.text("50 sub")
	s.press("Tab")
	s.text("8")
	s.press("Enter")
	s.await("minuend:=50 subtrahend:=8\n42\ndemo:>")

	// _ is the last result, and what is open goes on in the next line.
	s.text("echo {\"a\":")
	s.press("Enter")
	s.await("\n.....>")
	s.text("1} _ | .[1]")
	s.press("Enter")
	s.await("\n42\ndemo:>")

	// Ctrl-C ends a line, an open statement and a call, and nothing else.
	s.text("never sent")
	s.press("C-c")
	s.await("demo:> never sent^C\ndemo:>")
	s.text("echo [1,")
	s.press("Enter")
	s.await("\n.....>")
	s.press("C-c")
	s.await("\n.....> ^C\ndemo:>")
	s.text(".arrows on")
	s.press("Enter")
	s.await("jsonrpc: arrows: on\ndemo:>")
	s.text("sleep 1000")
	s.press("Enter")
	s.await("--> {\"jsonrpc\": \"2.0\", \"method\": \"sleep\", \"params\": [1000], \"id\": 4}")
	s.press("C-c")
	s.await("jsonrpc: interrupted; the server may have carried out what was sent\ndemo:>")

	// Earlier lines are found, in this session and in the next one; secrets are not kept.
	s.text("echo password=1234")
	s.press("Enter")
	s.await("}\ndemo:>")
	s.text("min")
	s.press("C-r")
	s.await("demo:> subtract minuend:=50 subtrahend:=8")
	s.press("C-a", "C-k", "Up")
	s.await("demo:> sleep 1000")
	s.press("C-c")
	s.await("^C\ndemo:>")
	s.press("C-d")
	s.await("ended with 0")

	history := filepath.Join(cacheDir, "history")
	text, err := os.ReadFile(history)
	if want := ".list cub\ncube 3\nsubtract minuend:=50 subtrahend:=8\necho {\"a\": 1} _ | .[1]\n.arrows on\nsleep 1000\n"; err != nil || string(text) != want {
		t.Errorf("history %q, %v, want %q", text, err, want)
	}
	if info, err := os.Stat(history); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	s = newScreen(t, env, "jsonrpc", "repl", "--filter", ".a", "demo:")
	s.await("demo:>")
	s.press("Up", "Up", "Up")
	s.await("demo:> echo {\"a\": 1} _ | .[1]")
}

// TestReplEvents: what the server sends does not spoil the line that is being
// edited, and a connection that was made again is told of.
func TestReplEvents(t *testing.T) {
	url, events := startTicker(t)
	s := newScreen(t, []string{"JSONRPC_CACHE=" + t.TempDir()}, "jsonrpc", "repl", url)
	prompt := url + ">"
	s.await(prompt)
	s.text("echo hel")
	s.await(prompt + " echo hel")
	events <- `{"jsonrpc":"2.0","method":"tick","params":[1]}`
	s.await("<-- {\"jsonrpc\": \"2.0\", \"method\": \"tick\", \"params\": [1]}\n" + prompt + " echo hel")
	s.press("Left")
	events <- `{"jsonrpc":"2.0","method":"ask\u001b[2J","id":9}`
	s.await("\"method\": \"ask\\u001b[2J\", \"id\": 9}\n--> {\"jsonrpc\": \"2.0\", \"error\": {\"code\": -32601, \"message\": \"Method not found\"}, \"id\": 9}\n" + prompt + " echo hel")
	s.text("xx")
	s.press("Enter")
	s.await(prompt + " echo hexxl\n[\n  \"hexxl\"\n]\n" + prompt)
	s.text("leave")
	s.press("Enter")
	s.awaitIn("the server closed the connection; the server may have carried it out")
	s.awaitIn("warning: the connection was made again (")
	s.text("ping")
	s.press("Enter")
	s.await(prompt + " ping\n\"pong\"\n" + prompt)
}
