package cli

import (
	"fmt"
	"slices"
	"strings"
)

// effects says which flags have an effect with which schemes. A flag without one
// is refused: a secret that goes nowhere, or a certificate that is not looked
// at, is a mistake that must be noticed.
var effects = []struct {
	flags, schemes []string
}{
	{[]string{"header", "user", "digest", "bearer", "cookie-file", "jwt-file", "hmac"}, []string{"http", "https", "ws", "wss"}},
	{[]string{"cacert", "cert", "key", "servername", "insecure"}, []string{"https", "wss", "tls"}},
	{[]string{"proxy"}, []string{"http", "https", "ws", "wss"}},
	{[]string{"framing"}, framedSchemes},
}

// knownSchemes are those that effects judges; the library refuses the others.
var knownSchemes = []string{"http", "https", "ws", "wss", "tcp", "tls", "unix", "exec", "demo"}

// checkEffects refuses flags that were given and have no effect on a server that
// is reached by scheme. NameOf says how a flag is called where it was given.
func checkEffects(scheme string, given func(flag string) bool, nameOf func(flag string) string, proxied bool) error {
	if !slices.Contains(knownSchemes, scheme) {
		return nil
	}
	for _, e := range effects {
		if slices.Contains(e.schemes, scheme) {
			continue
		}
		for _, flag := range e.flags {
			switch {
			case !given(flag):
			case scheme == "demo" && flag != "framing" && flag != "proxy":
				// It stands in for any server, so that scripts can be tried on it.
			case proxied && e.flags[0] == "cacert" && (scheme == "http" || scheme == "ws"):
				// The proxy may be one that is spoken to by TLS.
			default:
				return &usageError{fmt.Sprintf("%s has no effect on %s: it is for %s", nameOf(flag), scheme, strings.Join(e.schemes, ", "))}
			}
		}
	}
	return nil
}

// schemeOf returns the scheme of an address, as parseTarget returned it.
func schemeOf(address string) string {
	scheme, _, _ := strings.Cut(address, ":")
	return strings.ToLower(scheme)
}

// isStream reports whether a server can send something of its own accord.
func isStream(scheme string) bool {
	return !slices.Contains([]string{"http", "https", "demo", "nats", "nats+tls"}, scheme)
}
