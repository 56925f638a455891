package gethrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/jsonrpc"
	rpc "example.com/jsonrpc/compat/gethrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// newNode returns a server with some methods of a node.
func newNode(t *testing.T) *jsonrpctest.Server {
	t.Helper()
	srv := jsonrpctest.New(t)
	srv.HandleFunc("eth_chainId", func() string { return "0x1" })
	srv.HandleFunc("eth_getBalance", func(address, block string) string { return address + "@" + block })
	srv.HandleFunc("eth_call", func() error {
		return &jsonrpc.Error{Code: 3, Message: "execution reverted", Data: json.RawMessage(`"0x08c3"`)}
	})
	srv.HandleFunc("rpc_modules", func() map[string]string { return map[string]string{"eth": "1.0"} })
	srv.HandleFunc("eth_subscribe", func(kind string) string { return "0xcafe" })
	srv.HandleFunc("eth_unsubscribe", func(id string) bool { return id == "0xcafe" })
	return srv
}

func dial(t *testing.T, url string) *rpc.Client {
	t.Helper()
	client, err := rpc.DialContext(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestClient(t *testing.T) {
	srv := newNode(t)
	urls := map[string]string{"http": srv.URL("http"), "ws": srv.URL("ws")}
	if runtime.GOOS != "windows" {
		dir, err := os.MkdirTemp("", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		urls["ipc"] = filepath.Join(dir, "geth.ipc")
		e, err := srv.ListenFraming("unix://"+urls["ipc"], transport.Bare)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
	}
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			client := dial(t, url)
			var chain, balance string
			if err := client.CallContext(t.Context(), &chain, "eth_chainId"); chain != "0x1" || err != nil {
				t.Errorf("%s, %v", chain, err)
			}
			if err := client.Call(&balance, "eth_getBalance", "0xabc", "latest"); balance != "0xabc@latest" || err != nil {
				t.Errorf("%s, %v", balance, err)
			}
			if err := client.Call(nil, "eth_chainId"); err != nil {
				t.Error(err)
			}
			if err := client.Call(chain, "eth_chainId"); err == nil {
				t.Error("a result that is no pointer was taken")
			}
			err := client.Call(nil, "eth_call")
			said, data := rpc.Error(nil), rpc.DataError(nil)
			if !errors.As(err, &said) || said.ErrorCode() != 3 || said.Error() != "execution reverted" ||
				!errors.As(err, &data) || data.ErrorData() != "0x08c3" || jsonrpc.CodeOf(err) != 3 {
				t.Errorf("got %#v", err)
			}
			if modules, err := client.SupportedModules(); modules["eth"] != "1.0" || err != nil {
				t.Errorf("%v, %v", modules, err)
			}
			if err := client.Notify(t.Context(), "eth_chainId"); err != nil {
				t.Error(err)
			}
			if got := client.SupportsSubscriptions(); got != (name != "http") {
				t.Errorf("SupportsSubscriptions is %v", got)
			}
			var one, two string
			b := []rpc.BatchElem{
				{Method: "eth_chainId", Result: &one}, {Method: "eth_call"}, {Method: "eth_chainId"},
				{Method: "eth_getBalance", Args: []any{"a", "b"}, Result: &two}, {Method: "eth_chainId", Result: new(int)},
			}
			if err := client.BatchCall(b); err != nil {
				t.Fatal(err)
			}
			var misfit *json.UnmarshalTypeError
			if one != "0x1" || two != "a@b" || b[0].Error != nil || !errors.As(b[1].Error, &said) || b[2].Error != nil || !errors.As(b[4].Error, &misfit) {
				t.Errorf("%q, %q, %v", one, two, b)
			}
			if err := client.BatchCall(nil); !errors.As(err, &said) || said.ErrorCode() != -32600 {
				t.Errorf("an empty batch: %v", err)
			}
		})
	}
}

