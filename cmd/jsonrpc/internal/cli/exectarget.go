package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// execTarget alone is a TARGET whose command stands after the first "--". Those
// words are a command with its arguments, and no PARAMs.
const execTarget = "exec:"

// splitExec divides arguments, the first of which is the TARGET, from the words
// of a command. Dash is how many come before the first "--", -1 for all.
func splitExec(args []string, dash int) (rest, command []string) {
	if dash < 1 || args[0] != execTarget {
		return args, nil
	}
	return args[:dash], args[dash:]
}

// splitArgs returns the arguments as they were given, and the words of the
// command of execTarget.
func splitArgs(cmd *cobra.Command, args []string) (rest, command []string) {
	return splitExec(unprotectAll(args), cmd.ArgsLenAtDash())
}

// execAddress returns the address of a child process, with each word quoted.
func execAddress(command []string) (string, error) {
	if len(command) == 0 {
		return "", &usageError{"TARGET: exec: wants a command: write exec:'COMMAND ARGUMENT…', or exec: and the command after --"}
	}
	var b strings.Builder
	b.WriteString(execTarget)
	for i, word := range command {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("'" + strings.ReplaceAll(word, "'", `'\''`) + "'")
	}
	return b.String(), nil
}
