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
	notify   bool
	dryRun   bool
	envelope bool
}

const batchUsage = "batch [flags] TARGET"

func newBatchCommand(s *session) *cobra.Command {
	var o batchOptions
	cmd := &cobra.Command{
		Use:   batchUsage,
		Short: "read requests from stdin and send them as one batch",
		Long:  batchHelp,
		Args:  atMost(1, "jsonrpc "+batchUsage),
		RunE: func(cmd *cobra.Command, args []string) error {
			args, command := splitArgs(cmd, args)
			return o.run(cmd.Context(), s, args, command)
		},
	}
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.BoolVar(&o.notify, "notify", false, "make each METHOD line a notification, to which no response is due")
		f.BoolVar(&o.dryRun, "dry-run", false, "print the batch exactly as it would be sent, and send nothing")
	})
	o.ids.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&o.envelope, "envelope", false, "print the whole reply as it came, as one array")
	})
	o.connection.addFlags(cmd)
	return cmd
}

func (o *batchOptions) run(ctx context.Context, s *session, args, command []string) error {
	if len(args) == 0 {
		return &usageError{"TARGET is missing: write jsonrpc " + batchUsage}
	}
	address, err := parseTarget(args[0], command)
	if err != nil {
		return err
	}
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
	if o.dryRun {
		return o.connection.dryRun(ctx, s, jsonrpc.Raw(message))
	}
	return o.connection.carryOut(ctx, s, address, exchange{
		message: jsonrpc.Raw(message), subject: "batch", batch: true, envelope: o.envelope,
	})
}
