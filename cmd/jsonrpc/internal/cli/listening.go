package cli

import (
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// defaultListen is where servers of this command listen if nothing else is said.
const defaultListen = "127.0.0.1:5000"

// addListenFlag adds --listen; forms are what it can be.
func addListenFlag(cmd *cobra.Command, value *string, forms string) {
	addFlags(cmd, groupServe, func(f *pflag.FlagSet) {
		f.Var(&text{value: value, kind: "ADDRESS"}, "listen", "listen there: "+forms+";\nport 0 picks a free one")
	})
}

// A listening is the value of --listen: where clients are taken from.
type listening struct {
	scheme  string // http, tcp, unix or stdio
	address string // for package net
}

func (l listening) isHTTP() bool { return l.scheme == "http" }

// String writes it as it is given.
func (l listening) String() string {
	if l.scheme == "stdio" {
		return l.scheme
	}
	return l.scheme + "://" + l.address
}

// at is where clients find a listener.
func (l listening) at(listener net.Listener) string {
	return listening{l.scheme, listener.Addr().String()}.String()
}

// parseListen reads it. HOST:PORT is of the scheme given.
func parseListen(value, scheme string) (l listening, err error) {
	if value == "stdio" {
		return listening{scheme: "stdio"}, nil
	}
	rest := value
	if before, after, found := strings.Cut(value, "://"); found {
		scheme, rest = before, after
	} else if path, isUnix := strings.CutPrefix(value, "unix:"); isUnix {
		scheme, rest = "unix", path
	}
	switch scheme {
	case "http", "ws":
		l = listening{"http", strings.TrimSuffix(rest, "/")}
	case "tcp", "unix":
		l = listening{scheme, rest}
	default:
		return l, &usageError{fmt.Sprintf("--listen: cannot listen by %s: write HOST:PORT, http://HOST:PORT, tcp://HOST:PORT, unix:///PATH or stdio", shown(scheme))}
	}
	if _, _, splitErr := net.SplitHostPort(l.address); l.address == "" || l.scheme != "unix" && splitErr != nil {
		return l, &usageError{fmt.Sprintf("--listen: %s is no address: write HOST:PORT, tcp://HOST:PORT, unix:///PATH or stdio", shown(value))}
	}
	return l, nil
}
