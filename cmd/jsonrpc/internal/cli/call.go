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
	id       string
	notify   bool
	dryRun   bool
	raw      bool
	envelope bool
}

const callUsage = "jsonrpc [flags] TARGET METHOD [PARAM…]"

func newCallCommand(s *session) *cobra.Command {
	var o callOptions
	cmd := &cobra.Command{
		Use:     callUsage,
		Short:   "call the methods of a JSON-RPC server",
		Long:    callHelp,
		Version: version(),
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, command := splitArgs(cmd, args)
			return o.run(cmd.Context(), s, args, command)
		},
	}
	o.wholeParams.addFlags(cmd)
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.id, kind: "ID"}, "id", "the request's id: a number or a text")
		f.BoolVar(&o.notify, "notify", false, "send a notification, to which no response is due")
	})
	addDryRun(cmd, &o.dryRun)
	o.ids.addFlags(cmd)
	o.dialect.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVarP(&o.raw, "raw", "r", false, "print a string without quotes and escapes")
		f.BoolVar(&o.envelope, "envelope", false, "print the whole response, be it a result or an error")
	})
	o.connection.addFlags(cmd)
	return cmd
}

// run makes one call and prints its result.
func (o *callOptions) run(ctx context.Context, s *session, args, command []string) error {
	if len(args) == 0 {
		return &usageError{"TARGET and METHOD are missing: write " + callUsage}
	}
	address, err := parseTarget(args[0], command)
	if err != nil {
		return err
	}
	if len(args) == 1 {
		return &usageError{"METHOD is missing: write " + callUsage}
	}
	message, err := o.message(s, args[1], args[2:])
	if err != nil {
		return err
	}
	if o.dryRun {
		return o.connection.dryRun(ctx, s, message)
	}
	return o.connection.carryOut(ctx, s, address, exchange{
		message: message, subject: args[1], raw: o.raw, envelope: o.envelope,
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
