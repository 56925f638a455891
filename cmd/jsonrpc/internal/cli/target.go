package cli

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"example.com/jsonrpc/internal/suggest"
)

// demoTarget is the server that is always there: see demo.go.
const (
	demoTarget = "demo:"
	demoURL    = "http://demo" // what the library calls it
)

// parseTarget returns the URL of a TARGET: a URL, demo:, or host:port[/path],
// which means http. Whether a URL's scheme is known, the library says. Command
// is that of execTarget; commands are the names that a wrong TARGET may have meant.
func parseTarget(target string, command, commands []string) (string, error) {
	if target == execTarget {
		return execAddress(command)
	}
	if target == demoTarget {
		return demoTarget, nil
	}
	if scheme, _, ok := strings.Cut(target, "://"); ok && isScheme(scheme) {
		return target, nil
	}
	if strings.HasPrefix(target, "exec:") || strings.HasPrefix(target, "unix:") {
		return target, nil // URLs without the slashes
	}
	if u, err := url.Parse("http://" + target); err == nil && u.Hostname() != "" && isPort(u.Port()) {
		return "http://" + target, nil
	}
	return "", badTarget(target, commands)
}

func isScheme(s string) bool {
	for i, c := range s {
		isLetter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !isLetter && (i == 0 || !strings.ContainsRune("0123456789+-.", c)) {
			return false
		}
	}
	return s != ""
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// badTarget says what a TARGET looks like. It repeats the wrong one only if no
// password or key can be in it.
func badTarget(target string, commands []string) error {
	name := "it"
	if !strings.ContainsAny(target, "@?") {
		name = shown(target)
	}
	advice := "write http://HOST:PORT/PATH, HOST:PORT, @PROFILE or demo:"
	if near := suggest.Nearest(target, commands); near != "" {
		advice += fmt.Sprintf(", or did you mean the command %q?", near)
	}
	return &usageError{fmt.Sprintf("TARGET: %s is not the address of a server; %s", name, advice)}
}
