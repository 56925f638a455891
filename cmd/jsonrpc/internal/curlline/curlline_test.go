package curlline

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const body = `{"jsonrpc":"2.0","method":"cat","id":1}`
	tests := map[string]struct {
		line string
		want Call
	}{
		"a manual's": {
			`curl --data-binary '{"jsonrpc":"2.0","method":"cat","id":1}' -H 'content-type: text/plain;' http://127.0.0.1:8332/`,
			Call{URL: "http://127.0.0.1:8332/", Body: body, Headers: []Header{{"content-type", "text/plain;"}}},
		},
		"with a user": {
			`curl -s --user me:"pass word" -d '{"jsonrpc":"2.0","method":"cat","id":1}' localhost:8332`,
			Call{URL: "http://localhost:8332", Body: body, User: "me:pass word", Ignored: []string{"--silent"}},
		},
		"letters run together": {
			`curl -sSkXPOST -H"X-A: b" -d'{"jsonrpc":"2.0","method":"cat","id":1}' https://a`,
			Call{URL: "https://a", Body: body, Insecure: true, Headers: []Header{{"X-A", "b"}}, Ignored: []string{"--silent", "--show-error"}},
		},
		"copied from a browser": {
			"curl 'https://node.example/v1' \\\n  -H 'accept: */*' \\\n  -H 'authorization: Bearer abc' \\\n  -H 'sec-fetch-mode: cors' \\\n" +
				"  -H 'cookie: a=b; c=d' \\\n  --data-raw $'{\"jsonrpc\":\"2.0\",\"method\":\"it\\'s\",\"id\":1}' \\\n  --compressed",
			Call{URL: "https://node.example/v1", Body: `{"jsonrpc":"2.0","method":"it's","id":1}`, Bearer: "abc", Compressed: true, Headers: []Header{{"cookie", "a=b; c=d"}}},
		},
		"variables": {
			`curl -H "Authorization: Bearer $TOKEN" --json "{\"method\":\"${METHOD}\"}" $URL`,
			Call{URL: "https://from.env", Body: `{"method":"cat"}`, Bearer: "t0"},
		},
		"files": {
			`curl --cacert ca.pem -E me.pem --key me.key -x http://p -m 2.5 -d @call.json https://a`,
			Call{URL: "https://a", File: "call.json", CACert: "ca.pem", Cert: "me.pem", Key: "me.key", Proxy: "http://p", Timeout: "2.5"},
		},
		"digest":                {`curl --digest -u a:b -d x c`, Call{URL: "http://c", Body: "x", User: "a:b", Digest: true}},
		"digest, in the URL":    {`curl --digest -d x http://a:b@c/d`, Call{URL: "http://c/d", Body: "x", User: "a:b", Digest: true}},
		"without the word curl": {`-d x a`, Call{URL: "http://a", Body: "x"}},
	}
	variables := map[string]string{"TOKEN": "t0", "METHOD": "cat", "URL": "https://from.env"}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(test.line, func(name string) string { return variables[name] })
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, &test.want) {
				t.Errorf("got %+v\nwant %+v", *got, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for line, want := range map[string]string{
		`curl 'open`:                       "quotes must be closed",
		`curl -d x <(ls)`:                  "is not run",
		`curl -d "$(rm -rf x)" a`:          "is not run",
		`curl -d x`:                        "no URL",
		`curl http://a`:                    "no message",
		`curl -d x http://a http://b`:      "two URLs",
		`curl -X PUT -d x a`:               "sends with PUT",
		`curl --frobnicate -d x a`:         "--frobnicate",
		`curl -Z -d x a`:                   `"Z"`,
		`curl -F a=b c`:                    "form",
		`curl -d @a -d b c`:                "several places",
		`curl -d a -d @b c`:                "several places",
		`curl -d x a -H`:                   "--header has no value",
		`curl -d x a -H nonsense`:          "no colon",
		`curl -d x -b jar.txt a`:           "names a file",
		`curl --unix-socket /run/x -d x a`: "Unix socket",
		``:                                 "no URL",
	} {
		if _, err := Parse(line, func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{`curl -sXPOST -d '{"a":1}' -H 'a: b' http://a`, "curl $'\\x41' \\\n -d @-", "-"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := Parse(line, func(string) string { return "v" })
		if err == nil && (c.URL == "" || c.Body == "" && c.File == "") {
			t.Errorf("%q: %+v", line, c)
		}
		_ = fmt.Sprint(err)
	})
}
