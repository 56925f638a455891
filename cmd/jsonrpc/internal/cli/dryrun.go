package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/ascode"
	"example.com/jsonrpc/transport"
)

// A rehearsal is what is done with a message instead of sending it.
type rehearsal struct {
	dryRun bool
	as     string // a tool
}

func (r *rehearsal) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.BoolVar(&r.dryRun, "dry-run", false, "print the message exactly as it would be sent, and send nothing")
		f.Var(&text{value: &r.as, kind: "TOOL", check: func(arg string) error {
			if !slices.Contains(ascode.Tools, arg) {
				return &usageError{fmt.Sprintf("%s is none of %s", shown(arg), strings.Join(ascode.Tools, ", "))}
			}
			return nil
		}}, "as", "print the same call for another tool, and send nothing: curl, go,\nhttpie, python or websocat")
	})
	completeWith(cmd, "as", func() []string { return ascode.Tools })
}

// rehearse prints what was asked for. It reports whether that was all.
func (c *connection) rehearse(ctx context.Context, s *session, at target, r rehearsal, m jsonrpc.Message) (done bool, err error) {
	switch {
	case r.dryRun && r.as != "":
		return true, &usageError{"--dry-run and --as exclude each other"}
	case r.dryRun:
		sent, err := c.record(ctx, m)
		if err != nil {
			return true, err
		}
		return true, newOutput(s.process, false).text(string(sent.text))
	case r.as != "":
		return true, c.writeAs(ctx, s, at, r.as, m)
	}
	return false, nil
}

// record returns a message exactly as it would be sent.
func (c *connection) record(ctx context.Context, m jsonrpc.Message) (*recording, error) {
	version, err := c.dialect.clientOptions(c.strict)
	if err != nil {
		return nil, err
	}
	var sent recording
	client, err := jsonrpc.NewClient(&sent, append(version, jsonrpc.WithInterceptors(sent.look))...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	if _, err := client.Send(ctx, m); !errors.Is(err, errRecorded) {
		return nil, err
	}
	return &sent, nil
}

// A recording is a transport that keeps a message instead of sending it.
type recording struct {
	text    []byte
	batch   bool
	request jsonrpc.Request // the first
}

var errRecorded = errors.New("recorded")

// RoundTrip keeps m.
func (r *recording) RoundTrip(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
	r.text = slices.Clone(m.Body)
	return nil, errRecorded
}

// look is an interceptor that sees what the message is made of.
func (r *recording) look(next jsonrpc.Invoker) jsonrpc.Invoker {
	return func(ctx context.Context, x *jsonrpc.Exchange) error {
		r.batch = x.Batch()
		for request := range x.Requests() {
			r.request = request
			break
		}
		return next(ctx, x)
	}
}
