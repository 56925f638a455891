package cli

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/transport"
)

// framings are the values of --framing.
var framings = []*transport.Framing{transport.Newline, transport.Header, transport.Bare, transport.Netstring}

// framedSchemes are those of streams that have to be divided into messages.
var framedSchemes = []string{"tcp", "tls", "unix", "exec"}

// A framing is the value of --framing; nil for the usual one.
type framing struct{ *transport.Framing }

func (f *framing) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupConnect, func(flags *pflag.FlagSet) {
		flags.Var(f, "framing", "how messages on tcp, tls, unix and exec are told apart: newline (the\ndefault), header (Content-Length), bare or netstring")
	})
	completeWith(cmd, "framing", func() (names []string) {
		for _, f := range framings {
			names = append(names, f.String())
		}
		return names
	})
}

func (f *framing) Type() string { return "NAME" }

func (f *framing) String() string {
	if f == nil || f.Framing == nil {
		return ""
	}
	return f.Framing.String()
}

func (f *framing) Set(arg string) error {
	found, err := transport.ParseFraming(unprotect(arg))
	if err != nil {
		return &usageError{shown(unprotect(arg)) + " is none of newline, header, bare and netstring"}
	}
	f.Framing = found
	return nil
}

// inUse returns the name of the framing that messages to address have, "" if
// they have none.
func (f *framing) inUse(address string) string {
	switch {
	case !slices.Contains(framedSchemes, schemeOf(address)):
		return ""
	case f.Framing == nil:
		return transport.Newline.String()
	}
	return f.String()
}
