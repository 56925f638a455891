package jsonrpc_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// overLean reports whether the test runs as one of TestOverLeanHTTP.
func overLean(t *testing.T) bool { return strings.HasPrefix(t.Name(), "TestOverLeanHTTP/") }

// TestOverLeanHTTP runs the tests of HTTP again, over the other round tripper.
func TestOverLeanHTTP(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"statuses":       TestHTTPStatuses,
		"202":            TestClientOutlivesA202,
		"used again":     TestConnectionsAreUsedAgain,
		"gzip":           TestGzipReplies,
		"large requests": TestLargeRequestsAreCompressedWhenAsked,
		"cookie jar":     TestCookieJar,
		"deadline":       TestDeadlineEndsASlowReplyAndTheClientWorksOn,
		"TLS":            TestTLS,
		"TLS files":      TestCertificateFilesAreReadAgain,
		"proxy":          TestProxy,
		"no proxy there": TestProxyThatIsNotThere,
		"redirects":      TestRedirects,
	} {
		t.Run(name, test)
	}
}

// TestLeanHTTPCuts has a server end its connection at each byte of the reply: the
// call is carried out once, and what was not read whole may have been sent.
func TestLeanHTTPCuts(t *testing.T) {
	for _, how := range []jsonrpctest.Ending{jsonrpctest.FIN, jsonrpctest.RST} {
		for _, used := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, used connection %v", how, used), func(t *testing.T) {
				jsonrpctest.NoLeaks(t)
				server := jsonrpctest.New(t)
				server.HandleFunc("echo", func(text string) string { return text })
				server.CountBy(func(_ string, params json.RawMessage) string { return string(params) })
				client, err := jsonrpc.Dial(t.Context(), server.URL("http"), jsonrpc.WithLeanHTTP())
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				for n := 0; ; n++ {
					if used {
						if err := client.Call(t.Context(), "echo", jsonrpc.Args{"before"}, nil); err != nil {
							t.Fatal(err)
						}
					}
					server.SetFaults(jsonrpctest.InTurn(jsonrpctest.Cut(n, how)))
					text := fmt.Sprintf("call %03d", n)
					got, err := jsonrpc.Call[string](t.Context(), client, "echo", jsonrpc.Args{text})
					if times := server.Executions()[fmt.Sprintf("[%q]", text)]; times != 1 {
						t.Errorf("cut at %d: carried out %d times", n, times)
					}
					if err == nil && got == text {
						if least := len(`{"jsonrpc":"2.0","result":"call 000","id":1}`); n < least {
							t.Errorf("a reply cut after %d bytes was taken for whole", n)
						}
						return
					}
					if err == nil || !jsonrpc.MaybeSent(err) {
						t.Errorf("cut at %d: got %q, %v", n, got, err)
					}
					if n > 1000 {
						t.Fatal("no reply is that long")
					}
				}
			})
		}
	}
}

func TestLeanHTTPWhereItHasNoEffect(t *testing.T) {
	for url, opts := range map[string][]jsonrpc.DialOption{
		"ws://127.0.0.1:1":         nil,
		"tcp://127.0.0.1:1":        nil,
		"unix:///nowhere":          nil,
		"exec:true":                nil,
		"http://pets.example":      {jsonrpc.WithHTTPTransport(http.DefaultTransport)},
		"http://pets.example/path": {jsonrpc.WithHTTPClient(&http.Client{Transport: http.DefaultTransport})},
	} {
		_, err := jsonrpc.Dial(t.Context(), url, append(opts, jsonrpc.WithLeanHTTP())...)
		if err == nil || !strings.Contains(err.Error(), "no effect on") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
