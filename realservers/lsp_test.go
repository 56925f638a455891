package realservers

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// An lspSession is a client of a language server that was just started.
type lspSession struct {
	*jsonrpc.Client
	mux  *jsonrpc.Mux // answers the server
	wire *tap         // nil with Dial, which makes its streams itself
}

// withLanguageServer has a session with a language server on npm's list, from its first request to its last notification,
// in both ways to start one; after each nothing must be left of it.
func withLanguageServer(t *testing.T, name string, talk func(*testing.T, *lspSession)) {
	node, script := program(t, "node"), cached(t, name, "node_modules", ".bin", name)
	opts := func(mux *jsonrpc.Mux) []jsonrpc.ClientOption {
		return []jsonrpc.ClientOption{
			jsonrpc.WithHandler(mux),
			jsonrpc.WithCancelNotice(jsonrpc.CancelLSP),
			jsonrpc.WithoutReconnect(), // a server that is started again knows nothing of the session
		}
	}
	t.Run("exec", func(t *testing.T) {
		noneLeft := noGoroutinesLeft(t)
		// The shell tells the process's id, and then makes way for the server.
		pidFile := filepath.Join(t.TempDir(), "pid")
		line := fmt.Sprintf(`exec:sh -c 'echo $$ >"$0"; exec "$@"' %q %q %q --stdio`, pidFile, node, script)
		s := &lspSession{mux: &jsonrpc.Mux{}}
		dialling := []jsonrpc.DialOption{jsonrpc.WithFraming(transport.Header)}
		for _, opt := range opts(s.mux) {
			dialling = append(dialling, opt)
		}
		s.Client = dial(t, line, dialling...)
		talk(t, s)
		wantNone(t, s.Close())
		text, err := os.ReadFile(pidFile)
		wantNone(t, err)
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		wantNone(t, err)
		wantEqual(t, syscall.Kill(pid, 0), error(syscall.ESRCH))
		noneLeft()
	})
	t.Run("transport.Command", func(t *testing.T) {
		noneLeft := noGoroutinesLeft(t)
		cmd := exec.Command(node, script, "--stdio")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		s := &lspSession{mux: &jsonrpc.Mux{}}
		start := func(context.Context) (transport.Stream, error) {
			stream, err := transport.Command(cmd, &transport.CommandOptions{
				StreamOptions: transport.StreamOptions{Framing: transport.Header},
			})
			s.wire = &tap{Stream: stream}
			return s.wire, err
		}
		var err error
		s.Client, err = jsonrpc.NewStreamClient(t.Context(), "the language server", start, opts(s.mux)...)
		wantNone(t, err)
		t.Cleanup(func() { _ = s.Close() })
		talk(t, s)
		wantNone(t, s.Close())
		wantEqual(t, cmd.ProcessState.String(), "exit status 0")
		wantEqual(t, stderr.String(), "")
		noneLeft()
	})
}

// hoverAndGiveUp calls textDocument/hover and gives up once the server asks something in order to answer it. It returns
// when the server has been told so.
func (s *lspSession) hoverAndGiveUp(t *testing.T, id int64, where jsonrpc.Named, asked func()) {
	t.Helper()
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	hovered := make(chan error, 1)
	go func() {
		hovered <- s.Call(ctx, "textDocument/hover", where, nil, jsonrpc.WithID(jsonrpc.IntID(id)))
	}()
	asked()
	giveUp()
	err := receive(t, hovered)
	wantEqual(t, wantAs[*transport.Error](t, err).Err, context.Canceled)
	if s.wire != nil {
		notice := fmt.Sprintf(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%d}}`, id)
		eventually(t, "the notice of the cancelled call is sent", func() bool { return slices.Contains(s.wire.sentTexts(), notice) })
	}
}

// A diagnosis is the params of textDocument/publishDiagnostics, as far as tests look at them.
type diagnosis struct {
	URI         string
	Diagnostics []struct{ Message string }
}

// nextDiagnosis waits until the server tells what is wrong with a document.
func nextDiagnosis(t *testing.T, sub *jsonrpc.Subscription, uri string) []string {
	t.Helper()
	event := nextEvent(t, sub)
	var d diagnosis
	wantNone(t, event.Decode(&d))
	wantEqual(t, event.Method, "textDocument/publishDiagnostics")
	wantEqual(t, d.URI, uri)
	messages := make([]string, len(d.Diagnostics))
	for i := range messages {
		messages[i] = d.Diagnostics[i].Message
	}
	return messages
}

func (s *lspSession) openDocument(t *testing.T, uri, language, text string) {
	t.Helper()
	wantNone(t, s.Notify(t.Context(), "textDocument/didOpen", jsonrpc.Named{
		"textDocument": jsonrpc.Named{"uri": uri, "languageId": language, "version": 1, "text": text},
	}))
}

func position(uri string, line, character int) jsonrpc.Named {
	return jsonrpc.Named{
		"textDocument": jsonrpc.Named{"uri": uri},
		"position":     jsonrpc.Named{"line": line, "character": character},
	}
}

// stop takes the two steps of the protocol.
func (s *lspSession) stop(t *testing.T) {
	t.Helper()
	result, err := s.Request(t.Context(), "shutdown", nil)
	wantNone(t, err)
	wantEqual(t, string(result), "null")
	wantNone(t, s.Notify(t.Context(), "exit", nil))
}
