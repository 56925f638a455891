package realservers

import (
	"crypto/tls"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// jayson keeps to 2.0 on sockets too, but that an error in the request loses its id.
func TestJaysonStreams(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, cert, key)
	trust := jsonrpc.WithCAFile(cert)

	t.Run("tcp", func(t *testing.T) {
		t.Parallel()
		talkToJayson(t, "tcp://"+startJaysonOn(t, "tcp"))
	})
	t.Run("websocket", func(t *testing.T) {
		t.Parallel()
		talkToJayson(t, "ws://"+startJaysonOn(t, "websocket"))
	})
	t.Run("tls", func(t *testing.T) {
		t.Parallel()
		url := "tls://" + startJaysonOn(t, "tls", cert, key)
		talkToJayson(t, url, trust)
		_, err := jsonrpc.Dial(t.Context(), url)
		wantAs[*tls.CertificateVerificationError](t, err)
		wantEqual(t, jsonrpc.MaybeSent(err), false)
	})
}

func talkToJayson(t *testing.T, url string, opts ...jsonrpc.DialOption) {
	t.Helper()
	ctx := t.Context()
	noneLeft := noGoroutinesLeft(t)
	client := dial(t, url, opts...)

	askJayson(t, client)
	t.Run("many calls at once", func(t *testing.T) {
		var calls sync.WaitGroup
		for n := range 100 {
			calls.Go(func() {
				sum, err := jsonrpc.Call[int](ctx, client, "add", jsonrpc.Args{n, n})
				if err != nil || sum != 2*n {
					t.Errorf("add(%d, %d) = %d, %v", n, n, sum, err)
				}
			})
		}
		calls.Wait()
	})
	t.Run("a request that it refuses, without its id", func(t *testing.T) {
		_, err := client.Send(ctx, jsonrpc.Raw(`{"jsonrpc":"2.0","method":"add","id":{"a":1}}`))
		wantAs[*jsonrpc.MessageError](t, err) // so do we
		_, err = client.Send(ctx, jsonrpc.Raw(`{"method":"add","id":1000}`))
		wantError(t, err, jsonrpc.CodeInvalidRequest, "Invalid request")
	})
	t.Run("notification", func(t *testing.T) {
		wantNone(t, client.Notify(ctx, "add", jsonrpc.Args{1, 2}))
		wantNone(t, client.Notify(ctx, "no_such_method", nil))
	})
	t.Run("batch of notifications", func(t *testing.T) {
		var b jsonrpc.Batch
		b.Notify("add", jsonrpc.Args{1, 2})
		b.Notify("no_such_method", nil)
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
	})
	wantStats(t, client, jsonrpc.StreamStats{})
	t.Run("id 2^53+1, which it rounds", func(t *testing.T) {
		err := client.Call(ctx, "add", jsonrpc.Args{1}, nil,
			jsonrpc.WithID(jsonrpc.IntID(1<<53+1)), jsonrpc.WithTimeout(time.Second))
		wantText(t, err, "read: context deadline exceeded")
		wantStats(t, client, jsonrpc.StreamStats{Strays: 1}) // nobody waits for 2^53
	})
	wantNone(t, client.Close())
	noneLeft()
}
