package cli

import (
	"context"

	"github.com/spf13/cobra"

	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
)

// newDescriptionCommand returns a command that shows something of a server's
// description. Its arguments are TARGET, which can be left out after --schema,
// and METHOD if there is a use for it.
func newDescriptionCommand(s *session, d *description, use, short, long string, wantsMethod bool, run func(x described) error) *cobra.Command {
	var c connection
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			x := described{session: s}
			names := 0
			if wantsMethod {
				names = 1
			}
			if d.schema == "" || len(args) != names || c.profile != "" || len(c.targets) > 0 {
				var err error
				if x.at, args, err = c.locate(s, cmd, args, "jsonrpc "+use); err != nil {
					return err
				}
			}
			switch {
			case len(args) > names:
				return oneTooMany(unprotect(args[names]), "jsonrpc "+use)
			case len(args) < names:
				return &usageError{"METHOD is missing: write jsonrpc " + use}
			}
			var err error
			if x.Description, err = d.find(cmd.Context(), s, &c, x.at); err != nil {
				return err
			}
			if wantsMethod {
				x.method = unprotect(args[0])
			}
			x.ctx = cmd.Context()
			return run(x)
		},
	}
	d.addFlags(cmd)
	c.addFlags(cmd)
	return cmd
}

// described is a server with its description.
type described struct {
	*discover.Description
	ctx     context.Context
	session *session
	at      target // without addresses if only --schema was given
	method  string // the argument, "" without one
}
