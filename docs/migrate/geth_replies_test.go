package migrate

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/rpc"

	"example.com/jsonrpc/compat/gethrpc"
)

// TestGethReplies has both clients read what servers say. Where they differ, the page
// says so.
func TestGethReplies(t *testing.T) {
	var reply func(w http.ResponseWriter, id string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		reply(w, regexp.MustCompile(`"id":([0-9]+)`).FindStringSubmatch(string(body))[1])
	}))
	t.Cleanup(server.Close)
	theirs, err := rpc.DialContext(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(theirs.Close)
	ours, err := gethrpc.DialContext(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ours.Close)
	for _, test := range []struct {
		status       int
		reply        string // ID stands for the id
		theirs, ours string // "" for the same
	}{
		{200, `{"jsonrpc":"2.0","id":ID,"result":"a"}`, `a <nil>`, ``},
		{200, `{"jsonrpc":"2.0","id":ID,"result":null}`, ` <nil>`, ``},
		{200, `{"id":ID,"result":"a"}`, `a <nil>`, ``},
		{200, `{"jsonrpc":"2.0","id":ID,"error":{"code":7,"message":"asleep"}}`, ` asleep (code 7)`, ``},
		{200, `{"jsonrpc":"2.0","id":ID,"error":{"code":7,"message":""}}`, ` json-rpc error 7 (code 7)`, ``},
		{200, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}`, ` what? (code -32700)`, ``},
		{429, `slow down`, ` 429 Too Many Requests: slow down`, ``},
		{401, ``, ` 401 Unauthorized`, ``},
		{500, `{"jsonrpc":"2.0","id":ID,"error":{"code":7,"message":"asleep"}}`,
			` 500 Internal Server Error: {"jsonrpc":"2.0","id":ID,"error":{"code":7,"message":"asleep"}}`, ` asleep (code 7)`},
		{200, `{"jsonrpc":"2.0","id":ID}`, ` JSON-RPC response has no result`, ` <nil>`},
	} {
		reply = func(w http.ResponseWriter, id string) {
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, strings.ReplaceAll(test.reply, "ID", id))
		}
		outcome := func(c interface {
			CallContext(ctx context.Context, result any, method string, args ...any) error
		}) string {
			var result string
			err := c.CallContext(t.Context(), &result, "sound")
			text := fmt.Sprint(result, " ", err)
			if said, ok := err.(interface{ ErrorCode() int }); ok {
				text += fmt.Sprintf(" (code %d)", said.ErrorCode())
			}
			return regexp.MustCompile(`"id":[0-9]+`).ReplaceAllString(text, `"id":ID`)
		}
		want := test.ours
		if want == "" {
			want = test.theirs
		}
		if got := outcome(theirs); got != test.theirs {
			t.Errorf("%d %s: go-ethereum has %q, want %q", test.status, test.reply, got, test.theirs)
		}
		if got := outcome(ours); got != want {
			t.Errorf("%d %s: gethrpc has %q, want %q", test.status, test.reply, got, want)
		}
	}
}
