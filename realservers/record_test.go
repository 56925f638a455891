package realservers

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// serving runs the command as a server until end, with its flags after --listen, and returns its address.
func serving(t *testing.T, name string, args ...string) (address string, end func()) {
	t.Helper()
	address = net.JoinHostPort("127.0.0.1", freePort(t))
	process, exited := startProcess(t, listening(address), command, append([]string{name, "--listen", address}, args...)...)
	return address, func() {
		t.Helper()
		wantNone(t, process.Signal(os.Interrupt))
		<-exited
	}
}

// readRecording returns what is in a recording, in which no secret must be.
func readRecording(t *testing.T, file string, secrets ...string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	wantNone(t, err)
	for _, secret := range secrets {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is in the recording:\n%s", secret, text)
		}
	}
	return string(text)
}

// What is said to aria2, by HTTP and by WebSocket, is recorded and repeated: results, errors under HTTP 400, batches, and
// what it tells of its downloads.
func TestRecordAria2(t *testing.T) {
	t.Parallel()
	target, token := startAria2(t), "token:"+aria2Secret
	file := filepath.Join(t.TempDir(), "aria2.txt")
	talk := func(t *testing.T, address string) (said []outcome) {
		t.Helper()
		for _, args := range [][]string{
			{"--filter", ".version", address + "/jsonrpc", "aria2.getVersion", token},
			{address + "/jsonrpc", "no_such_method", token},
			{"send", address + "/jsonrpc", `[{"jsonrpc":"2.0","method":"aria2.getGlobalStat","params":["` + token + `"],"id":1},{"jsonrpc":"2.0","method":"x","id":2}]`},
			{"listen", "--count", "2", "ws://" + address + "/jsonrpc", "aria2.addUri", token, `["data:,nothing"]`},
			{"listen", "--count", "2", "ws://" + address + "/jsonrpc", "aria2.addUri", token, `["http://127.0.0.1:1/none"]`},
		} {
			got := run(t, "", args...)
			got.stderr = strings.ReplaceAll(got.stderr, address, "")
			said = append(said, got)
		}
		return said
	}
	address, end := serving(t, "record", "--output", file, "--secret", aria2Secret, target)
	first := talk(t, address)
	end()
	text := readRecording(t, file, aria2Secret)
	wantEqual(t, strings.Contains(text, `"params":["token:***"]`), true)
	wantEqual(t, first[0].code, exitDone)
	wantEqual(t, first[1].code, exitServerError)
	wantEqual(t, first[2].code, exitBatchFailed)
	wantEqual(t, strings.Contains(first[4].stdout, "aria2.onDownloadError"), true)

	address, end = serving(t, "replay", "--secret", aria2Secret, file)
	for i, again := range talk(t, address) {
		if again != first[i] {
			t.Errorf("call %d: it was\n%s\nand is\n%s\nof\n%s", i, first[i], again, text)
		}
	}
	got := run(t, "", address, "aria2.getVersions", token)
	wantRun(t, got, exitServerError, nil, "the nearest is aria2.getVersion")
	end()
}

// The cookie of a litecoind is the proxy's affair, and not in the recording.
func TestRecordLitecoind(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	cookie, target := filepath.Join(dir, "regtest", ".cookie"), net.JoinHostPort("127.0.0.1", port)
	start(t, listening(target), program(t, "litecoind"),
		"-regtest", "-server", "-datadir="+dir, "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1", "-rpcport="+port,
		"-listen=0", "-connect=0", "-disablewallet", "-printtoconsole",
	)
	ready := run(t, "", "--jsonrpc", "1.0", "--retry", "100", "--idempotent", "*", "--cookie-file", cookie, target, "getblockcount")
	wantRun(t, ready, exitDone, []string{"0"})
	password, err := os.ReadFile(cookie)
	wantNone(t, err)
	file := filepath.Join(dir, "litecoind.txt")
	address, end := serving(t, "record", "--output", file, "--cookie-file", cookie, target)
	genesis := run(t, "", "--jsonrpc", "1.0", address, "getblockhash", "0")
	wantEqual(t, genesis.code, exitDone)
	unknown := run(t, "", "--jsonrpc", "1.0", address, "no_such_method")
	wantEqual(t, unknown.code, exitServerError)
	end()
	_, secret, _ := strings.Cut(strings.TrimSpace(string(password)), ":")
	readRecording(t, file, secret)
	address, end = serving(t, "replay", file)
	wantRun(t, run(t, "", "--jsonrpc", "1.0", "--id", `"x"`, address, "getblockhash", "0"), exitDone, lines(genesis.stdout))
	wantRun(t, run(t, "", "--jsonrpc", "1.0", address, "no_such_method"), exitServerError, nil, "Method not found")
	end()
}

