package realservers

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

const aria2Secret = "a secret of aria2"

// startAria2 returns the URL of an aria2 that asks for [aria2Secret] as its first parameter.
func startAria2(t *testing.T) string {
	t.Helper()
	url, _ := startMortalAria2(t)
	return url
}

// startMortalAria2 is startAria2 with what kills it.
func startMortalAria2(t *testing.T) (url string, kill func()) {
	t.Helper()
	port := freePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	process, _ := startProcess(t, listening(addr), program(t, "aria2c"),
		"--no-conf",
		"--enable-rpc",
		"--rpc-listen-port="+port,
		"--rpc-secret="+aria2Secret,
		"--disable-ipv6",
		"--enable-dht=false",
		"--enable-color=false",
		"--dir="+t.TempDir(),
		"--stop-with-process="+strconv.Itoa(os.Getpid()), // also when the test can't clean up
	)
	return "http://" + addr + "/jsonrpc", func() { _ = process.Kill() }
}

// aria2 speaks 2.0, with error objects under HTTP 400 and 500, and answers notifications.
func TestAria2(t *testing.T) {
	t.Parallel()
	url := startAria2(t)
	ctx := t.Context()
	client := dial(t, url)
	token := "token:" + aria2Secret
	type version struct{ Version string }

	t.Run("call", func(t *testing.T) {
		v, err := jsonrpc.Call[version](ctx, client, "aria2.getVersion", jsonrpc.Args{token})
		wantNone(t, err)
		wantEqual(t, strings.HasPrefix(v.Version, "1."), true)
	})
	t.Run("unknown method", func(t *testing.T) {
		err := client.Call(ctx, "no_such_method", jsonrpc.Args{token}, nil)
		wantError(t, err, 1, "No such method: no_such_method")
		wantStatus(t, err, 400)
	})
	t.Run("bad params", func(t *testing.T) {
		err := client.Call(ctx, "aria2.tellStatus", jsonrpc.Args{token, "zz"}, nil)
		wantError(t, err, 1, "Invalid GID zz")
		wantStatus(t, err, 400)
	})
	t.Run("params by name", func(t *testing.T) {
		err := client.Call(ctx, "aria2.getVersion", jsonrpc.Named{"secret": token}, nil)
		wantError(t, err, jsonrpc.CodeInvalidParams, "Invalid params.")
		wantStatus(t, err, 500)
	})
	t.Run("batch", func(t *testing.T) {
		var b jsonrpc.Batch
		v := jsonrpc.Queue[version](&b, "aria2.getVersion", jsonrpc.Args{token})
		none := jsonrpc.Queue[any](&b, "no_such_method", jsonrpc.Args{token})
		methods := jsonrpc.Queue[[]string](&b, "system.listMethods", nil)
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
		got, err := v.Get()
		wantNone(t, err)
		wantEqual(t, strings.HasPrefix(got.Version, "1."), true)
		_, err = none.Get()
		wantError(t, err, 1, "No such method: no_such_method")
		list, err := methods.Get()
		wantNone(t, err)
		wantEqual(t, len(list) > 30, true)
	})
	t.Run("batch with a notification, which it answers", func(t *testing.T) {
		var b jsonrpc.Batch
		v := jsonrpc.Queue[version](&b, "aria2.getVersion", jsonrpc.Args{token})
		b.Notify("aria2.getVersion", jsonrpc.Args{token})
		none := jsonrpc.Queue[any](&b, "no_such_method", jsonrpc.Args{token})

		reply, err := client.Send(ctx, &b)
		wantDeviation(t, err, jsonrpc.DeviationUnknown)
		wantStrays(t, reply, `{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request."}}`)
		_, err = v.Get()
		wantNone(t, err)
		_, err = none.Get()
		wantError(t, err, 1, "No such method: no_such_method")

		reply, err = client.Send(ctx, &b, jsonrpc.WithValidation(false))
		wantNone(t, err)
		wantEqual(t, len(reply.Strays), 1)
		_, err = v.Get()
		wantNone(t, err)
		_, err = none.Get()
		wantError(t, err, 1, "No such method: no_such_method")
	})
	t.Run("notification, which it answers", func(t *testing.T) {
		err := client.Notify(ctx, "aria2.getVersion", jsonrpc.Args{token})
		wantError(t, err, jsonrpc.CodeInvalidRequest, "Invalid Request.")
		wantStatus(t, err, 400)
	})
	t.Run("wrong secret", func(t *testing.T) {
		err := client.Call(ctx, "aria2.getVersion", jsonrpc.Args{"token:guess"}, nil)
		wantError(t, err, 1, "Unauthorized")
		wantStatus(t, err, 400)
	})
	t.Run("wrong path", func(t *testing.T) {
		err := dial(t, strings.TrimSuffix(url, "jsonrpc")).Call(ctx, "aria2.getVersion", jsonrpc.Args{token}, nil)
		wantStatus(t, err, 404)
	})
	t.Run("id 1.5, which it cuts to 1", func(t *testing.T) {
		id, err := jsonrpc.ParseID("1.5")
		wantNone(t, err)
		err = client.Call(ctx, "aria2.getVersion", jsonrpc.Args{token}, nil,
			jsonrpc.WithID(id), jsonrpc.WithValidation(false))
		wantDeviation(t, err, jsonrpc.DeviationID)
	})
}

