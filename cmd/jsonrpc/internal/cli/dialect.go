package cli

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// versions are the values of --jsonrpc.
var versions = []string{"2.0", "1.0"}

// A dialect is the version of JSON-RPC that is spoken.
type dialect struct{ version string }

func (d *dialect) addFlags(cmd *cobra.Command) {
	d.version = versions[0]
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &d.version, kind: "VERSION", check: func(arg string) error {
			if !slices.Contains(versions, arg) {
				return &usageError{shown(arg) + " is neither 2.0 nor 1.0"}
			}
			return nil
		}}, "jsonrpc", "speak this version: 2.0, or 1.0 as ovsdb-server does")
	})
	completeWith(cmd, "jsonrpc", func() []string { return versions })
}

// old reports whether the version is 1.0.
func (d *dialect) old() bool { return d.version == "1.0" }

// clientOptions returns the option for the client.
func (d *dialect) clientOptions(strict bool) ([]jsonrpc.ClientOption, error) {
	switch {
	case !d.old():
		return nil, nil
	case strict:
		return nil, &usageError{"--strict and --jsonrpc 1.0 exclude each other: the rules are those of version 2.0"}
	}
	return []jsonrpc.ClientOption{jsonrpc.WithVersion1()}, nil
}

// usual reports whether responses of this version are always so: they have no
// version, both a result and an error, and any error that is not null.
func (d *dialect) usual(deviation jsonrpc.Deviation) bool {
	switch deviation {
	case jsonrpc.DeviationNoVersion, jsonrpc.DeviationBoth,
		jsonrpc.DeviationErrorType, jsonrpc.DeviationCode, jsonrpc.DeviationMessage:
		return d.old()
	}
	return false
}
