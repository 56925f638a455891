package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// callOptions are those of the command itself: one call.
type callOptions struct {
	connection
	ids
	params   string
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
			return o.run(cmd.Context(), s, cmd.Flags().Changed, unprotectAll(args))
		},
	}
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.params, kind: "JSON"}, "params", "all params at once: an array or an object, or @FILE, or @- (stdin)")
		f.Var(&text{value: &o.id, kind: "ID"}, "id", "the request's id: a number or a text")
		f.BoolVar(&o.notify, "notify", false, "send a notification, to which no response is due")
		f.BoolVar(&o.dryRun, "dry-run", false, "print the message exactly as it would be sent, and send nothing")
	})
	o.ids.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVarP(&o.raw, "raw", "r", false, "print a string without quotes and escapes")
		f.BoolVar(&o.envelope, "envelope", false, "print the whole response, be it a result or an error")
	})
	o.connection.addFlags(cmd)
	return cmd
}

// run makes one call and prints its result.
func (o *callOptions) run(ctx context.Context, s *session, given func(flag string) bool, args []string) error {
	if len(args) == 0 {
		return &usageError{"TARGET and METHOD are missing: write " + callUsage}
	}
	address, err := parseTarget(args[0])
	if err != nil {
		return err
	}
	if len(args) == 1 {
		return &usageError{"METHOD is missing: write " + callUsage}
	}
	message, err := o.message(s, given, args[1], args[2:])
	if err != nil {
		return err
	}
	if o.dryRun {
		return newOutput(s.process, false).text(fmt.Sprint(message))
	}
	return o.connection.carryOut(ctx, s, address, exchange{
		message: message, subject: args[1], raw: o.raw, envelope: o.envelope,
	})
}

// message makes the request or notification.
func (o *callOptions) message(s *session, given func(flag string) bool, method string, words []string) (jsonrpc.Message, error) {
	if method == "" || !utf8.ValidString(method) {
		return nil, &usageError{"METHOD is empty or not UTF-8 text"}
	}
	params, err := o.readParams(s, given("params"), words)
	if err != nil {
		return nil, err
	}
	if o.notify {
		if given("id") {
			return nil, &usageError{"--notify and --id exclude each other: a notification has no id"}
		}
		return jsonrpc.Notification{Method: method, Params: params}, nil
	}
	generator, err := o.ids.generator()
	if err != nil {
		return nil, err
	}
	request := jsonrpc.Request{Method: method, Params: params}
	if given("id") {
		request.ID, err = parseID(o.id)
	} else {
		request.ID = generator()
	}
	return request, err
}

// readParams returns nil if there are none.
func (o *callOptions) readParams(s *session, whole bool, words []string) (any, error) {
	var text json.RawMessage
	switch {
	case whole && len(words) > 0:
		return nil, &usageError{fmt.Sprintf("--params gives all params: leave out %s or --params", shown(words[0]))}
	case whole:
		var err error
		if text, err = parseWholeParams(o.params, s.input); err != nil {
			return nil, err
		}
	default:
		p, err := parseParams(words, s.input)
		if err != nil {
			return nil, err
		}
		text = p.json()
	}
	if text == nil {
		return nil, nil
	}
	return text, nil
}
