// Package ascode writes a call as a command line of another tool, or as a program.
package ascode

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Call is what is to be written.
type Call struct {
	URL     string // without user and password
	Message string // the JSON text, as it is sent

	// What the message is made of, if it is one request or notification.
	Method string
	Params json.RawMessage // nil if there are none
	Notify bool

	Headers []Header
	User    string // the environment variable with USER:PASSWORD, empty if there is none
	Bearer  string // the environment variable with the token, empty if there is none
	Digest  bool   // User is for digest authentication

	CookieFile, JWTFile string // files with secrets
	HMAC                HMAC

	Insecure              bool
	CACert, Cert, CertKey string // files
	ServerName            string
	Proxy                 string
	Timeout               time.Duration // 0: none
	Framing               string        // of a stream: newline, header, bare or netstring
	Strict                bool
}

// A Header is sent with the message. Its value is a text, or a secret that is in
// an environment variable.
type Header struct {
	Name, Value string
	Variable    string
}

// An HMAC signs the message, if it has a header to do so in.
type HMAC struct {
	Header, Prefix string
	Key            string // the environment variable with the key
}

// A writer writes a call, of one of the schemes that the tool can do.
type writer struct {
	schemes []string // nil: all
	write   func(*Call) (string, error)
}

var writers = map[string]writer{
	"curl":     {[]string{"http", "https"}, curl},
	"go":       {nil, golang},
	"httpie":   {[]string{"http", "https"}, httpie},
	"python":   {[]string{"http", "https", "tcp", "tls", "unix"}, python},
	"websocat": {[]string{"ws", "wss"}, websocat},
}

// Tools are the names that Write knows.
var Tools = []string{"curl", "go", "httpie", "python", "websocat"}

// Write returns the call as the tool wants it, with a newline at its end. Its
// error is for the person at the terminal.
func Write(tool string, c *Call) (string, error) {
	w, known := writers[tool]
	if !known {
		return "", fmt.Errorf("%q is not known: use %s", tool, list(Tools))
	}
	scheme, _, _ := strings.Cut(c.URL, ":")
	if w.schemes != nil && !slices.Contains(w.schemes, scheme) {
		var able []string
		for _, other := range Tools {
			if o := writers[other]; o.schemes == nil || slices.Contains(o.schemes, scheme) {
				able = append(able, other)
			}
		}
		return "", fmt.Errorf("%s cannot do %s: use %s", tool, scheme, list(able))
	}
	only := map[string]bool{"--jwt-file": c.JWTFile != "" && tool != "go", "--hmac": c.HMAC.Header != "" && tool != "go"}
	if err := refuse(tool, only); err != nil {
		return "", err
	}
	return w.write(c)
}

// list is "a, b or c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// refuse says what a tool cannot do of a call, if anything.
func refuse(tool string, cannot map[string]bool) error {
	var what []string
	for name, asked := range cannot {
		if asked {
			what = append(what, name)
		}
	}
	if len(what) == 0 {
		return nil
	}
	slices.Sort(what)
	return fmt.Errorf("%s has nothing for %s: leave that out, or use another tool", tool, list(what))
}

// seconds is a time as most tools want it.
func seconds(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", d.Seconds()), "0"), ".")
}
