package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/tap"
	"example.com/jsonrpc/jsonrpctest"
)

// recordOptions are those of "jsonrpc record".
type recordOptions struct {
	connection
	masking
	listen string
	output string
	resume bool
}

const recordUsage = "record [flags] TARGET"

const recordHelp = `Stands between a client and the server at TARGET, passes on what both say, as it
is, and writes it down, until it is interrupted (code 130). A recording is for
jsonrpc replay, for tests (package jsonrpctest), and to be read:

  --> {"jsonrpc":"2.0","method":"cat","params":["Mittens"],"id":1}
  <-- {"jsonrpc":"2.0","result":"meow","id":1}

For a TARGET by http, https, ws or wss it takes POSTs and WebSockets: the path of
the client counts, or else that of TARGET; headers are passed on, but for those
that flags give. For tcp, tls, unix and exec it takes connections, or with
--listen stdio the one on its own stdin and stdout, so that it can stand in the
configuration of an editor or an MCP client in place of the server.

Each message is written at once. What is secret is *** in the recording: the
values of headers with credentials, of members named password, token, apiKey and
the like, and all that --mask and --secret name. URLs are not in it.

EXAMPLES
  jsonrpc record --output node.txt https://node.example/v3/KEY &
  jsonrpc 127.0.0.1:5000 eth_blockNumber

  jsonrpc record --listen stdio --output gopls.txt --framing header exec: -- gopls serve
  jsonrpc record --listen tcp://127.0.0.1:6640 --framing bare unix:///run/openvswitch/db.sock
`

func newRecordCommand(s *session) *cobra.Command {
	o := recordOptions{listen: defaultListen}
	o.maxReply = jsonrpc.DefaultMaxReply
	cmd := newTargetCommand(s, &o.connection, recordUsage, "pass a conversation on and write it down", recordHelp, 0,
		func(ctx context.Context, at target, _ []string) error { return o.run(ctx, s, at) })
	o.given = func(flag string) bool { return cmd.Flags().Changed(flag) }
	o.many = true
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.output, kind: "FILE"}, "output", "write the recording to this file (default: stdout)")
		f.BoolVar(&o.resume, "append", false, "add to the recording in the file, instead of writing it anew")
	})
	o.masking.addFlags(cmd)
	addListenFlag(cmd, &o.listen, "HOST:PORT for what TARGET is, tcp://HOST:PORT,\nunix:///PATH, or stdio")
	o.place.addFlags(cmd)
	o.credentials.addFlags(cmd)
	o.framing.addFlags(cmd)
	o.trust.addFlags(cmd)
	addFlags(cmd, groupConnect, func(f *pflag.FlagSet) {
		o.addProxyFlag(f)
		f.Var(&o.maxReply, "max-reply", "refuse a larger message over HTTP and WebSockets; do not write down a\nlarger one of others")
	})
	return cmd
}

// run passes on until the context ends.
func (o *recordOptions) run(ctx context.Context, s *session, at target) error {
	if len(at.addresses) > 1 {
		return &usageError{"the conversation with several servers cannot be recorded as one: give one TARGET"}
	}
	address := at.addresses[0]
	if err := checkEffects(schemeOf(address), o.given, o.nameOf, o.proxied(s)); err != nil {
		return err
	}
	where, err := o.where(schemeOf(address))
	if err != nil {
		return err
	}
	who, err := o.identify(s, acceptsEnvironment(s, address))
	if err != nil {
		return err
	}
	s.secrets.add(at.secrets...)
	file, known, err := o.open(s)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // each write was its own
	recorder := jsonrpctest.NewRecorder(file, o.mask(s))
	recorder.Continue(known)
	if where.isHTTP() {
		err = o.recordHTTP(ctx, s, where, address, who, recorder)
	} else {
		err = o.recordBytes(ctx, s, where, address, recorder)
	}
	if lost := recorder.Err(); lost != nil {
		return &localError{strings.TrimPrefix(lost.Error(), "jsonrpctest: ")}
	}
	return err
}

// where says where clients are to be taken from, for a TARGET of the scheme.
func (o *recordOptions) where(scheme string) (listening, error) {
	over := listening{scheme: "tcp"}
	switch {
	case slices.Contains([]string{"http", "https", "ws", "wss", "demo"}, scheme):
		over.scheme = "http"
	case !slices.Contains(tap.Schemes, scheme):
		return over, &usageError{fmt.Sprintf("a conversation by %s cannot be recorded: the TARGET is one by http, https, ws, wss, tcp, tls, unix or exec", shown(scheme))}
	}
	where, err := parseListen(o.listen, over.scheme)
	switch {
	case err != nil:
		return over, err
	case where.isHTTP() && over.scheme != "http":
		return over, &usageError{fmt.Sprintf("--listen %s takes clients by HTTP, and the TARGET is one by %s: write HOST:PORT, tcp://HOST:PORT, unix:///PATH or stdio", where, scheme)}
	case !where.isHTTP() && over.scheme == "http":
		return over, &usageError{fmt.Sprintf("--listen %s takes clients by a stream of bytes, and the TARGET is one by %s: write HOST:PORT", where, scheme)}
	case where.scheme == "stdio" && (o.output == "" || o.output == "-"):
		return over, &usageError{"--listen stdio leaves no stdout for the recording: name a file with --output"}
	}
	return where, nil
}

// open opens the recording, and reads what is to be gone on with.
func (o *recordOptions) open(s *session) (file io.WriteCloser, known *jsonrpctest.Recording, err error) {
	known = &jsonrpctest.Recording{}
	mode := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	switch {
	case (o.output == "" || o.output == "-") && o.resume:
		return nil, nil, &usageError{"--append adds to a file: name it with --output"}
	case o.output == "" || o.output == "-":
		return kept{s.process.Stdout}, known, nil
	case o.resume:
		mode = os.O_CREATE | os.O_WRONLY | os.O_APPEND
		if _, err := os.Stat(o.output); errors.Is(err, fs.ErrNotExist) {
			break
		}
		if known, err = readRecording(s, o.output, "--append"); err != nil {
			return nil, nil, err
		}
	}
	// Others need not read what was said.
	if file, err = os.OpenFile(o.output, mode, 0o600); err != nil {
		return nil, nil, &localError{fmt.Sprintf("--output: %v", err)}
	}
	return file, known, nil
}

// kept is a writer that is not closed.
type kept struct{ io.Writer }

func (kept) Close() error { return nil }

// masking says what is not to be in a recording.
type masking struct{ members, keep []string }

func (m *masking) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&texts{values: &m.members, kind: "NAME"}, "mask", "the value of members with this name is a secret; can be repeated")
		f.Var(&texts{values: &m.keep, kind: "NAME"}, "no-mask", "that of members with this name is none, though it seems so")
	})
}

// mask returns what a recorder and a player want, with all the secrets that the
// session knows.
func (m *masking) mask(s *session) *jsonrpctest.Mask {
	return &jsonrpctest.Mask{Members: m.members, Keep: m.keep, Values: s.secrets.all()}
}
