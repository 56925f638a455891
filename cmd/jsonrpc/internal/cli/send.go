package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// sendOptions are those of "jsonrpc send".
type sendOptions struct {
	connection
	rehearsal
	printing
	envelope bool
}

const sendUsage = "send [flags] TARGET [JSON|@FILE|@-]"

func newSendCommand(s *session) *cobra.Command {
	var o sendOptions
	cmd := newTargetCommand(s, &o.connection, sendUsage, "send a message of your own, exactly as it is", sendHelp, 1,
		func(ctx context.Context, at target, args []string) error { return o.run(ctx, s, at, args) })
	o.rehearsal.addFlags(cmd)
	o.dialect.addFlags(cmd)
	o.printing.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&o.envelope, "envelope", false, "print the whole reply as it came")
	})
	o.connection.addFlags(cmd)
	return cmd
}

func (o *sendOptions) run(ctx context.Context, s *session, at target, args []string) error {
	message, err := readMessage(s, args)
	if err != nil {
		return err
	}
	if done, err := o.rehearse(ctx, s, at, o.rehearsal, jsonrpc.Raw(message)); done {
		return err
	}
	return o.connection.carryOut(ctx, s, at, exchange{
		message: jsonrpc.Raw(message), subject: "message", method: methodOf(message), batch: message[0] == '[',
		printing: o.printing, envelope: o.envelope,
		names: func() []string { return (&description{}).knownNames(s, at) },
	})
}

// methodOf returns the method of a request, "" of anything else.
func methodOf(message string) string {
	var request struct {
		Method string `json:"method"`
	}
	_ = json.Unmarshal([]byte(message), &request) // a batch is no object
	return request.Method
}

// readMessage returns the JSON text to be sent: the argument's, a file's, or
// that of stdin.
func readMessage(s *session, args []string) (string, error) {
	message := "@-"
	if len(args) > 0 {
		message = args[0]
	}
	if name, isFile := strings.CutPrefix(message, "@"); isFile {
		var err error
		if message, err = s.input.file(name, "message"); err != nil {
			return "", err
		}
	}
	message = strings.TrimSpace(message)
	if !json.Valid([]byte(message)) {
		return "", &usageError{"the message is not JSON: " + jsonProblem(message)}
	}
	if message[0] != '{' && message[0] != '[' {
		return "", &usageError{fmt.Sprintf("a message is a JSON object or array, and this is %s", shown(message))}
	}
	return message, nil
}
