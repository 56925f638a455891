package realservers

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/auth"
)

// A litecoind without a password of ours writes one into a file, another one each time it starts.
func TestLitecoindCookie(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	cookie := filepath.Join(dir, "regtest", ".cookie")
	address := net.JoinHostPort("127.0.0.1", port)
	client := tolerant(t, "http://"+address, jsonrpc.WithAuth(auth.CookieFile(cookie)))
	ready := func(ctx context.Context) error {
		_, err := jsonrpc.Call[int](ctx, client, "getblockcount", nil)
		return err
	}
	var cookies [2]string
	for i := range cookies {
		gone := start(t, ready, program(t, "litecoind"),
			"-regtest", "-server", "-datadir="+dir, "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1", "-rpcport="+port,
			"-listen=0", "-connect=0", "-disablewallet", "-printtoconsole",
		)
		text, err := os.ReadFile(cookie)
		if err != nil {
			t.Fatal(err)
		}
		cookies[i] = string(text)
		if _, err := jsonrpc.Call[string](t.Context(), client, "stop", nil); err != nil {
			t.Fatal(err)
		}
		<-gone
	}
	if cookies[0] == cookies[1] {
		t.Error("the cookie did not change")
	}
}
