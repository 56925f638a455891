package realservers

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
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

// litecoind (Bitcoin Core's code) answers 1.x to whatever it is asked: no jsonrpc member, result and error both there.
func TestLitecoind(t *testing.T) {
	t.Parallel()
	url := startLitecoind(t)
	ctx := t.Context()
	client := tolerant(t, url, jsonrpc.WithBasicAuth(litecoindUser, litecoindPassword))
	const genesis = "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9"

	t.Run("validation refuses it", func(t *testing.T) {
		err := client.Call(ctx, "getblockcount", nil, nil, jsonrpc.WithValidation(true))
		wantDeviation(t, err, jsonrpc.DeviationNoVersion)
	})
	t.Run("call", func(t *testing.T) {
		var deviations []jsonrpc.Deviation
		note := jsonrpc.WithDeviations(func(d jsonrpc.Deviation) { deviations = append(deviations, d) })
		var count int
		wantNone(t, client.Call(ctx, "getblockcount", nil, &count, note))
		wantEqual(t, count, 0)
		if !slices.Equal(deviations, []jsonrpc.Deviation{jsonrpc.DeviationNoVersion, jsonrpc.DeviationBoth}) {
			t.Fatalf("the deviations are %v", deviations)
		}
	})
	t.Run("params by name", func(t *testing.T) {
		hash, err := jsonrpc.Call[string](ctx, client, "getblockhash", jsonrpc.Named{"height": 0})
		wantNone(t, err)
		wantEqual(t, hash, genesis)
	})
	t.Run("unknown method", func(t *testing.T) {
		err := client.Call(ctx, "no_such_method", nil, nil)
		wantError(t, err, jsonrpc.CodeMethodNotFound, "Method not found")
		wantStatus(t, err, 404)
	})
	t.Run("bad params", func(t *testing.T) {
		err := client.Call(ctx, "getblockhash", jsonrpc.Args{"x"}, nil)
		wantError(t, err, -1, "JSON value is not an integer as expected")
		wantStatus(t, err, 500)
	})
	t.Run("batch", func(t *testing.T) {
		var b jsonrpc.Batch
		count := jsonrpc.Queue[int](&b, "getblockcount", nil)
		none := jsonrpc.Queue[any](&b, "no_such_method", nil)
		hash := jsonrpc.Queue[string](&b, "getblockhash", jsonrpc.Args{0})
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
		wantItem(t, count, 0)
		wantItem(t, hash, genesis)
		_, err = none.Get()
		wantError(t, err, jsonrpc.CodeMethodNotFound, "Method not found")
	})
	t.Run("batch with a notification, which it answers", func(t *testing.T) {
		var b jsonrpc.Batch
		b.Notify("getblockcount", nil)
		hash := jsonrpc.Queue[string](&b, "getblockhash", jsonrpc.Args{0})
		reply, err := client.Send(ctx, &b)
		wantNone(t, err)
		wantItem(t, hash, genesis)
		wantStrays(t, reply, `{"result":0,"error":null,"id":null}`)
	})
	t.Run("notification, which it answers", func(t *testing.T) {
		wantNone(t, client.Notify(ctx, "getblockcount", nil))
	})
	t.Run("notification of an unknown method", func(t *testing.T) {
		err := client.Notify(ctx, "no_such_method", nil)
		wantError(t, err, jsonrpc.CodeMethodNotFound, "Method not found")
		wantStatus(t, err, 404)
	})
	t.Run("wrong password", func(t *testing.T) {
		const guess = "a wrong guess"
		err := client.Call(ctx, "getblockcount", nil, nil, jsonrpc.WithBasicAuth(litecoindUser, guess))
		wantEqual(t, len(wantStatus(t, err, 401).Body), 0)
		wantEqual(t, strings.Contains(err.Error(), guess), false)
	})
	t.Run("money keeps its digits", func(t *testing.T) {
		type block struct {
			Tx []struct{ Vout []struct{ Value json.Number } }
		}
		b, err := jsonrpc.Call[block](ctx, client, "getblock", jsonrpc.Args{genesis, 2})
		wantNone(t, err)
		wantEqual(t, b.Tx[0].Vout[0].Value, "50.00000000")
	})
	t.Run("id 2^64, which it gives back whole", func(t *testing.T) {
		id, err := jsonrpc.ParseID("18446744073709551616")
		wantNone(t, err)
		wantNone(t, client.Call(ctx, "getblockcount", nil, nil, jsonrpc.WithID(id)))
	})
}

func TestLitecoindCommand(t *testing.T) {
	t.Parallel()
	url := startLitecoind(t)
	credentials := litecoindUser + ":" + litecoindPassword
	bends := []string{`clause 5: the member "jsonrpc" is missing`, `clause 5: "result" and "error" are both there`}

	t.Run("call", func(t *testing.T) {
		wantRun(t, run(t, credentials, url, "getblockcount", "--user=@-"), exitDone, []string{"0"}, bends...)
	})
	t.Run("strict", func(t *testing.T) {
		wantRun(t, run(t, credentials, url, "getblockcount", "--user=@-", "--strict"), exitBadReply, nil, bends[0])
	})
	t.Run("unknown method", func(t *testing.T) {
		wantRun(t, run(t, credentials, url, "no_such_method", "--user=@-"), exitServerError, nil,
			append(bends, "Method not found (code -32601)")...)
	})
	t.Run("bad params", func(t *testing.T) {
		wantRun(t, run(t, credentials, url, "getblockhash", "x", "--user=@-"), exitServerError, nil,
			append(bends, "JSON value is not an integer as expected (code -1)")...)
	})
	t.Run("batch", func(t *testing.T) {
		wantRun(t, run(t, "getblockcount\nno_such_method\n", "batch", url, "--user="+credentials), exitBatchFailed,
			[]string{
				`{"jsonrpc":"2.0","result":0,"id":1}`,
				`{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":2}`,
			},
			append(bends, "1 of the batch's 2 requests failed")...)
	})
	t.Run("notification, which it answers", func(t *testing.T) {
		wantRun(t, run(t, credentials, "--notify", url, "getblockcount", "--user=@-"), exitDone, nil, "clause 4.1")
	})
	t.Run("wrong password", func(t *testing.T) {
		const guess = "a wrong guess"
		got := run(t, litecoindUser+":"+guess, url, "getblockcount", "--user=@-")
		wantRun(t, got, exitUnauthorised, nil, "401")
		wantEqual(t, strings.Contains(got.stderr, guess), false)
	})
}
