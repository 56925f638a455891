package realservers

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

var idle = flag.Duration("idle", 12*time.Second, "for how long to say nothing to ovsdb-server but that we are there, when it asks")

// An ovsdb is a running ovsdb-server. It asks clients that say nothing whether they are there, and closes the connection
// of those who don't answer: on TLS both take five seconds, and here, on a Unix socket, one second.
type ovsdb struct {
	unix, tls string // URLs
	dir       string // of its certificates
}

// startOVSDB runs an ovsdb-server with one database of testdata/cats.ovsschema.
func startOVSDB(t *testing.T) ovsdb {
	t.Helper()
	server := program(t, "ovsdb-server")
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	tool := func(args ...string) {
		t.Helper()
		if output, err := exec.Command(program(t, "ovsdb-tool"), args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
	}
	tool("create", in("db"), filepath.Join("testdata", "cats.ovsschema"))
	// Only a socket that the database itself names can be told to ask.
	tool("transact", in("db"), fmt.Sprintf(`["Cats",
		{"op": "insert", "table": "Remote", "uuid-name": "it", "row": {"target": %q, "inactivity_probe": 1000}},
		{"op": "insert", "table": "Config", "row": {"remotes": ["named-uuid", "it"]}}]`, "punix:"+in("socket")))
	// Each side has a certificate that signs itself, and trusts the other's.
	writeCertificate(t, in("server.pem"), in("server.key"))
	writeCertificate(t, in("client.pem"), in("client.key"))
	port := freePort(t)
	addr := net.JoinHostPort("127.0.0.1", port)
	ready := func(ctx context.Context) error {
		return errors.Join(accepting("unix", in("socket"))(ctx), listening(addr)(ctx))
	}
	start(t, ready, server, in("db"),
		"--remote=db:Cats,Config,remotes",
		"--remote=pssl:"+port+":127.0.0.1",
		"--certificate="+in("server.pem"),
		"--private-key="+in("server.key"),
		"--ca-cert="+in("client.pem"),
		"--unixctl="+in("control"),
		"--no-chdir",
	)
	return ovsdb{unix: "unix://" + in("socket"), tls: "tls://" + addr, dir: dir}
}

var ovsdbOptions = []jsonrpc.DialOption{jsonrpc.WithVersion1(), jsonrpc.WithFraming(transport.Bare)}

// mutual are the options for TLS with certificates on both sides.
func (o ovsdb) mutual() []jsonrpc.DialOption {
	return append([]jsonrpc.DialOption{
		jsonrpc.WithCAFile(filepath.Join(o.dir, "server.pem")),
		jsonrpc.WithClientCert(filepath.Join(o.dir, "client.pem"), filepath.Join(o.dir, "client.key")),
	}, ovsdbOptions...)
}

// ovsdb-server speaks 1.0 and nothing else, with nothing between its messages. Its errors are strings, or objects of its
// own kind, and there is no result with them.
func TestOVSDB(t *testing.T) {
	t.Parallel()
	server := startOVSDB(t)
	t.Run("unix", func(t *testing.T) { talkToOVSDB(t, server.unix, ovsdbOptions...) })
	t.Run("tls", func(t *testing.T) { talkToOVSDB(t, server.tls, server.mutual()...) })

	t.Run("no certificate of the client's", func(t *testing.T) {
		// With TLS 1.3 the server refuses once the handshake is over for the client.
		trust := jsonrpc.WithCAFile(filepath.Join(server.dir, "server.pem"))
		client := dial(t, server.tls, append(slices.Clone(ovsdbOptions), trust, jsonrpc.WithoutReconnect())...)
		eventually(t, "the server has refused", func() bool {
			_, err := jsonrpc.Subscribe(t.Context(), client, jsonrpc.Notifications("update"), nil)
			return err != nil
		})
		err := client.Call(t.Context(), "list_dbs", nil, nil)
		wantText(t, err, "connect: reconnecting is turned off, and the connection has ended: "+
			"remote error: tls: certificate required")
		wantEqual(t, jsonrpc.MaybeSent(err), false)
	})
	t.Run("a server that nobody vouches for", func(t *testing.T) {
		_, err := jsonrpc.Dial(t.Context(), server.tls, ovsdbOptions...)
		wantAs[*tls.CertificateVerificationError](t, err)
		wantEqual(t, jsonrpc.MaybeSent(err), false)
	})
	t.Run("a request of version 2.0, which ends the connection", func(t *testing.T) {
		client := dial(t, server.unix, jsonrpc.WithFraming(transport.Bare), jsonrpc.WithoutReconnect())
		err := client.Call(t.Context(), "list_dbs", jsonrpc.Args{}, nil)
		wantText(t, err, "read: the server closed the connection")
	})
}

func talkToOVSDB(t *testing.T, url string, opts ...jsonrpc.DialOption) {
	t.Helper()
	noneLeft := noGoroutinesLeft(t)
	ctx := t.Context()
	client := dial(t, url, opts...)

	t.Run("list_dbs", func(t *testing.T) {
		dbs, err := jsonrpc.Call[[2]string](ctx, client, "list_dbs", nil)
		wantNone(t, err)
		wantEqual(t, dbs, [2]string{"Cats", "_Server"})
	})
	t.Run("get_schema", func(t *testing.T) {
		type schema struct{ Name, Version string }
		got, err := jsonrpc.Call[schema](ctx, client, "get_schema", jsonrpc.Args{"Cats"})
		wantNone(t, err)
		wantEqual(t, got, schema{"Cats", "1.0.0"})
	})
	t.Run("unknown database", func(t *testing.T) {
		err := client.Call(ctx, "get_schema", jsonrpc.Args{"Dogs"}, nil)
		e := wantAs[*jsonrpc.Error](t, err)
		wantEqual(t, e.Code, 0)
		wantEqual(t, string(e.Data), `{"syntax":"[\"Dogs\"]",`+
			`"details":"get_schema request specifies unknown database Dogs","error":"unknown database"}`)
	})
	t.Run("unknown method", func(t *testing.T) {
		e := wantError(t, client.Call(ctx, "no_such_method", nil, nil), 0, "unknown method")
		wantEqual(t, string(e.Data), `"unknown method"`)
	})
	t.Run("a failure inside the result", func(t *testing.T) {
		got, err := jsonrpc.Call[[1]struct{ Error string }](ctx, client, "transact",
			jsonrpc.Args{"Cats", jsonrpc.Named{"op": "purr"}})
		wantNone(t, err)
		wantEqual(t, got[0].Error, "syntax error")
	})
	t.Run("monitor and transact", func(t *testing.T) {
		sub := subscribe(t, client, jsonrpc.Notifications("update"))
		name := t.Name()
		before, err := jsonrpc.Call[map[string]any](ctx, client, "monitor",
			jsonrpc.Args{"Cats", name, jsonrpc.Named{"Cat": jsonrpc.Named{"columns": jsonrpc.Args{"name", "lives"}}}})
		wantNone(t, err)
		wantEqual(t, len(before), 0)
		row := jsonrpc.Named{"name": "Mittens", "lives": 9}
		one := jsonrpc.Args{jsonrpc.Args{"name", "==", "Mittens"}}
		uuid := insert(t, client, row)
		wantUpdate(t, sub, name, uuid, cat{}, cat{"Mittens", 9})
		_, err = client.Request(ctx, "transact", jsonrpc.Args{"Cats", jsonrpc.Named{
			"op": "mutate", "table": "Cat", "where": one, "mutations": jsonrpc.Args{jsonrpc.Args{"lives", "-=", 1}},
		}})
		wantNone(t, err)
		wantUpdate(t, sub, name, uuid, cat{"", 9}, cat{"Mittens", 8})
		_, err = client.Request(ctx, "transact", jsonrpc.Args{"Cats", jsonrpc.Named{"op": "delete", "table": "Cat", "where": one}})
		wantNone(t, err)
		wantUpdate(t, sub, name, uuid, cat{"Mittens", 8}, cat{})
	})
	wantStats(t, client, jsonrpc.StreamStats{})
	wantNone(t, client.Close())
	noneLeft()
}

// A cat is a row of the table.
type cat struct {
	Name  string
	Lives int
}

// insert adds a row and returns its identifier.
func insert(t *testing.T, client *jsonrpc.Client, row jsonrpc.Named) string {
	t.Helper()
	got, err := jsonrpc.Call[[1]struct{ UUID [2]string }](t.Context(), client, "transact",
		jsonrpc.Args{"Cats", jsonrpc.Named{"op": "insert", "table": "Cat", "row": row}})
	wantNone(t, err)
	return got[0].UUID[1]
}

// wantUpdate waits for what a monitor tells of a row. Its params are an array: the monitor's name, and the updates.
func wantUpdate(t *testing.T, sub *jsonrpc.Subscription, monitor, uuid string, before, after cat) {
	t.Helper()
	var params [2]json.RawMessage
	wantNone(t, nextEvent(t, sub).Decode(&params))
	var name string
	wantNone(t, json.Unmarshal(params[0], &name))
	wantEqual(t, name, monitor)
	var updates struct {
		Cat map[string]struct{ Old, New cat }
	}
	wantNone(t, json.Unmarshal(params[1], &updates))
	wantEqual(t, len(updates.Cat), 1)
	wantEqual(t, updates.Cat[uuid], struct{ Old, New cat }{before, after})
}

// ovsdb-server asks those who say nothing whether they are there.
func TestOVSDBEcho(t *testing.T) {
	t.Parallel()
	server := startOVSDB(t)
	// stay says nothing but that we are there.
	stay := func(t *testing.T, echoes int64, url string, opts ...jsonrpc.DialOption) {
		t.Parallel()
		var mux jsonrpc.Mux
		var answered atomic.Int64
		jsonrpc.Handle(&mux, "echo", func(_ context.Context, params json.RawMessage) (json.RawMessage, error) {
			answered.Add(1)
			return params, nil
		})
		client := dial(t, url, append(slices.Clone(opts), jsonrpc.WithHandler(&mux))...)
		sub := subscribe(t, client, jsonrpc.Notifications("update")) // it would tell if the connection broke
		ctx, cancel := context.WithTimeout(t.Context(), *idle)
		defer cancel()
		for event, err := range sub.Events(ctx) {
			wantEqual(t, err, context.DeadlineExceeded)
			wantEqual(t, event.Gap, nil)
		}
		if n := answered.Load(); n < echoes {
			t.Fatalf("the server asked %d times in %v, want %d times", n, *idle, echoes)
		}
		wantNone(t, client.Call(t.Context(), "list_dbs", nil, nil))
		wantStats(t, client, jsonrpc.StreamStats{})
	}
	t.Run("unix", func(t *testing.T) { stay(t, int64(*idle/(2*time.Second)), server.unix, ovsdbOptions...) })
	t.Run("tls", func(t *testing.T) { stay(t, int64(*idle/(6*time.Second)), server.tls, server.mutual()...) })
	t.Run("unanswered", func(t *testing.T) {
		t.Parallel()
		asked := make(chan struct{}, 10)
		var mux jsonrpc.Mux
		mux.Set("echo", jsonrpc.HandlerFunc(func(ctx context.Context, _ *jsonrpc.ServerMessage) (any, error) {
			asked <- struct{}{}
			<-ctx.Done() // it ends with the connection
			return nil, ctx.Err()
		}))
		client := dial(t, server.unix, append([]jsonrpc.DialOption{jsonrpc.WithHandler(&mux)}, ovsdbOptions...)...)
		sub := subscribe(t, client, jsonrpc.Notifications("update"))
		receive(t, asked)
		ctx, cancel := context.WithTimeout(t.Context(), eventTimeout)
		defer cancel()
		for event, err := range sub.Events(ctx) {
			wantNone(t, err)
			wantEqual(t, event.Gap.Err.Error(), "the server closed the connection")
			break
		}
		wantNone(t, client.Call(t.Context(), "list_dbs", nil, nil)) // on the connection that was made again
		wantEqual(t, client.StreamStats().Connects, 2)
	})
}
