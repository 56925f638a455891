package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/openrpc"
)

const mockUsage = "mock [flags] FILE"

const mockHelp = `Serves the methods that an OpenRPC document describes, until it is interrupted
(code 130), for programs to be tried on before there is a server. A method
answers with the result of the example that has the same params, else with that
of its first example, and without examples with a value made from the schema of
its result. Params of a wrong number or name are refused with -32602, methods
that the document does not know with -32601. rpc.discover has the document.

FILE can be - for stdin. The URL is printed on stderr.

EXAMPLES
  jsonrpc mock openrpc.json --listen 127.0.0.1:5000 &
  jsonrpc list 127.0.0.1:5000

  jsonrpc mock openrpc.json --listen tcp://127.0.0.1:5001
`

func newMockCommand(s *session) *cobra.Command {
	address := "127.0.0.1:5000"
	cmd := &cobra.Command{
		Use: mockUsage, Short: "serve the methods of an OpenRPC document with its examples", Long: mockHelp, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args = unprotectAll(args); len(args) {
			case 0:
				return &usageError{"FILE is missing: write jsonrpc " + mockUsage}
			case 1:
				return serveMock(cmd.Context(), s, args[0], address)
			}
			return oneTooMany(args[1], "jsonrpc "+mockUsage)
		},
	}
	addFlags(cmd, groupServe, func(f *pflag.FlagSet) {
		f.Var(&text{value: &address, kind: "ADDRESS"}, "listen", "listen there: HOST:PORT for HTTP and WebSockets, tcp://HOST:PORT or\nunix:///PATH for a message on each line; port 0 picks a\nfree one")
	})
	return cmd
}

// serveMock serves until the context ends.
func serveMock(ctx context.Context, s *session, file, address string) error {
	content, err := s.input.file(file, "FILE")
	if err != nil {
		return err
	}
	doc, err := openrpc.Parse([]byte(content))
	if err != nil {
		return &localError{fmt.Sprintf("FILE: %s", strings.TrimPrefix(err.Error(), "openrpc: "))}
	}
	for _, u := range doc.Unresolved {
		s.warn(u.String())
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	served, err := jsonrpctest.NewServer(jsonrpctest.OpenRPC(doc)).Listen(address)
	if err != nil {
		return &localError{fmt.Sprintf("cannot listen: %s (--listen takes HOST:PORT; port 0 picks a free one)", strings.TrimPrefix(err.Error(), "jsonrpctest: "))}
	}
	s.say(fmt.Sprintf("serving the methods of %s at %s until interrupted", title(doc), served.URL))
	<-ctx.Done()
	_ = served.Close()
	return errStopped
}

func title(doc *openrpc.Document) string {
	if doc.Info.Title == "" {
		return "the document"
	}
	return doc.Info.Title
}
