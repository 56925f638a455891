package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Long:  "Prints the command's version, and the Go version and platform it was built with\nand for.\n",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return oneTooMany(unprotect(args[0]), "jsonrpc version")
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			return newOutput(s.process, false).text(fmt.Sprintf("jsonrpc %s %s %s/%s", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH))
		},
	}
}

// version is that of the module the command was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
