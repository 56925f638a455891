package cli

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/coder/websocket"
	"github.com/rogpeppe/go-internal/testscript"

	"example.com/jsonrpc/jsonrpctest/demo"
)

// guards are demo servers, and WebSockets of peers, that let in some alone:
//
//	serve guard bearer FILE  who has the token in the file, which is read each time
//	serve guard cookie FILE  who has the user and the password in it
//	serve guard jwt FILE     who has a token signed with the key in it
//	serve guard digest       tom with the password jerry-1940, by digest (RFC 7616)
//	serve guard hmac         messages signed in X-Sig with the key s1gn3d
func guard(ts *testscript.TestScript, args []string) http.Handler {
	content := func() string {
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		if err != nil {
			return err.Error()
		}
		return strings.TrimSpace(string(text))
	}
	sum := func(key, text []byte) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write(text)
		return mac.Sum(nil)
	}
	var lets func(r *http.Request) bool
	challenge := ""
	switch args[0] {
	case "bearer":
		lets = func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+content() }
	case "cookie":
		lets = func(r *http.Request) bool {
			user, password, _ := r.BasicAuth()
			return user+":"+password == content()
		}
	case "jwt":
		lets = func(r *http.Request) bool {
			key, err := hex.DecodeString(content())
			token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			i := strings.LastIndex(token, ".")
			return err == nil && i > 0 && token[i+1:] == base64.RawURLEncoding.EncodeToString(sum(key, []byte(token[:i])))
		}
	case "digest":
		challenge = `Digest realm="here", qop="auth", algorithm=MD5, nonce="n0"`
		lets = func(r *http.Request) bool { return digested(r, "tom", "jerry-1940") }
	case "hmac":
		lets = func(r *http.Request) bool {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			return r.Header.Get("X-Sig") == "sha256="+hex.EncodeToString(sum([]byte("s1gn3d"), body))
		}
	default:
		ts.Fatalf("serve guard: unknown kind %q", args[0])
	}
	p := newPeer()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !lets(r):
			if challenge != "" {
				w.Header().Set("WWW-Authenticate", challenge)
			}
			w.WriteHeader(http.StatusUnauthorized)
		case r.Header.Get("Upgrade") != "":
			if conn, err := websocket.Accept(w, r, nil); err == nil {
				p.serve(webSocketPeer{conn}, r.Header)
			}
		default:
			demo.New().ServeHTTP(w, r)
		}
	})
}

var digestParameter = regexp.MustCompile(`(\w+)=("[^"]*"|[^\s,]+)`)

// digested checks the answer to a challenge with the nonce n0 (RFC 7616, 3.4).
func digested(r *http.Request, user, password string) bool {
	given := map[string]string{}
	for _, m := range digestParameter.FindAllStringSubmatch(r.Header.Get("Authorization"), -1) {
		given[m[1]] = strings.Trim(m[2], `"`)
	}
	hash := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
	return given["response"] == hash(strings.Join([]string{
		hash(user + ":here:" + password), "n0", given["nc"], given["cnonce"], "auth", hash(r.Method + ":" + r.URL.RequestURI()),
	}, ":"))
}
