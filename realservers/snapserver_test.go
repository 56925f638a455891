package realservers

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// startSnapserver returns the URL of a snapserver that plays nothing to nobody.
func startSnapserver(t *testing.T) string {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(addr), program(t, "snapserver"),
		"--config=/dev/null",
		"--server.datadir="+dir,
		"--http.bind_to_address=127.0.0.1",
		"--http.port="+port,
		"--tcp.enabled=false",
		"--stream.bind_to_address=127.0.0.1",
		"--stream.port=0", // one it chooses itself: nobody listens to its music
		"--stream.source=pipe://"+filepath.Join(dir, "fifo")+"?name=default",
		"--logging.sink=stderr",
	)
	return "http://" + addr + "/jsonrpc"
}

type snapVersion struct{ Major, Minor, Patch int }

// snapserver speaks 2.0, all under HTTP 200. It has no credentials.
//
// To each POST that is due a reply, 0.26 sends two HTTP responses: the reply and an empty one, which on a connection that
// is kept would be taken for the response to the next POST. So each call must have a connection of its own.
func TestSnapserver(t *testing.T) {
	t.Parallel()
	url := startSnapserver(t)
	ctx := t.Context()
	client := dial(t, url, jsonrpc.WithHeader("Connection", "close"))

	t.Run("call", func(t *testing.T) {
		v, err := jsonrpc.Call[snapVersion](ctx, client, "Server.GetRPCVersion", nil)
		wantNone(t, err)
		wantEqual(t, v, snapVersion{Major: 2})
	})
	t.Run("unknown method", func(t *testing.T) {
		err := client.Call(ctx, "no_such_method", nil, nil)
		wantError(t, err, jsonrpc.CodeMethodNotFound, "Method not found")
	})
	t.Run("bad params", func(t *testing.T) {
		err := client.Call(ctx, "Client.GetStatus", jsonrpc.Named{"id": 5}, nil)
		e := wantError(t, err, jsonrpc.CodeInternalError, "Internal error")
		data, err := jsonrpc.DataAs[string](e)
		wantNone(t, err)
		wantEqual(t, strings.HasSuffix(data, "type must be string, but is number"), true)
	})
	t.Run("unknown client", func(t *testing.T) {
		err := client.Call(ctx, "Client.GetStatus", jsonrpc.Named{"id": "none"}, nil)
		e := wantError(t, err, jsonrpc.CodeInternalError, "Internal error")
		wantEqual(t, string(e.Data), `"Client not found"`)
	})
	t.Run("batch with a notification", func(t *testing.T) {
		var b jsonrpc.Batch
		b.Notify("Server.GetRPCVersion", nil)
		v := jsonrpc.Queue[snapVersion](&b, "Server.GetRPCVersion", nil)
		none := jsonrpc.Queue[any](&b, "no_such_method", nil)
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
		wantItem(t, v, snapVersion{Major: 2})
		_, err = none.Get()
		wantError(t, err, jsonrpc.CodeMethodNotFound, "Method not found")
	})
	t.Run("batch of notifications", func(t *testing.T) {
		var b jsonrpc.Batch
		b.Notify("Server.GetRPCVersion", nil)
		b.Notify("no_such_method", nil)
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
	})
	t.Run("notification", func(t *testing.T) {
		wantNone(t, client.Notify(ctx, "Server.GetRPCVersion", nil))
	})
	t.Run("wrong path", func(t *testing.T) {
		err := dial(t, url+"/nowhere").Call(ctx, "Server.GetRPCVersion", nil, nil)
		wantEqual(t, string(wantStatus(t, err, 400).Body), "Illegal request-target")
	})
	t.Run("id 2^53+1, which it cuts to 1", func(t *testing.T) {
		err := client.Call(ctx, "Server.GetRPCVersion", nil, nil,
			jsonrpc.WithID(jsonrpc.IntID(1<<53+1)), jsonrpc.WithValidation(false))
		wantDeviation(t, err, jsonrpc.DeviationID)
	})
}

// On kept connections the responses of snapserver slip by one, and on a busy machine it leaves a request unanswered now and
// then. Calls may fail then, but none may end with what was meant for another.
func TestSnapserverKeptConnections(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	client := dial(t, startSnapserver(t), jsonrpc.WithValidation(false), jsonrpc.WithTimeout(5*time.Second))
	for range 10 {
		v, err := jsonrpc.Call[snapVersion](ctx, client, "Server.GetRPCVersion", nil)
		if serverError := (*jsonrpc.Error)(nil); errors.As(err, &serverError) {
			t.Fatalf("a call that the server does not refuse ended in %v", err)
		}
		if err == nil {
			wantEqual(t, v, snapVersion{Major: 2})
		}
		if err := client.Call(ctx, "no_such_method", nil, nil); err == nil {
			t.Fatal("a call that the server refuses ended in a result")
		}
	}
}

func TestSnapserverCommand(t *testing.T) {
	t.Parallel()
	url := startSnapserver(t)
	t.Run("call", func(t *testing.T) {
		wantRun(t, run(t, "", url, "Server.GetRPCVersion"), exitDone, []string{`{"major":2,"minor":0,"patch":0}`})
	})
	t.Run("unknown method", func(t *testing.T) {
		wantRun(t, run(t, "", url, "no_such_method"), exitServerError, nil, "Method not found (code -32601)")
	})
	t.Run("bad params", func(t *testing.T) {
		wantRun(t, run(t, "", url, "Client.GetStatus", "id:=5"), exitServerError, nil, "Internal error (code -32603)")
	})
	t.Run("batch", func(t *testing.T) {
		wantRun(t, run(t, "Server.GetRPCVersion\nno_such_method\n", "batch", url), exitBatchFailed,
			[]string{
				`{"jsonrpc":"2.0","result":{"major":2,"minor":0,"patch":0},"id":1}`,
				`{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":2}`,
			},
			"1 of the batch's 2 requests failed")
	})
	t.Run("notification", func(t *testing.T) {
		wantRun(t, run(t, "", "--notify", url, "Server.GetRPCVersion"), exitDone, nil)
	})
}
