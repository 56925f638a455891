package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// startPeer starts a peer on TCP and returns its address.
func startPeer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := newPeer()
	go accept(l, func(conn net.Conn) { p.serve(transport.NewStream(conn, nil), nil) })
	return "tcp://" + l.Addr().String()
}

// stuckWriter is a stdout that nobody reads.
type stuckWriter struct {
	once    sync.Once
	writing chan struct{} // closed once somebody waits
}

func (w *stuckWriter) Write([]byte) (int, error) {
	w.once.Do(func() { close(w.writing) })
	select {}
}

// TestListenStuckStdout: a reader of stdout that never reads cannot keep an
// interrupt from ending the command.
func TestListenStuckStdout(t *testing.T) {
	stuck := &stuckWriter{writing: make(chan struct{})}
	ctx, interrupt := context.WithCancel(context.Background())
	go func() {
		<-stuck.writing
		interrupt()
	}()
	var stderr bytes.Buffer
	code := run(ctx, &Process{
		Args: []string{"listen", startPeer(t), "demo_subscribe"}, Stdout: stuck, Stderr: &stderr, Getenv: func(string) string { return "" },
	})
	if code != ExitInterrupted || stderr.String() != "jsonrpc: stopped\n" {
		t.Errorf("code %d, stderr %q", code, stderr.String())
	}
}

// TestListenBrokenStdout: a reader that goes away ends it, in silence.
func TestListenBrokenStdout(t *testing.T) {
	var stderr bytes.Buffer
	code := run(context.Background(), &Process{
		Args: []string{"listen", startPeer(t), "demo_subscribe"}, Stdout: failingWriter{syscall.EPIPE}, Stderr: &stderr, Getenv: func(string) string { return "" },
	})
	if code != ExitUsage || stderr.String() != "" {
		t.Errorf("code %d, stderr %q", code, stderr.String())
	}
}

// A lateWriter is a stdout that is read only once stderr says something.
type lateWriter struct {
	text bytes.Buffer
	said chan struct{}
}

func (w *lateWriter) Write(p []byte) (int, error) {
	<-w.said
	return w.text.Write(p)
}

// A saying tells when the first text is written to it.
type saying struct {
	text bytes.Buffer
	once sync.Once
	said chan struct{}
}

func (w *saying) Write(p []byte) (int, error) {
	defer w.once.Do(func() { close(w.said) })
	return w.text.Write(p)
}

// TestListenTooSlow: who reads stdout too slowly learns how much is missing, not
// only that something is.
func TestListenTooSlow(t *testing.T) {
	said := make(chan struct{})
	stdout, stderr := &lateWriter{said: said}, &saying{said: said}
	code := run(context.Background(), &Process{
		Args: []string{"listen", "--count", "5", startPeer(t), "ticks", "20000"}, Stdout: stdout, Stderr: stderr, Getenv: func(string) string { return "" },
	})
	if lines := strings.Count(stdout.text.String(), "\n"); code != ExitDone || lines != 5 {
		t.Errorf("code %d, %d lines", code, lines)
	}
	if !regexp.MustCompile(`\njsonrpc: warning: [1-9][0-9]* messages are missing: they came faster`).MatchString(stderr.text.String()) {
		t.Errorf("stderr %q", stderr.text.String())
	}
}

// TestListenOnTerminal: each notification is on one line there, too.
func TestListenOnTerminal(t *testing.T) {
	stdout, stderr, code := runOn(t, map[string]string{"NO_COLOR": "1"}, "listen", "--count", "1", startPeer(t), "ticks", "1")
	if want := "{\"method\": \"tick\", \"params\": {\"n\": 0}}\n"; stdout != want || stderr != "" || code != ExitDone {
		t.Errorf("stdout %q, stderr %q, code %d", stdout, stderr, code)
	}
}

