package jsonrpc_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A server that stops in the middle of a reply loses its connection: the calls that
// wait there end, without a deadline, and the next call has another connection.
func TestServerThatStopsInAReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := []string{`{"jsonrpc":"2.0","resu`, `{"jsonrpc":"2.0","result":"meow","id":3}` + "\n"}
		client, err := jsonrpc.NewStreamClient(t.Context(), "pets", func(context.Context) (transport.Stream, error) {
			ours, theirs := net.Pipe()
			reply := replies[0]
			replies = replies[1:]
			go func() {
				requests := bufio.NewReader(theirs)
				_, _ = requests.ReadString('\n')
				_, _ = io.WriteString(theirs, reply)
				_, _ = io.Copy(io.Discard, requests)
			}()
			return transport.NewStream(ours, &transport.StreamOptions{MaxPause: 45 * time.Second}), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		began := time.Now()
		var waiting []*pending[time.Duration]
		for _, method := range []string{"cat", "dog"} {
			waiting = append(waiting, start(t, func() (time.Duration, error) {
				err := client.Call(t.Context(), method, nil, nil)
				return time.Since(began), err
			}))
		}
		time.Sleep(time.Minute)
		for _, call := range waiting {
			took, err := call.get()
			if o := jsonrpc.Classify(err); took != 45*time.Second || o.Class != jsonrpc.ClassBroken || !o.Sent {
				t.Errorf("after %v: %v is %+v, want a broken connection, and that it was sent", took, err, o)
			}
		}
		if sound, err := jsonrpc.Call[string](t.Context(), client, "cat", nil); sound != "meow" || err != nil {
			t.Errorf("got %q, %v", sound, err)
		}
	})
}
