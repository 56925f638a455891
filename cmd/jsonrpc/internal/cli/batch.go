package cli

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// batchOptions are those of "jsonrpc batch".
type batchOptions struct {
	connection
	ids
	notify bool
	rehearsal
	printing
	envelope bool
}

const batchUsage = "batch [flags] TARGET"

func newBatchCommand(s *session) *cobra.Command {
	var o batchOptions
	cmd := newTargetCommand(s, &o.connection, batchUsage, "read requests from stdin and send them as one batch", batchHelp, 0,
		func(ctx context.Context, at target, _ []string) error { return o.run(ctx, s, at) })
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.BoolVar(&o.notify, "notify", false, "make each METHOD line a notification, to which no response is due")
	})
	o.rehearsal.addFlags(cmd)
	o.ids.addFlags(cmd)
	o.printing.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&o.envelope, "envelope", false, "print the whole reply as it came, as one array")
	})
	o.connection.addFlags(cmd)
	return cmd
}

func (o *batchOptions) run(ctx context.Context, s *session, at target) error {
	generator, err := o.ids.generator()
	if err != nil {
		return err
	}
	input, err := s.input.readStdin("batch")
	if err != nil {
		return err
	}
	message, err := (&batchReader{files: s.input, notify: o.notify}).read(input, generator)
	if err != nil {
		return err
	}
	if done, err := o.rehearse(ctx, s, at, o.rehearsal, jsonrpc.Raw(message)); done {
		return err
	}
	return o.connection.carryOut(ctx, s, at, exchange{
		message: jsonrpc.Raw(message), subject: "batch", batch: true, printing: o.printing, envelope: o.envelope,
	})
}
