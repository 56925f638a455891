package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func addDryRun(cmd *cobra.Command, on *bool) {
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.BoolVar(on, "dry-run", false, "print the message exactly as it would be sent, and send nothing")
	})
}

// dryRun prints a message exactly as it would be sent.
func (c *connection) dryRun(ctx context.Context, s *session, m jsonrpc.Message) error {
	version, err := c.dialect.clientOptions(c.strict)
	if err != nil {
		return err
	}
	var sent recording
	client, err := jsonrpc.NewClient(&sent, version...)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if _, err := client.Send(ctx, m); !errors.Is(err, errRecorded) {
		return err
	}
	return newOutput(s.process, false).text(sent.text)
}

// A recording is a transport that keeps a message instead of sending it.
type recording struct{ text string }

var errRecorded = errors.New("recorded")

// RoundTrip keeps m.
func (r *recording) RoundTrip(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
	r.text = string(m.Body)
	return nil, errRecorded
}
