package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// newTargetCommand returns a command whose first argument is a TARGET, unless
// flags of c name it. Run gets the target and the arguments after it, most at
// most; a negative most is any number.
func newTargetCommand(s *session, c *connection, use, short, long string, most int, run func(ctx context.Context, at target, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			at, args, err := c.locate(s, cmd, args, "jsonrpc "+use)
			if err != nil {
				return err
			}
			if most >= 0 && len(args) > most {
				return oneTooMany(args[most], "jsonrpc "+use)
			}
			return run(cmd.Context(), at, args)
		},
	}
}

// oneTooMany refuses an argument.
func oneTooMany(arg, usage string) error {
	return &usageError{fmt.Sprintf("%s is one argument too many: write %s", shown(arg), usage)}
}