func TestAria2Command(t *testing.T) {
	t.Parallel()
	url := startAria2(t)
	token := "token:" + aria2Secret
	params := fmt.Sprintf("[%q]", token) // on stdin, where nobody sees it
	version := run(t, params, url, "aria2.getVersion", "--params=@-").stdout

	t.Run("call", func(t *testing.T) {
		var v struct{ Version string }
		wantNone(t, json.Unmarshal([]byte(version), &v))
		wantEqual(t, strings.HasPrefix(v.Version, "1."), true)
		wantRun(t, run(t, params, url, "aria2.getVersion", "--params=@-"), exitDone, lines(version))
	})
	t.Run("params as words", func(t *testing.T) {
		wantRun(t, run(t, "", url, "aria2.getVersion", token), exitDone, lines(version))
	})
	t.Run("unknown method", func(t *testing.T) {
		wantRun(t, run(t, params, url, "no_such_method", "--params=@-"), exitServerError, nil,
			"No such method: no_such_method (code 1)")
	})
	t.Run("bad params", func(t *testing.T) {
		wantRun(t, run(t, "", url, "aria2.tellStatus", token, "zz"), exitServerError, nil, "Invalid GID zz (code 1)")
	})
	t.Run("batch", func(t *testing.T) {
		requests := fmt.Sprintf("aria2.getGlobalStat %q\nsystem.listNotifications\n", token)
		got := run(t, requests, "batch", url)
		wantEqual(t, len(lines(got.stdout)), 2)
		wantRun(t, got, exitDone, lines(got.stdout))
	})
	t.Run("batch of which a part fails", func(t *testing.T) {
		requests := fmt.Sprintf("no_such_method %q\naria2.getVersion %[1]q\n", token)
		wantRun(t, run(t, requests, "batch", url), exitBatchFailed,
			[]string{
				`{"jsonrpc":"2.0","error":{"code":1,"message":"No such method: no_such_method"},"id":1}`,
				`{"jsonrpc":"2.0","result":` + strings.TrimSpace(version) + `,"id":2}`,
			},
			"1 of the batch's 2 requests failed")
	})
	t.Run("batch with a notification, which it answers", func(t *testing.T) {
		requests := fmt.Sprintf("{\"jsonrpc\":\"2.0\",\"method\":\"system.listMethods\"}\naria2.getVersion %q\n", token)
		wantRun(t, run(t, requests, "batch", url), exitDone,
			[]string{`{"jsonrpc":"2.0","result":` + strings.TrimSpace(version) + `,"id":1}`},
			"warning: the reply bends the rules, clause 6")
		got := run(t, requests, "batch", "--strict", url)
		wantRun(t, got, exitBadReply, lines(got.stdout), "not valid JSON-RPC 2.0: clause 6")
	})
	t.Run("notification, which it answers", func(t *testing.T) {
		wantRun(t, run(t, "", "--notify", url, "system.listMethods"), exitServerError, nil,
			"warning: the reply bends the rules, clause 4.1", "Invalid Request. (code -32600)")
	})
	t.Run("wrong secret", func(t *testing.T) {
		got := run(t, "", url, "aria2.getVersion", "token:guess", "--secret=guess")
		wantRun(t, got, exitServerError, nil, "Unauthorized (code 1)")
		wantEqual(t, strings.Contains(got.stderr, "guess"), false)
	})
}