// TestWire: what is sent is what go-ethereum sends.
func TestWire(t *testing.T) {
	url := jsonrpctest.Script(t, `
		--> {"jsonrpc":"2.0","method":"a","params":[],"id":1}
		<-- {"jsonrpc":"2.0","id":1,"result":null}
		--> HTTP X-Key: k
		--> {"jsonrpc":"2.0","method":"b","params":[1,"x"],"id":2}
		<-- HTTP 429 Retry-After: 1
		<-- slow down
		--> [{"jsonrpc":"2.0","method":"c","params":[],"id":3},{"jsonrpc":"2.0","method":"d","params":[],"id":4}]
		<-- [{"jsonrpc":"2.0","id":4,"result":4}]
		--> [{"jsonrpc":"2.0","method":"e","params":[],"id":5}]
		<-- HTTP 503
	`)
	client := dial(t, url)
	if err := client.Call(nil, "a"); err != nil {
		t.Error(err)
	}
	client.SetHeader("X-Key", "k")
	err := client.Call(nil, "b", 1, "x")
	page := rpc.HTTPError{}
	if !errors.As(err, &page) || page.StatusCode != http.StatusTooManyRequests || string(page.Body) != "slow down" {
		t.Errorf("got %#v", err)
	}
	n := 0
	b := []rpc.BatchElem{{Method: "c"}, {Method: "d", Result: &n}}
	if err := client.BatchCallContext(t.Context(), b); err != nil || n != 4 || !errors.Is(b[0].Error, rpc.ErrMissingBatchResponse) {
		t.Errorf("%v, %v", err, b)
	}
	if err := client.BatchCall([]rpc.BatchElem{{Method: "e"}}); !errors.As(err, &page) || page.StatusCode != 503 {
		t.Errorf("got %v", err)
	}
}

// event is what a node sends to a subscriber.
func event(t *testing.T, srv *jsonrpctest.Server, result any) {
	t.Helper()
	if err := srv.Notify("eth_subscription", jsonrpc.Named{"subscription": "0xcafe", "result": result}); err != nil {
		t.Fatal(err)
	}
}

type head struct{ Number string }

func TestSubscribe(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	srv := newNode(t)
	client := dial(t, srv.URL("ws"))
	heads := make(chan head)
	sub, err := client.EthSubscribe(t.Context(), heads, "newHeads")
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"0x1", "0x2"} {
		event(t, srv, head{number})
		if got := <-heads; got.Number != number {
			t.Errorf("got %v", got)
		}
	}
	event(t, srv, head{"0x3"}) // which nobody takes
	sub.Unsubscribe()
	sub.Unsubscribe()
	if err, open := <-sub.Err(); open {
		t.Errorf("got %v", err)
	}
	if calls, err := srv.WaitCalls(t.Context(), "eth_unsubscribe", 1); string(calls[0].Params) != `["0xcafe"]` || err != nil {
		t.Errorf("%v, %v", calls, err)
	}
}

func TestSubscriptionEnds(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(t *testing.T, srv *jsonrpctest.Server, client *rpc.Client)
		want string
	}{
		{"the connection", func(_ *testing.T, srv *jsonrpctest.Server, _ *rpc.Client) { srv.CloseStreams() }, "gethrpc: the connection was lost"},
		{"the client", func(_ *testing.T, _ *jsonrpctest.Server, client *rpc.Client) { client.Close() }, "<nil>"},
		{"an event that does not fit", func(t *testing.T, srv *jsonrpctest.Server, _ *rpc.Client) { event(t, srv, 7) }, "gethrpc: an event does not fit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			jsonrpctest.NoLeaks(t)
			srv := newNode(t)
			client := dial(t, srv.URL("ws"))
			sub, err := client.Subscribe(t.Context(), "eth", make(chan head), "newHeads")
			if err != nil {
				t.Fatal(err)
			}
			defer sub.Unsubscribe()
			test.end(t, srv, client)
			err = <-sub.Err()
			if got := "<nil>"; err == nil && test.want != got || err != nil && !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestSubscribeRefuses(t *testing.T) {
	srv := newNode(t)
	if _, err := dial(t, srv.URL("http")).EthSubscribe(t.Context(), make(chan head)); !errors.Is(err, rpc.ErrNotificationsUnsupported) {
		t.Errorf("got %v", err)
	}
	client := dial(t, srv.URL("ws"))
	for _, channel := range []any{nil, 7, make(<-chan head), (chan head)(nil)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T was taken", channel)
				}
			}()
			_, _ = client.EthSubscribe(t.Context(), channel, "newHeads")
		}()
	}
	var said rpc.Error
	if _, err := client.Subscribe(t.Context(), "nosuch", make(chan head)); !errors.As(err, &said) || said.ErrorCode() != -32601 {
		t.Errorf("got %v", err)
	}
}

func TestDialRefuses(t *testing.T) {
	for _, url := range []string{"ftp://x", "http://[::1", "/no/such/geth.ipc"} {
		if client, err := rpc.Dial(url); err == nil {
			client.Close()
			t.Errorf("%s was dialled", url)
		}
	}
	client := dial(t, newNode(t).URL("ws"))
	client.Close()
	if err := client.CallContext(context.Background(), nil, "eth_chainId"); !errors.Is(err, rpc.ErrClientQuit) {
		t.Errorf("got %v", err)
	}
	if client.JSONRPC() == nil {
		t.Error("there is nothing beneath")
	}
}
