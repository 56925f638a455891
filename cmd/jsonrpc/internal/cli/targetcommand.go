package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// newTargetCommand returns a command whose first argument is a TARGET. Run gets
// its address and the arguments after it, most at most; a negative most is any
// number.
func newTargetCommand(use, short, long string, most int, run func(ctx context.Context, address string, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, command := splitArgs(cmd, args)
			switch {
			case len(args) == 0:
				return &usageError{"TARGET is missing: write jsonrpc " + use}
			case most >= 0 && len(args) > 1+most:
				return oneTooMany(args[1+most], "jsonrpc "+use)
			}
			address, err := parseTarget(args[0], command)
			if err != nil {
				return err
			}
			return run(cmd.Context(), address, args[1:])
		},
	}
}

// oneTooMany refuses an argument.
func oneTooMany(arg, usage string) error {
	return &usageError{fmt.Sprintf("%s is one argument too many: write %s", shown(arg), usage)}
}