// TestListenConnectionLostAgain: what keeps a connection from being made again, such as
// a gateway whose server starts, is no answer to METHOD that would end it.
func TestListenConnectionLostAgain(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{&transport.Error{Op: "connect", Err: &jsonrpc.HTTPError{StatusCode: 503}}, true},
		{&transport.Error{Op: "connect", Err: context.DeadlineExceeded}, true},
		{&transport.Error{Op: "send", Err: context.DeadlineExceeded}, true},
		{&transport.Error{Op: "read", Err: io.ErrUnexpectedEOF, Sent: true}, true},
		{&transport.Error{Op: "read", Err: context.DeadlineExceeded, Sent: true}, false},
		{&jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound}, false},
	} {
		if got := isConnectionLost(&callFailure{err: test.err}); got != test.want {
			t.Errorf("%v: %v", test.err, got)
		}
	}
}

func TestUnsubscribeRequest(t *testing.T) {
	for _, test := range []struct {
		subscribe, id string
		given         bool
		method        string
		want          string
	}{
		{"eth_subscribe", `"0x1"`, false, "", `["0x1"] eth_unsubscribe`},
		{"accountSubscribe", `42`, false, "", `[42] accountUnsubscribe`},
		{"eth_subscribe", `true`, false, "", ``},
		{"eth_subscribe", `null`, false, "", ``},
		{"eth_subscribe", `{"id":1}`, false, "", ``},
		{"_subscribe", `1`, false, "", ``},
		{"Subscribe", `1`, false, "", ``},
		{"subscribe", `1`, false, "", ``},
		{"XSubscribe", `1`, false, "", ``},
		{"chain_subscribeNewHeads", `1`, false, "", ``},
		{"getSubscribers", `1`, false, "", ``},
		{"eth_subscribe", `"0x1"`, true, "", ``},
		{"eth_subscribe", `"0x1"`, true, "stop", `["0x1"] stop`},
		{"resources/subscribe", `{}`, true, "resources/unsubscribe", `["its params"] resources/unsubscribe`},
	} {
		request := &jsonrpc.Request{Method: test.subscribe, Params: json.RawMessage(`["its params"]`)}
		got := ""
		if r := unsubscribeRequest(request, []byte(test.id), test.method, test.given); r != nil {
			got = string(r.Params.(json.RawMessage)) + " " + r.Method
		}
		if got != test.want {
			t.Errorf("%s, %s, %q: got %q, want %q", test.subscribe, test.id, test.method, got, test.want)
		}
	}
}

func TestSubscriptionResult(t *testing.T) {
	for params, want := range map[string]string{
		`{"subscription":"0x1","result":{"a":1}}`: `{"a":1}`,
		`{"result":null,"subscription":1}`:        `null`,
		`{"subscription":"0x1"}`:                  ``,
		`{"result":1}`:                            ``,
		`{"Subscription":1,"result":1}`:           ``,
		`["subscription","result"]`:               ``,
		``:                                        ``,
	} {
		if got := string(subscriptionResult(json.RawMessage(params))); got != want {
			t.Errorf("%s: got %s, want %s", params, got, want)
		}
	}
}

// FuzzEventText checks that what is printed of a notification is JSON, whatever
// came.
func FuzzEventText(f *testing.F) {
	f.Add("tick", []byte(`{"subscription":"0x1","result":{"a":1}}`))
	f.Add("\u2028\"\x1b", []byte(`[1]`))
	f.Add("x", []byte(`{"subscription":{},"result":[]} `))
	f.Fuzz(func(t *testing.T, method string, params []byte) {
		if !json.Valid(params) {
			params = nil
		}
		m := &jsonrpc.ServerMessage{Method: method, Params: params}
		for _, data := range []bool{false, true} {
			if text := eventText(m, data); !json.Valid(text) || bytes.ContainsAny(compact.format(text), "\n\r") {
				t.Errorf("%q", text)
			}
		}
		for _, old := range []bool{false, true} {
			if text := messageText(m, old); !json.Valid([]byte(text)) {
				t.Errorf("%q", text)
			}
		}
	})
}
