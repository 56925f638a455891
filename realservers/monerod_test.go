package realservers

import (
	"net"
	"net/http"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/digest"
)

// monerod wants digest authentication, offers it twice (MD5 and MD5-sess), and writes its challenge's name in small
// letters. Its chain here is one of its own.
func TestMonerod(t *testing.T) {
	t.Parallel()
	const user, password = "alice", "a-password-of-monerod"
	dir, port := t.TempDir(), freePort(t)
	address := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(address), program(t, "monerod"),
		"--regtest", "--offline", "--fixed-difficulty=1", "--non-interactive",
		"--data-dir="+dir, "--log-file="+dir+"/log",
		"--rpc-bind-ip=127.0.0.1", "--rpc-bind-port="+port, "--rpc-login="+user+":"+password, "--rpc-ssl=disabled",
		"--p2p-bind-ip=127.0.0.1", "--p2p-bind-port="+freePort(t), "--no-zmq", "--no-igd",
	)
	url := "http://" + address + "/json_rpc"

	t.Run("call", func(t *testing.T) {
		client := dial(t, url, digest.WithAuth(user, password))
		for range 3 {
			count, err := jsonrpc.Call[struct{ Count int }](t.Context(), client, "get_block_count", nil)
			if err != nil || count.Count != 1 {
				t.Errorf("%+v %v", count, err)
			}
		}
	})
	t.Run("no batches", func(t *testing.T) {
		client := dial(t, url, digest.WithAuth(user, password))
		var b jsonrpc.Batch
		count := jsonrpc.Queue[any](&b, "get_block_count", nil)
		_, err := client.Send(t.Context(), &b)
		const refusal = `the reply is not valid JSON-RPC 2.0: clause 5: "id" is not the request's: ` +
			`{ "error": { "code": -32700, "message": "Parse error" }, "id": 0, "jsonrpc": "2.0" }`
		wantText(t, err, refusal)
		_, err = count.Get()
		wantText(t, err, refusal)
	})
	t.Run("wrong password", func(t *testing.T) {
		client := dial(t, url, digest.WithAuth(user, "a-wrong-password"))
		wantStatus(t, client.Call(t.Context(), "get_block_count", nil, nil), http.StatusUnauthorized)
	})
}
