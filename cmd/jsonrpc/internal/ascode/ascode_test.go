package ascode

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// message makes a call's message as the command does.
func message(c *Call) *Call {
	m := map[string]any{"jsonrpc": "2.0", "method": c.Method}
	if c.Params != nil {
		m["params"] = c.Params
	}
	if !c.Notify {
		m["id"] = 1
	}
	text, _ := json.Marshal(m)
	c.Message = string(text)
	return c
}

// nasty params have what shells, Python and Go would each take for something else.
const nasty = `{"text":"it's \"$HOME\" \\ %d %s ` + "`id`" + ` \u0007 é 𝄞 \u2028 {}","n":12345678901234567890,"f":1.50,"deep":[null,true,{"a":[]}],"nl":"a\nb"}`

// A server that notes what it got.
type server struct {
	*httptest.Server
	body   string
	header http.Header
}

func newServer(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.body, s.header = string(body), r.Header
		if strings.Contains(s.body, `"fail"`) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","error":{"code":5,"message":"no"},"id":1}`)
			return
		}
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","result":"it worked","id":1}`)
	}))
	t.Cleanup(s.Close)
	return s
}

// run runs what Write has written.
func run(t *testing.T, tool, text string) (output string, err error) {
	t.Helper()
	var cmd *exec.Cmd
	switch tool {
	case "python":
		cmd = exec.Command("python3", "-c", text)
	case "go":
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd = exec.Command("go", "run", file)
	default:
		cmd = exec.Command("sh", "-c", text)
	}
	cmd.Env = append(os.Environ(), "JSONRPC_BEARER=tok$en\"'", "JSONRPC_USER=me:pass word", "KEY=k1", "HOME=/nowhere")
	if tool == "go" {
		home, _ := os.UserHomeDir()
		cmd.Env = append(cmd.Env, "HOME="+home)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func needs(t *testing.T, tool string) {
	t.Helper()
	program := map[string]string{"python": "python3", "httpie": "http"}[tool]
	if program == "" {
		program = tool
	}
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed: .ci/install does that", program)
	}
}

// same reports whether two JSON texts mean the same, number by number.
func same(a, b string) bool {
	var values [2]any
	for i, text := range []string{a, b} {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if d.Decode(&values[i]) != nil {
			return false
		}
	}
	return fmt.Sprint(values[0]) == fmt.Sprint(values[1])
}

func TestWhatIsWrittenRuns(t *testing.T) {
	for _, tool := range []string{"curl", "httpie", "python", "go"} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			needs(t, tool)
			s := newServer(t)
			call := message(&Call{
				URL: s.URL + "/rpc?a=b&c='d'", Method: "echo", Params: json.RawMessage(nasty), Insecure: true, Timeout: 1500 * time.Millisecond * 10,
				Bearer:  "JSONRPC_BEARER",
				Headers: []Header{{Name: "X-Text", Value: `it's "quoted"; $HOME`}, {Name: "X-Key", Variable: "KEY"}},
			})
			text, err := Write(tool, call)
			if err != nil {
				t.Fatal(err)
			}
			output, err := run(t, tool, text)
			if err != nil || !strings.Contains(output, "it worked") {
				t.Errorf("%v\n%s\n%s", err, text, output)
			}
			if !same(s.body, call.Message) {
				t.Errorf("--> %s\nwant %s\n%s", s.body, call.Message, text)
			}
			for name, want := range map[string]string{
				"Content-Type": "application/json", "X-Text": `it's "quoted"; $HOME`, "X-Key": "k1", "Authorization": "Bearer tok$en\"'",
			} {
				if got := s.header.Get(name); got != want {
					t.Errorf("%s: %q, want %q\n%s", name, got, want, text)
				}
			}
			if strings.Contains(text, "tok$en") {
				t.Errorf("the secret is in it:\n%s", text)
			}
		})
	}
}

func TestBasicAuthAndErrors(t *testing.T) {
	for _, tool := range []string{"curl", "httpie", "python"} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			needs(t, tool)
			s := newServer(t)
			text, err := Write(tool, message(&Call{URL: s.URL, Method: "fail", Insecure: true, User: "JSONRPC_USER"}))
			if err != nil {
				t.Fatal(err)
			}
			output, _ := run(t, tool, text)
			if !regexp.MustCompile(`"code": ?5`).MatchString(output) {
				t.Errorf("the server's error is not shown:\n%s\n%s", text, output)
			}
			user, password, ok := (&http.Request{Header: s.header}).BasicAuth()
			if !ok || user != "me" || password != "pass word" {
				t.Errorf("%q %q\n%s", user, password, text)
			}
		})
	}
}

