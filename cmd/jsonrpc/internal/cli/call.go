package cli

import (
	"context"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// callOptions are those of the command itself: one call.
type callOptions struct {
	connection
	ids
	wholeParams
	checking
	id     string
	notify bool
	rehearsal
	printing
	envelope bool
}

const callUsage = "jsonrpc [flags] TARGET METHOD [PARAM…]"

// newExplicitCallCommand returns the same command under a name, for a METHOD that
// is called as a command is, and has only flags before it.
func newExplicitCallCommand(s *session) *cobra.Command {
	cmd := newCallCommand(s)
	cmd.Use, cmd.Short, cmd.Long = "call [flags] TARGET METHOD [PARAM…]", "the same as without a command", explicitCallHelp
	cmd.Version = ""
	return cmd
}

func newCallCommand(s *session) *cobra.Command {
	var o callOptions
	cmd := &cobra.Command{
		Use:     callUsage,
		Short:   "call the methods of a JSON-RPC server",
		Long:    callHelp,
		Version: version(),
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			at, args, err := o.connection.locate(s, cmd, args, callUsage)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), s, at, args)
		},
	}
	o.wholeParams.addFlags(cmd)
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.id, kind: "ID"}, "id", "the request's id: a number or a text")
		f.BoolVar(&o.notify, "notify", false, "send a notification, to which no response is due")
	})
	o.rehearsal.addFlags(cmd)
	o.ids.addFlags(cmd)
	o.dialect.addFlags(cmd)
	o.printing.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&o.envelope, "envelope", false, "print the whole response, be it a result or an error")
	})
	o.checking.addFlags(cmd)
	o.connection.addFlags(cmd)
	return cmd
}

// run makes one call and prints its result.
func (o *callOptions) run(ctx context.Context, s *session, at target, args []string) error {
	if len(args) == 0 {
		return &usageError{"METHOD is missing: write " + callUsage}
	}
	message, err := o.message(s, args[0], args[1:])
	if err != nil {
		return err
	}
	judge, err := o.checking.before(ctx, s, &o.connection, at, message)
	if err != nil {
		return err
	}
	if done, err := o.rehearse(ctx, s, at, o.rehearsal, message); done {
		return err
	}
	return o.connection.carryOut(ctx, s, at, exchange{
		message: message, subject: args[0], method: args[0], printing: o.printing, envelope: o.envelope, judge: judge,
		names: func() []string { return o.description.knownNames(s, at) },
	})
}

// message makes the request or notification.
func (o *callOptions) message(s *session, method string, words []string) (jsonrpc.Message, error) {
	if err := checkMethod(method); err != nil {
		return nil, err
	}
	params, err := o.wholeParams.read(s, words, o.given("params"))
	if err != nil {
		return nil, err
	}
	if o.notify {
		if o.given("id") {
			return nil, &usageError{"--notify and --id exclude each other: a notification has no id"}
		}
		return jsonrpc.Notification{Method: method, Params: params}, nil
	}
	generator, err := o.ids.generator()
	if err != nil {
		return nil, err
	}
	request := jsonrpc.Request{Method: method, Params: params}
	if o.given("id") {
		request.ID, err = parseID(o.id)
	} else {
		request.ID = generator()
	}
	return request, err
}

// checkMethod refuses what no method can be called.
func checkMethod(method string) error {
	if method == "" || !utf8.ValidString(method) {
		return &usageError{"METHOD is empty or not UTF-8 text"}
	}
	return nil
}