// monerod wants digest authentication of the command, and of the proxy for a command that has no password.
func TestRecordMonerod(t *testing.T) {
	t.Parallel()
	const user, password = "alice", "a-password-of-monerod"
	dir, port := t.TempDir(), freePort(t)
	host := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(host), program(t, "monerod"),
		"--regtest", "--offline", "--fixed-difficulty=1", "--non-interactive",
		"--data-dir="+dir, "--log-file="+dir+"/log",
		"--rpc-bind-ip=127.0.0.1", "--rpc-bind-port="+port, "--rpc-login="+user+":"+password, "--rpc-ssl=disabled",
		"--p2p-bind-ip=127.0.0.1", "--p2p-bind-port="+freePort(t), "--no-zmq", "--no-igd",
	)
	login := []string{"--digest", "--user", user + ":" + password}
	target := "http://" + host + "/json_rpc"
	call := []string{"--filter", ".count", target, "get_block_count"}
	wantRun(t, run(t, "", append(call, login...)...), exitDone, []string{"1"})
	wantEqual(t, run(t, "", call...).code, exitUnauthorised)

	file := filepath.Join(dir, "monerod.txt")
	address, end := serving(t, "record", append([]string{"--output", file, target}, login...)...)
	for range 3 {
		wantRun(t, run(t, "", "--filter", ".count", address, "get_block_count"), exitDone, []string{"1"})
	}
	end()
	wantEqual(t, strings.Count(readRecording(t, file, password, "Digest"), "\n<-- HTTP 401"), 0)
	address, end = serving(t, "replay", file)
	wantRun(t, run(t, "", "--filter", ".count", address, "get_block_count"), exitDone, []string{"1"})
	end()
}

// A language server is talked to as ever with the proxy in its place; its part can then be played without it.
func TestRecordLanguageServer(t *testing.T) {
	t.Parallel()
	const name = "vscode-json-languageserver"
	node, script := program(t, "node"), cached(t, name, "node_modules", ".bin", name)
	file := filepath.Join(t.TempDir(), "lsp.txt")
	s := &lspSession{mux: &jsonrpc.Mux{}}
	line := fmt.Sprintf(`exec:%q record --listen stdio --output %q --framing header exec: -- %q %q --stdio`, command, file, node, script)
	s.Client = dial(t, line, jsonrpc.WithFraming(transport.Header), jsonrpc.WithHandler(s.mux),
		jsonrpc.WithCancelNotice(jsonrpc.CancelLSP), jsonrpc.WithoutReconnect())
	talkToJSONLanguageServer(t, s)
	wantNone(t, s.Close())
	text := readRecording(t, file)
	for _, want := range []string{`"method":"vscode/content"`, `"method":"textDocument/publishDiagnostics"`} {
		wantEqual(t, strings.Contains(text, want), true)
	}

	played := &lspSession{mux: &jsonrpc.Mux{}}
	line = fmt.Sprintf(`exec:%q replay --listen stdio --framing header %q`, command, file)
	played.Client = dial(t, line, jsonrpc.WithFraming(transport.Header), jsonrpc.WithoutReconnect())
	diagnostics, err := jsonrpc.Subscribe(t.Context(), played.Client, jsonrpc.Notifications("textDocument/publishDiagnostics"), nil)
	wantNone(t, err)
	played.openDocument(t, "file:///broken.json", "json", `{"a": }`)
	wantEqual(t, strings.Join(nextDiagnosis(t, diagnostics, "file:///broken.json"), "; "), "Value expected")
	wantError(t, played.Call(t.Context(), "no/such", nil, nil), jsonrpc.CodeMethodNotFound, "Unhandled method no/such")
}