// Python on a socket, with every framing.
func TestPythonOnSockets(t *testing.T) {
	needs(t, "python")
	frames := map[string]func(string) string{
		"newline":   func(m string) string { return m + "\n" },
		"header":    func(m string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(m), m) },
		"netstring": func(m string) string { return fmt.Sprintf("%d:%s,", len(m), m) },
		"bare":      func(m string) string { return m },
	}
	for framing, frame := range frames {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(network+" "+framing, func(t *testing.T) {
				t.Parallel()
				address := "127.0.0.1:0"
				if network == "unix" {
					address = filepath.Join(t.TempDir(), "s")
				}
				listener, err := net.Listen(network, address)
				if err != nil {
					t.Fatal(err)
				}
				defer listener.Close()
				c := message(&Call{Method: "echo", Params: json.RawMessage(nasty), Framing: framing, Timeout: 10 * time.Second})
				want := frame(c.Message)
				got := make(chan string, 1)
				go func() {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					defer conn.Close()
					text := make([]byte, len(want))
					n, _ := io.ReadFull(bufio.NewReader(conn), text)
					got <- string(text[:n])
					_, _ = io.WriteString(conn, frame(`{"jsonrpc":"2.0","result":"it worked","id":1}`))
				}()
				c.URL = map[string]string{"tcp": "tcp://", "unix": "unix://"}[network] + listener.Addr().String()
				text, err := Write("python", c)
				if err != nil {
					t.Fatal(err)
				}
				output, err := run(t, "python", text)
				if err != nil || !strings.Contains(output, "it worked") {
					t.Errorf("%v\n%s\n%s", err, text, output)
				}
				if got := <-got; got != want {
					t.Errorf("--> %q\nwant %q", got, want)
				}
			})
		}
	}
}

func TestWrite(t *testing.T) {
	c := message(&Call{
		URL: "wss://node.example/ws", Method: "cat", Params: json.RawMessage(`{"name":"Mittens"}`), Bearer: "JSONRPC_BEARER", Headers: []Header{{Name: "Origin", Value: "https://a"}},
	})
	text, err := Write("websocat", c)
	want := `printf '%s\n' '{"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}'`
	if err != nil || !strings.HasPrefix(text, strings.NewReplacer(`{"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}`, c.Message).Replace(want)) {
		t.Errorf("%v\n%s", err, text)
	}
	for _, part := range []string{` --no-close --one-message`, `--header 'Origin: https://a'`, `--header "Authorization: Bearer $JSONRPC_BEARER"`, "wss://node.example/ws\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
}

func TestGoProgram(t *testing.T) {
	c := message(&Call{URL: "https://pets.example", Method: "cat", Params: json.RawMessage(`{"name":"Mittens"}`), Strict: true})
	want := `package main

import (
	"context"
	"fmt"
	"log"

	"example.com/jsonrpc"
)

func main() {
	ctx := context.Background()
	client, err := jsonrpc.Dial(ctx, "https://pets.example")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	result, err := client.Request(ctx, "cat", jsonrpc.Named{"name": "Mittens"})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(string(result))
}
`
	if text, err := Write("go", c); err != nil || text != want {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, test := range []struct{ tool, url, want string }{
		{"wget", "http://a", `"wget" is not known: use curl, go, httpie, python or websocat`},
		{"curl", "tcp://a:1", "curl cannot do tcp: use go or python"},
		{"curl", "ws://a", "curl cannot do ws: use go or websocat"},
		{"websocat", "http://a", "websocat cannot do http: use curl, go, httpie or python"},
		{"python", "exec:cat", "python cannot do exec: use go"},
	} {
		if _, err := Write(test.tool, message(&Call{URL: test.url, Method: "m"})); err == nil || err.Error() != test.want {
			t.Errorf("%s %s: %v, want %s", test.tool, test.url, err, test.want)
		}
	}
	_, err := Write("websocat", message(&Call{URL: "wss://a", Method: "m", CACert: "ca", Proxy: "http://p"}))
	if err == nil || err.Error() != "websocat has nothing for a CA file or a proxy: leave that out, or use another tool" {
		t.Error(err)
	}
}
