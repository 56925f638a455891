package jsonrpctest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// openers open a stream without a client.
var openers = map[string]func(t *testing.T, url string) transport.Stream{
	"tcp": func(t *testing.T, url string) transport.Stream {
		return closed(t)(transport.DialNet(t.Context(), "tcp", strings.TrimPrefix(url, "tcp://"), nil))
	},
	"ws": func(t *testing.T, url string) transport.Stream {
		return closed(t)(transport.DialWebSocket(t.Context(), url, nil))
	},
}

func closed(t *testing.T) func(transport.Stream, error) transport.Stream {
	return func(s transport.Stream, err error) transport.Stream {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
}

// converse plays the client: it sends the lines with --> and wants to read those
// with <--.
func converse(t *testing.T, stream transport.Stream, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if text, sent := strings.CutPrefix(line, "--> "); sent {
			if err := stream.Write(t.Context(), []byte(text)); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			continue
		}
		got, err := stream.Read(t.Context(), nil)
		if want := strings.TrimPrefix(line, "<-- "); err != nil || string(got) != want {
			t.Fatalf("got  %s, %v\nwant %s", got, err, want)
		}
	}
}

func TestServeStream(t *testing.T) {
	for scheme, open := range openers {
		t.Run(scheme, func(t *testing.T) {
			jsonrpctest.NoLeaks(t)
			srv := newEcho(t)
			srv.Handle("twice", func(ctx context.Context, params json.RawMessage) (any, error) {
				peer := jsonrpctest.PeerOf(ctx)
				if err := peer.Notify("progress", jsonrpc.Args{50}); err != nil {
					return nil, err
				}
				return peer.Call(ctx, "double", params)
			})
			stream := open(t, srv.URL(scheme))
			converse(t, stream,
				`--> {"jsonrpc":"2.0","method":"echo","params":["a"],"id":1}`,
				`<-- {"jsonrpc":"2.0","result":"a","id":1}`,
				`--> what?`,
				`<-- {"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"jsontext: invalid character 'w' at start of value"},"id":null}`,
				`--> [{"jsonrpc":"2.0","method":"echo","params":["b"],"id":2},{"jsonrpc":"2.0","method":"echo","params":["c"]}]`,
				`<-- [{"jsonrpc":"2.0","result":"b","id":2}]`,
				`--> {"jsonrpc":"2.0","method":"twice","params":[21],"id":3}`,
				`<-- {"jsonrpc":"2.0","method":"progress","params":[50]}`,
				`<-- {"jsonrpc":"2.0","method":"double","params":[21],"id":"server-1"}`,
				`--> {"jsonrpc":"2.0","result":42,"id":"server-1"}`,
				`<-- {"jsonrpc":"2.0","result":42,"id":3}`,
				`--> {"jsonrpc":"2.0","method":"twice","params":[22],"id":4}`,
				`<-- {"jsonrpc":"2.0","method":"progress","params":[50]}`,
				`<-- {"jsonrpc":"2.0","method":"double","params":[22],"id":"server-2"}`,
				`--> {"jsonrpc":"2.0","error":{"code":7,"message":"no"},"id":"server-2"}`,
				`<-- {"jsonrpc":"2.0","error":{"code":7,"message":"no"},"id":4}`,
			)
			if err := srv.Notify("tick", nil); err != nil {
				t.Error(err)
			}
			converse(t, stream, `<-- {"jsonrpc":"2.0","method":"tick"}`)
			srv.CloseStreams()
			if got, err := stream.Read(t.Context(), nil); err == nil {
				t.Errorf("got %s after CloseStreams", got)
			}
		})
	}
}

// A language server asks when it is told that the client is ready, and what the client
// sends meanwhile is handled after that.
func TestPeerCallFromANotification(t *testing.T) {
	for scheme, open := range openers {
		t.Run(scheme, func(t *testing.T) {
			jsonrpctest.NoLeaks(t)
			srv := newEcho(t)
			var registered string // one message is handled after the other
			srv.Handle("initialized", func(ctx context.Context, _ json.RawMessage) (any, error) {
				result, err := jsonrpctest.PeerOf(ctx).Call(ctx, "register", nil)
				registered = string(result)
				return nil, err
			})
			srv.Handle("registered", func(context.Context, json.RawMessage) (any, error) { return registered, nil })
			stream := open(t, srv.URL(scheme))
			converse(t, stream,
				`--> {"jsonrpc":"2.0","method":"initialized"}`,
				`<-- {"jsonrpc":"2.0","method":"register","id":"server-1"}`,
				`--> {"jsonrpc":"2.0","result":"done","id":"server-1"}`,
				`--> {"jsonrpc":"2.0","method":"registered","id":1}`,
				`<-- {"jsonrpc":"2.0","result":"\"done\"","id":1}`,
				`--> {"jsonrpc":"2.0","method":"initialized"}`,
				`<-- {"jsonrpc":"2.0","method":"register","id":"server-2"}`,
			)
		})
	}
}

