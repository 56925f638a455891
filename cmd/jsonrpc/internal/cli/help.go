package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/internal/suggest"
)

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "print the help of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return noCommand(cmd.Root(), strings.Join(unprotectAll(args), " "))
			}
			return about.Help()
		},
	}
}

// noCommand refuses a name that is none of a command's commands.
func noCommand(parent *cobra.Command, name string) error {
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	path := strings.TrimPrefix(strings.TrimPrefix(parent.CommandPath(), "jsonrpc")+" ", " ")
	if near := suggest.Nearest(name, names); near != "" {
		return &usageError{fmt.Sprintf("there is no command %s%s, did you mean %s%s?", path, shown(name), path, near)}
	}
	return &usageError{fmt.Sprintf("there is no command %s%s, only %s", path, shown(name), strings.Join(names, ", "))}
}

// showHelp prints the help of a command: what it does, its flags under headings,
// and, of the command itself, what concerns all of them.
func showHelp(cmd *cobra.Command, _ []string) {
	_, _ = io.WriteString(cmd.OutOrStdout(), helpText(cmd))
}

// helpText is also what the manual pages are made of.
func helpText(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "USAGE\n  %s\n", usageOf(cmd))
	fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(describe(cmd)))
	if commands := commandList(cmd); commands != "" {
		fmt.Fprintf(&b, "\nCOMMANDS\n%s", commands)
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if !cmd.DisableFlagParsing {
		writeFlags(&b, cmd)
	}
	if !cmd.HasParent() {
		fmt.Fprintf(&b, "\n%s\nEXIT CODES\n", outputHelp)
		for _, code := range exitCodes {
			fmt.Fprintf(&b, "  %3d  %s\n", code, code)
		}
		fmt.Fprintf(&b, "\n%s", environmentHelp)
	} else if cmd.Flags().Lookup("strict") != nil {
		b.WriteString("\nFor credentials, exit codes and the environment, see jsonrpc --help.\n")
	}
	return b.String()
}

func usageOf(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return strings.TrimSuffix(cmd.Parent().CommandPath()+" "+cmd.Use, " ")
	}
	return cmd.Use
}

func describe(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return strings.ToUpper(cmd.Short[:1]) + cmd.Short[1:] + "."
}

func commandList(cmd *cobra.Command) string {
	var b strings.Builder
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			fmt.Fprintf(&b, "  %-12s %s\n", c.Name(), c.Short)
		}
	}
	return b.String()
}

// writeFlags writes the flags under the headings they were defined with.
func writeFlags(b *strings.Builder, cmd *cobra.Command) {
	for _, group := range groups {
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.SortFlags = false
		cmd.Flags().SortFlags = false
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if groupOfFlag(f) == group {
				flags.AddFlag(f)
			}
		})
		if flags.HasAvailableFlags() {
			fmt.Fprintf(b, "\n%s FLAGS\n%s", strings.ToUpper(group), flags.FlagUsages())
		}
	}
}

func groupOfFlag(f *pflag.Flag) string {
	if group := f.Annotations[groupOf]; len(group) == 1 {
		return group[0]
	}
	return groupOther // those that cobra adds
}
