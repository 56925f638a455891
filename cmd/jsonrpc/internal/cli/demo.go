package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/jsonrpctest/demo"
)

const demoUsage = "demo [flags]"

func newDemoCommand(s *session) *cobra.Command {
	address := "127.0.0.1:5000"
	cmd := &cobra.Command{
		Use:   demoUsage,
		Short: "serve the demo server over HTTP",
		Long:  demoHelp,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return oneTooMany(unprotect(args[0]), "jsonrpc "+demoUsage+", or as the TARGET of a call demo: with a colon")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serveDemo(cmd.Context(), s, address)
		},
	}
	addFlags(cmd, groupServe, func(f *pflag.FlagSet) {
		f.Var(&text{value: &address, kind: "HOST:PORT"}, "listen", "listen on this address; port 0 picks a free one")
	})
	return cmd
}

// serveDemo serves until the context ends, and then lets calls under way end.
func serveDemo(ctx context.Context, s *session, address string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return &localError{fmt.Sprintf("cannot listen: %v", err)}
	}
	server := &http.Server{Handler: demo.New(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	s.say(fmt.Sprintf("serving http://%s until interrupted", listener.Addr()))
	select {
	case err := <-served:
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	const grace = 2 * time.Second
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(ending); errors.Is(err, context.DeadlineExceeded) {
		_ = server.Close()
	}
	return errStopped
}
