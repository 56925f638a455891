package ascode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What lasts is written as each tool has it: a cookie file is read when the call is
// made.
func TestAuthThatLasts(t *testing.T) {
	cookie := filepath.Join(t.TempDir(), "it's a .cookie")
	if err := os.WriteFile(cookie, []byte("__cookie__:pass word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"curl", "httpie", "python", "go"} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			needs(t, tool)
			s := newServer(t)
			text, err := Write(tool, message(&Call{URL: s.URL, Method: "cat", Insecure: true, CookieFile: cookie}))
			if err != nil {
				t.Fatal(err)
			}
			output, err := run(t, tool, text)
			if err != nil || !strings.Contains(output, "it worked") {
				t.Errorf("%v\n%s\n%s", err, text, output)
			}
			if got := s.header.Get("Authorization"); got != "Basic X19jb29raWVfXzpwYXNzIHdvcmQ=" {
				t.Errorf("Authorization: %q\n%s", got, text)
			}
		})
	}
	digest := Call{URL: "http://a", User: "JSONRPC_USER", Digest: true}
	signed := Call{URL: "http://a", HMAC: HMAC{Header: "X-Sig", Prefix: "sha256=", Key: "KEY"}}
	jwt := Call{URL: "http://a", JWTFile: "jwt.hex"}
	for _, test := range []struct {
		tool string
		call Call
		want string // or the error
	}{
		{"curl", digest, `--digest`},
		{"httpie", digest, `--auth-type digest --auth "$JSONRPC_USER"`},
		{"go", digest, `digest.WithAuth(user, password)`},
		{"go", signed, "jsonrpc.WithAuth(auth.HMAC{Header: \"X-Sig\", Key: []byte(os.Getenv(\"KEY\")), Prefix: \"sha256=\"}.Auth())"},
		{"go", jwt, `jsonrpc.WithAuth(auth.JWTFile("jwt.hex", nil))`},
		{"python", digest, "python has nothing for --digest"},
		{"curl", signed, "curl has nothing for --hmac"},
		{"python", jwt, "python has nothing for --jwt-file: leave that out, or use another tool"},
	} {
		text, err := Write(test.tool, message(&test.call))
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(text, test.want) {
			t.Errorf("%s: %s\nwant %s", test.tool, text, test.want)
		}
	}
}
