package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/cmd/jsonrpc/internal/tap"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// replayOptions are those of "jsonrpc replay".
type replayOptions struct {
	masking
	framing framing
	marked  []string
	listen  string
}

const replayUsage = "replay [flags] FILE"

const replayHelp = `Is a server that repeats a recording of jsonrpc record, or a cassette of package
jsonrpctest, until it is interrupted (code 130). A call is answered as the one with
the same method and params was, whatever its id; what came several times, in turn,
and then with the last answer. What the server had sent of its own accord comes
after the same messages as it did. A call that is not in the recording gets an error
that says so and names what is near.

What was secret is *** in the recording: give --mask, --no-mask and --secret as they
were when it was made, so that calls are compared without it.

EXAMPLES
  $ printf '%s\n' '--> {"jsonrpc":"2.0","method":"cat","id":1}' \
  >   '<-- {"jsonrpc":"2.0","result":"meow","id":1}' > cat.txt &&
  > jsonrpc exec: cat -- jsonrpc replay --listen stdio cat.txt
  "meow"

  jsonrpc replay node.txt &
  jsonrpc 127.0.0.1:5000 eth_blockNumber
`

func newReplayCommand(s *session) *cobra.Command {
	o := replayOptions{listen: defaultListen}
	cmd := &cobra.Command{
		Use: replayUsage, Short: "be a server from a recording", Long: replayHelp, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args = unprotectAll(args); len(args) {
			case 0:
				return &usageError{"FILE is missing: write jsonrpc " + replayUsage}
			case 1:
				return o.run(cmd.Context(), s, args[0])
			}
			return oneTooMany(args[1], "jsonrpc "+replayUsage)
		},
	}
	o.masking.addFlags(cmd)
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&texts{values: &o.marked, kind: "TEXT"}, "secret", "this is a secret, also from @FILE or env:NAME; can be repeated")
	})
	addListenFlag(cmd, &o.listen, "HOST:PORT for HTTP and WebSockets,\ntcp://HOST:PORT, unix:///PATH, or stdio")
	o.framing.addFlags(cmd)
	return cmd
}

// run serves until the context ends, or standard input does.
func (o *replayOptions) run(ctx context.Context, s *session, file string) error {
	where, err := parseListen(o.listen, "http")
	if err != nil {
		return err
	}
	if where.isHTTP() && o.framing.Framing != nil {
		return &usageError{"--framing has no effect on HTTP and WebSockets: it is for tcp, unix and stdio"}
	}
	if file == "-" && where.scheme == "stdio" {
		return &usageError{"stdin cannot be both the recording and a client: name a FILE"}
	}
	if err := (&credentials{marked: o.marked}).readMarked(s, &identity{}); err != nil {
		return err
	}
	recording, err := readRecording(s, file, "FILE")
	if err != nil {
		return err
	}
	player := jsonrpctest.NewPlayer(recording, o.mask(s))
	player.OnUnknown(s.say)
	if where.scheme == "stdio" {
		stdio := tap.Stdio(s.process.Stdin, s.process.Stdout)
		err := player.ServeStream(ctx, transport.NewStream(stdio, &transport.StreamOptions{Framing: o.framing.Framing}))
		if ctx.Err() != nil {
			return errStopped
		}
		return err
	}
	served, err := player.Listen(where.String(), o.framing.Framing)
	if err != nil {
		return &localError{"cannot listen: " + strings.TrimPrefix(err.Error(), "jsonrpctest: ")}
	}
	s.say(fmt.Sprintf("replaying %d exchanges at %s until interrupted", len(recording.Exchanges), served.URL))
	<-ctx.Done()
	_ = served.Close()
	return errStopped
}

// readRecording reads a recording from a file, or from stdin for "-". What says
// what it is read for.
func readRecording(s *session, file, what string) (*jsonrpctest.Recording, error) {
	content, err := s.input.file(file, what)
	if err != nil {
		return nil, err
	}
	recording, err := jsonrpctest.ReadRecording(strings.NewReader(content))
	if err != nil {
		return nil, &localError{fmt.Sprintf("%s: %s: %s", what, file, strings.TrimPrefix(err.Error(), "jsonrpctest: "))}
	}
	return recording, nil
}
