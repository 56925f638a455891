package realservers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

const (
	litecoindUser     = "alice"
	litecoindPassword = "a password of litecoind"
)

// startLitecoind returns the URL of a litecoind with an empty chain of its own, which talks to no other node.
func startLitecoind(t *testing.T) string {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	// In a file, as its operators have it: everybody on the machine can read a command line.
	config := fmt.Sprintf("rpcuser=%s\nrpcpassword=%s\n", litecoindUser, litecoindPassword)
	writeFile(t, filepath.Join(dir, "litecoin.conf"), []byte(config))
	server := url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", port), Path: "/"}
	start(t, litecoindReady(server), program(t, "litecoind"),
		"-regtest",
		"-server",
		"-datadir="+dir,
		"-rpcbind=127.0.0.1",
		"-rpcallowip=127.0.0.1",
		"-rpcport="+port,
		"-listen=0",
		"-connect=0",
		"-disablewallet",
		"-printtoconsole",
	)
	return server.String()
}

// litecoindReady asks with a call: litecoind listens long before it is ready, and answers error -28 until then.
func litecoindReady(server url.URL) func(context.Context) error {
	server.User = url.UserPassword(litecoindUser, litecoindPassword)
	return func(ctx context.Context) error {
		body := strings.NewReader(`{"method":"getblockcount","id":0}`)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.String(), body)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("it answered %s", response.Status)
		}
		return nil
	}
}