// A question to a client that does not read waits as long as its context.
func TestPeerCallToWhoDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := jsonrpctest.NewServer(nil)
		asked := make(chan error, 1)
		srv.Handle("ask", func(ctx context.Context, _ json.RawMessage) (any, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			_, err := jsonrpctest.PeerOf(ctx).Call(ctx, "what", nil)
			asked <- err
			return nil, err
		})
		ours, theirs := net.Pipe()
		defer theirs.Close()
		served := make(chan error, 1)
		go func() { served <- srv.ServeStream(t.Context(), transport.NewStream(ours, nil)) }()
		if _, err := theirs.Write([]byte(`{"jsonrpc":"2.0","method":"ask","id":1}` + "\n")); err != nil {
			t.Fatal(err)
		}
		if err := <-asked; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		_ = theirs.Close()
		<-served
	})
}

// TestNotificationsOfAStream are handled in order, before what comes after them.
func TestNotificationsOfAStream(t *testing.T) {
	srv := newEcho(t)
	client := dial(t, srv.URL("tcp"))
	for i := range 100 {
		if err := client.Notify(t.Context(), "echo", jsonrpc.Args{i}); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Call(t.Context(), "echo", jsonrpc.Args{"last"}, nil); err != nil {
		t.Fatal(err)
	}
	calls := srv.Calls()
	if len(calls) != 101 {
		t.Fatalf("got %d calls", len(calls))
	}
	for i := range 100 {
		var got [1]int
		if err := calls[i].Decode(&got); err != nil || got[0] != i || !calls[i].Notification() {
			t.Errorf("call %d is %v, %v", i, calls[i], err)
		}
	}
}

func TestListen(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	srv := newEcho(t)
	urls := []string{"http://127.0.0.1:0", "ws://127.0.0.1:0/path", "tcp://127.0.0.1:0"}
	if runtime.GOOS != "windows" {
		dir, err := os.MkdirTemp("", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		urls = append(urls, "unix://"+filepath.Join(dir, "s"))
	}
	for _, url := range urls {
		e, err := srv.Listen(url)
		if err != nil {
			t.Fatal(err)
		}
		client := dial(t, e.URL)
		if got, err := jsonrpc.Call[string](t.Context(), client, "echo", jsonrpc.Args{"x"}); got != "x" || err != nil {
			t.Errorf("%s: %q, %v", e.URL, got, err)
		}
		_ = client.Close()
		if err := e.Close(); err != nil {
			t.Errorf("%s: Close: %v", e.URL, err)
		}
		if _, err := jsonrpc.Call[string](t.Context(), jsonrpc.URL(e.URL), "echo", jsonrpc.Args{"x"}); err == nil {
			t.Errorf("%s: it is served after Close", e.URL)
		}
	}
	for _, url := range []string{"ftp://127.0.0.1:0", "tcp://127.0.0.1:none", "http://[::1", "unix:///no/such/folder/s"} {
		if e, err := srv.Listen(url); err == nil || e != nil {
			t.Errorf("%s: %v, %v", url, e, err)
		}
	}
}

func TestListenFraming(t *testing.T) {
	srv := newEcho(t)
	e, err := srv.ListenFraming("tcp://127.0.0.1:0", transport.Header)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	client := dial(t, e.URL, jsonrpc.WithFraming(transport.Header))
	if got, err := jsonrpc.Call[string](t.Context(), client, "echo", jsonrpc.Args{"x"}); got != "x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestServeStreamEnds tells of the ends that there are.
func TestServeStreamEnds(t *testing.T) {
	ended := errors.New("ended by the test")
	for _, test := range []struct {
		name string
		end  func(cancel context.CancelCauseFunc, theirs io.Closer)
		want error
	}{
		{"the client closes", func(_ context.CancelCauseFunc, theirs io.Closer) { _ = theirs.Close() }, nil},
		{"the context ends", func(cancel context.CancelCauseFunc, _ io.Closer) { cancel(ended) }, ended},
	} {
		t.Run(test.name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			served := make(chan error, 1)
			go func() {
				served <- jsonrpctest.NewServer(nil).ServeStream(ctx, transport.NewStream(ours, nil))
			}()
			test.end(cancel, theirs)
			if err := <-served; !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// TestTooLongForAStream is answered, and the stream goes on.
func TestTooLongForAStream(t *testing.T) {
	srv := newEcho(t)
	srv.MaxBody = 100
	stream := openers["tcp"](t, srv.URL("tcp"))
	converse(t, stream,
		`--> {"jsonrpc":"2.0","method":"echo","params":["`+strings.Repeat("x", 100)+`"],"id":1}`,
		`<-- {"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"the message is larger than 100 bytes"},"id":null}`,
		`--> {"jsonrpc":"2.0","method":"echo","params":["x"],"id":2}`,
		`<-- {"jsonrpc":"2.0","result":"x","id":2}`,
	)
}
