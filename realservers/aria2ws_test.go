package realservers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// aria2 over WebSocket tells of its downloads, and answers a ping with a pong and with an error that has no id.
func TestAria2WebSocket(t *testing.T) {
	t.Parallel()
	url := "ws" + strings.TrimPrefix(startAria2(t), "http")
	ctx := t.Context()
	noneLeft := noGoroutinesLeft(t)
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
	})
	t.Run("wrong secret", func(t *testing.T) {
		err := client.Call(ctx, "aria2.getVersion", jsonrpc.Args{"token:guess"}, nil)
		wantError(t, err, 1, "Unauthorized")
	})
	t.Run("batch", func(t *testing.T) {
		var b jsonrpc.Batch
		v := jsonrpc.Queue[version](&b, "aria2.getVersion", jsonrpc.Args{token})
		none := jsonrpc.Queue[any](&b, "no_such_method", jsonrpc.Args{token})
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
		got, err := v.Get()
		wantNone(t, err)
		wantEqual(t, strings.HasPrefix(got.Version, "1."), true)
		_, err = none.Get()
		wantError(t, err, 1, "No such method: no_such_method")
	})
	wantStats(t, client, jsonrpc.StreamStats{})

	type download struct{ GID string }
	t.Run("a download", func(t *testing.T) {
		files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("meow"))
		}))
		defer files.Close()
		sub := subscribe(t, client, jsonrpc.Notifications("aria2.onDownloadStart", "aria2.onDownloadComplete"))
		gid, err := jsonrpc.Call[string](ctx, client, "aria2.addUri", jsonrpc.Args{token, []string{files.URL + "/cat"}})
		wantNone(t, err)
		for _, method := range []string{"aria2.onDownloadStart", "aria2.onDownloadComplete"} {
			event := nextEvent(t, sub)
			var told [1]download
			wantNone(t, event.Decode(&told))
			wantEqual(t, event.Method, method)
			wantEqual(t, told[0].GID, gid)
		}
		type status struct{ Status, CompletedLength string }
		got, err := jsonrpc.Call[status](ctx, client, "aria2.tellStatus", jsonrpc.Args{token, gid})
		wantNone(t, err)
		wantEqual(t, got, status{"complete", "4"})
	})
	t.Run("a download that fails", func(t *testing.T) {
		sub := subscribe(t, client, jsonrpc.Notifications("aria2.onDownloadError"))
		gid, err := jsonrpc.Call[string](ctx, client, "aria2.addUri",
			jsonrpc.Args{token, []string{"http://127.0.0.1:" + freePort(t) + "/none"}})
		wantNone(t, err)
		var told [1]download
		wantNone(t, nextEvent(t, sub).Decode(&told))
		wantEqual(t, told[0].GID, gid)
	})
	t.Run("notification, which it answers", func(t *testing.T) {
		strays := make(chan error, 1)
		client := dial(t, url, jsonrpc.WithStreamErrors(func(err error) { strays <- err }))
		wantNone(t, client.Notify(ctx, "aria2.getVersion", jsonrpc.Args{token}))
		wantNone(t, client.Call(ctx, "aria2.getVersion", jsonrpc.Args{token}, nil))
		wantEqual(t, receive(t, strays).Error(), `jsonrpc: `+url+` sent a response without an id: `+
			`{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request."}}`)
	})
	t.Run("keep-alive", func(t *testing.T) {
		const pings = 3
		strays := make(chan error, 2*pings)
		client := dial(t, url,
			jsonrpc.WithKeepAlive(500*time.Millisecond), // which is also how long the pong may take
			jsonrpc.WithStreamErrors(func(err error) { strays <- err }),
		)
		for range pings {
			wantEqual(t, receive(t, strays).Error(), `jsonrpc: `+url+` sent a response without an id: `+
				`{"id":null,"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request."}}`)
			_, err := jsonrpc.Call[version](ctx, client, "aria2.getVersion", jsonrpc.Args{token})
			wantNone(t, err)
		}
		wantEqual(t, client.StreamStats().Connects, 1)
	})
	t.Run("an id that it cuts", func(t *testing.T) {
		id, err := jsonrpc.ParseID("1.5")
		wantNone(t, err)
		err = client.Call(ctx, "aria2.getVersion", jsonrpc.Args{token}, nil, jsonrpc.WithID(id), jsonrpc.WithTimeout(time.Second))
		wantEqual(t, client.StreamStats().Strays, 1) // nobody waits for 1
		wantText(t, err, "read: context deadline exceeded")
	})
	wantNone(t, client.Close())
	noneLeft()
}

func TestAria2WebSocketWrongPath(t *testing.T) {
	t.Parallel()
	url := "ws" + strings.TrimSuffix(strings.TrimPrefix(startAria2(t), "http"), "jsonrpc")
	_, err := jsonrpc.Dial(t.Context(), url)
	wantStatus(t, err, 404)
	wantEqual(t, jsonrpc.MaybeSent(err), false)
}
