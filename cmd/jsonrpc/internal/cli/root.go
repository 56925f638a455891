package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/internal/suggest"
)

// newRootCommand returns the command, which is a call, with the others beside it.
func newRootCommand(s *session) *cobra.Command {
	root := newCallCommand(s)
	root.AddCommand(
		newExplicitCallCommand(s),
		newSendCommand(s),
		newBatchCommand(s),
		newListenCommand(s),
		newReplCommand(s),
		newListCommand(s),
		newDescribeCommand(s),
		newTemplateCommand(s),
		newDocsCommand(s),
		newGenCommand(s),
		newMockCommand(s),
		newBulkCommand(s),
		newBenchCommand(s),
		newDoctorCommand(s),
		newRecordCommand(s),
		newReplayCommand(s),
		newImportCommand(s),
		newProfileCommand(s),
		newDemoCommand(s),
		newManCommand(s),
		newVersionCommand(s),
	)
	root.SetHelpCommand(newHelpCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetIn(s.process.Stdin)
	root.SetOut(s.process.Stdout)
	root.SetErr(s.process.Stderr)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetHelpFunc(showHelp)
	root.SetFlagErrorFunc(flagError)
	completeProfiles(s, root)
	completeArguments(s, root)
	for _, cmd := range root.Commands() {
		completeProfiles(s, cmd)
		s.commands = append(s.commands, cmd.Name())
		if cmd.Name() == "completion" {
			improveCompletion(s, cmd)
		}
	}
	return root
}

// improveCompletion makes cobra's own command one of ours.
func improveCompletion(s *session, cmd *cobra.Command) {
	cmd.Short = "print a script that completes commands and flags in a shell"
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return noCommand(cmd, unprotect(args[0]))
		}
		return &usageError{"name the shell: bash, fish, powershell or zsh"}
	}
	for _, shell := range cmd.Commands() {
		shell.Args = func(shell *cobra.Command, args []string) error {
			if len(args) > 0 {
				return oneTooMany(unprotect(args[0]), shell.CommandPath())
			}
			return nil
		}
		if shell.Name() != "bash" {
			continue
		}
		shell.ResetFlags()
		shell.Long = bashCompletionHelp
		shell.RunE = func(*cobra.Command, []string) error {
			return newOutput(s.process, false).write([]byte(strings.TrimSuffix(bashCompletion, "\n")))
		}
	}
}

// flagError says what is wrong with a flag. It names a flag and not its value,
// which may be a secret.
func flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &missing):
		return &usageError{fmt.Sprintf("--%s wants a value: %s", missing.GetFlag().Name, missing.GetFlag().Value.Type())}
	case errors.As(err, &invalid):
		return &usageError{fmt.Sprintf("--%s: %v", invalid.GetFlag().Name, valueError(invalid.Unwrap()))}
	}
	return &usageError{"a flag cannot be read: flags are written --name or --name=value"}
}

// valueError is why a flag does not take a value, in words for users.
func valueError(err error) error {
	if e, ok := errors.AsType[*strconv.NumError](err); ok && e.Func == "ParseBool" {
		return errors.New("write true or false")
	}
	return err
}

func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	name := "--" + err.GetSpecifiedName()
	if err.GetSpecifiedShortnames() != "" {
		name = "-" + err.GetSpecifiedName()
		return &usageError{fmt.Sprintf("unknown flag %s; put -- before PARAMs that begin with a hyphen", name)}
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if near := suggest.Nearest(err.GetSpecifiedName(), known); near != "" {
		return &usageError{fmt.Sprintf("unknown flag %s, did you mean --%s?", name, near)}
	}
	return &usageError{fmt.Sprintf("unknown flag %s; put -- before PARAMs that begin with a hyphen", name)}
}
