package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/openrpc"
)

// TestStale: a description that is old is asked for again, and used if the server
// cannot be reached.
func TestStale(t *testing.T) {
	dir := t.TempDir()
	doc, err := openrpc.Parse([]byte(`{"openrpc":"1.3.2","methods":[{"name":"kept","params":[]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	list := func(target string, age time.Duration) (code ExitCode, stdout, stderr string) {
		t.Helper()
		kept := &discover.Description{Via: discover.OpenRPC, At: time.Now().Add(-age), Document: doc}
		if err := (discover.Cache{Dir: dir}).Store(target, kept); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		code = run(t.Context(), &Process{Args: []string{"list", target}, Stdout: &out, Stderr: &errs, Getenv: func(name string) string {
			return map[string]string{envCache: dir}[name]
		}})
		return code, out.String(), errs.String()
	}
	const nobody = "http://127.0.0.1:1"
	code, stdout, stderr := list(nobody, time.Hour)
	if code != ExitDone || stdout != "kept\n" || stderr != "jsonrpc: the description is 1 hour old (--refresh asks again)\n" {
		t.Errorf("fresh: %d %q %q", code, stdout, stderr)
	}
	code, stdout, stderr = list(nobody, 49*time.Hour)
	if code != ExitDone || stdout != "kept\n" || !strings.Contains(stderr, "warning: ") || !strings.Contains(stderr, "this is what was known 2 days ago") {
		t.Errorf("stale, and nobody there: %d %q %q", code, stdout, stderr)
	}
}

// TestParamWords: what an example shows is what makes its params.
func TestParamWords(t *testing.T) {
	for _, params := range []string{
		`[]`, `[1,"a","1","true","","-x","a=b",null,{"a":"'"},["b"],"two words","@file","ü"]`,
		`{"a":"b","c":1,"d":"","e":"@file","f":"@@x","g":"1","h":null,"i j":"'k'"}`, `{}`, `{"a=b":1}`, `{"":1}`, `{"a:":"b"}`,
		`{"-a":1}`, `{"a":1,"a":2}`, `["\u0000","\ud800"]`, `{"a":"\u0000","b":"\ud800"}`, `{"\u0000":1}`, `{"\ud800":1}`,
	} {
		words, err := splitWords(strings.Join(paramWords([]byte(params)), " "))
		if err != nil {
			t.Fatal(err)
		}
		if len(words) == 2 && words[0] == "--params" {
			if words[1] != params {
				t.Errorf("%s: %q", params, words)
			}
			continue
		}
		for _, word := range words {
			if strings.Contains(word, "\x00") || strings.HasPrefix(word, "-") && !json.Valid([]byte(word)) {
				t.Errorf("%s: a shell, or what reads flags, does not take %q", params, word)
			}
		}
		parsed, err := parseParams(words, nil)
		if err != nil {
			t.Errorf("%s: %q: %v", params, words, err)
			continue
		}
		got := string(parsed.json())
		if got == "" {
			got = "[]"
		}
		if got != params {
			t.Errorf("%s: %q makes %s", params, words, got)
		}
	}
}
