package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/cmd/jsonrpc/internal/render"
)

func newTemplateCommand(s *session) *cobra.Command {
	var (
		d   description
		all bool
	)
	cmd := newDescriptionCommand(s, &d, "template [flags] TARGET METHOD", "print params of a method to fill in", templateHelp, true,
		func(x described) error { return printTemplate(x, all) })
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&all, "all", false, "with the params that are optional")
	})
	return cmd
}

func printTemplate(x described, all bool) error {
	m, err := findMethod(x.Description, x.method)
	if err != nil {
		return err
	}
	s := x.session
	if discover.IsNameOnly(m) {
		return &localError{fmt.Sprintf("%s: the server tells no more than its name (%s): its documentation has the params", m.Name, x.Via)}
	}
	if method := discover.Method(m); method != m.Name {
		s.say(fmt.Sprintf("these are params of %s, which calls %s", method, m.Name))
	}
	if optional := render.Optional(m); !all && len(optional) > 0 && s.process.OutTerminal {
		s.say(fmt.Sprintf("optional, and left out: %s (--all has them)", strings.Join(optional, ", ")))
	}
	return newOutput(s.process, false).value(render.Template(m, all))
}
