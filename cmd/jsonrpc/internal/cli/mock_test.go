package cli

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

const mockDocument = `{
	"openrpc": "1.3.2",
	"info": {"title": "Pets", "version": "1"},
	"methods": [{"name": "sound",
		"params": [{"name": "name", "required": true, "schema": {"type": "string"}}],
		"result": {"name": "sound", "schema": {"enum": ["meow"]}}
	}]
}`

// TestMock calls a mock server in every way that it can be reached.
func TestMock(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "openrpc.json")
	if err := os.WriteFile(file, []byte(mockDocument), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ listen, dial string }{
		{"127.0.0.1:0", "http://"},
		{"ws://127.0.0.1:0", "ws://"},
		{"tcp://127.0.0.1:0", "tcp://"},
	} {
		t.Run(test.listen, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			stderr, out := io.Pipe()
			ended := make(chan ExitCode, 1)
			go func() {
				ended <- run(ctx, &Process{
					Args: []string{"mock", file, "--listen", test.listen}, Stdin: strings.NewReader(""),
					Stdout: io.Discard, Stderr: out, Getenv: func(string) string { return "" },
				})
				_ = out.Close()
			}()
			lines := bufio.NewScanner(stderr)
			lines.Scan()
			_, url, _ := strings.Cut(strings.TrimSuffix(lines.Text(), " until interrupted"), "serving the methods of Pets at ")
			if !strings.HasPrefix(url, test.dial) {
				t.Fatalf("it says %q", lines.Text())
			}
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			client, err := jsonrpc.Dial(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			sound, err := jsonrpc.Call[string](ctx, client, "sound", jsonrpc.Args{"Mittens"})
			if sound != "meow" || err != nil {
				t.Errorf("%q, %v", sound, err)
			}
			if err := client.Call(ctx, "sound", nil, nil); jsonrpc.CodeOf(err) != jsonrpc.CodeInvalidParams {
				t.Errorf("the error is %v", err)
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
			stop()
			if code := <-ended; code != ExitInterrupted {
				t.Errorf("the exit code is %d", code)
			}
		})
	}
}
