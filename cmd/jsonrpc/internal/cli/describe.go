package cli

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/cmd/jsonrpc/internal/render"
	"example.com/jsonrpc/cmd/jsonrpc/internal/shell"
	"example.com/jsonrpc/openrpc"
)

func newDescribeCommand(s *session) *cobra.Command {
	var (
		d      description
		asJSON bool
	)
	cmd := newDescriptionCommand(s, &d, "describe [flags] TARGET METHOD", "show the params, result, errors and examples of a method", describeHelp, true,
		func(x described) error { return describeMethod(x, asJSON) })
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print the method as the OpenRPC document has it, with what its\nreferences lead to in their place")
	})
	return cmd
}

func describeMethod(x described, asJSON bool) error {
	m, err := findMethod(x.Description, x.method)
	if err != nil {
		return err
	}
	out := newOutput(x.session.process, false)
	if asJSON {
		text, err := render.Resolved(x.Document, m)
		if err != nil {
			return err
		}
		return out.value(text)
	}
	t := render.Text{Width: x.session.process.width(), Call: x.at.commandLine, Format: func(value json.RawMessage) string {
		return string(layout{indent: out.layout.indent, spaced: out.layout.spaced}.format(value))
	}}
	// A document can hold these two characters, but do no more with them than to
	// be bold; the codes themselves it can not hold.
	t.Bold, t.Plain = "\ufdd0", "\ufdd1"
	codes := strings.NewReplacer(t.Bold, "", t.Plain, "")
	if reset := out.layout.palette.reset; reset != "" {
		codes = strings.NewReplacer(t.Bold, bold, t.Plain, reset)
	}
	return out.write([]byte(codes.Replace(visible(strings.TrimRight(t.Method(m), "\n"), "\n"))))
}

// commandLine returns the command that makes a call, quoted for a shell.
func (t target) commandLine(m *openrpc.Method, params json.RawMessage) string {
	words := slices.Concat([]string{"jsonrpc", t.shown(), shell.Quote(discover.Method(m))}, paramWords(params))
	return strings.Join(words, " ")
}
