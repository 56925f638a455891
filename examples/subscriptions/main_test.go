package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"

	"github.com/coder/websocket"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// Example talks to a node that breaks the first connection, and goes on for two blocks without us.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := make(chan struct{})
	var connections atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		if connections.Add(1) == 1 {
			_ = serve(ctx, conn, "0x1", "0x2")
			<-seen
			return
		}
		_ = serve(ctx, conn, "0x5")
		<-ctx.Done()
	}))
	defer server.Close()
	err := run(ctx, writer{
		"block 0x2\n": func() { close(seen) },
		"block 0x5\n": cancel,
	}, "ws"+strings.TrimPrefix(server.URL, "http"))
	if !errors.Is(err, context.Canceled) {
		fmt.Println(err)
	}
	// Output:
	// block 0x1
	// block 0x2
	// a gap after 0x2
	// missed 0x3
	// missed 0x4
	// block 0x5
}

// The connection may break before the first block has come.
func Example_printMissed_nothing() {
	server := httptest.NewServer(jsonrpctest.NewServer(jsonrpctest.Handlers{
		"eth_blockNumber": jsonrpctest.Func(func() string { return "0x4" }),
	}))
	defer server.Close()
	client, err := jsonrpc.Dial(context.Background(), server.URL)
	if err != nil {
		fmt.Println(err)
	}
	defer client.Close()
	last, err := printMissed(context.Background(), os.Stdout, client, head{})
	fmt.Println(last, err)
	// Output: {0x4} <nil>
}

// A writer writes to standard output, and calls a function after some of the lines.
type writer map[string]func()

func (w writer) Write(p []byte) (int, error) {
	if then := w[string(p)]; then != nil {
		defer then()
	}
	return os.Stdout.Write(p)
}

// serve answers until it has told of the blocks, which it does once it has answered about the ones before.
func serve(ctx context.Context, conn *websocket.Conn, blocks ...string) error {
	send := func(format string, args ...any) error {
		return conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, format, args...))
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var m struct {
			ID     json.RawMessage
			Method string
			Params []any
		}
		if err := json.Unmarshal(text, &m); err != nil {
			return err
		}
		switch m.Method {
		case "eth_subscribe":
			err = send(`{"jsonrpc":"2.0","id":%s,"result":"0xcafe"}`, m.ID)
			if blocks[0] == "0x5" {
				continue // the client asks for the ones before
			}
		case "eth_blockNumber":
			err = send(`{"jsonrpc":"2.0","id":%s,"result":"0x4"}`, m.ID)
		case "eth_getBlockByNumber":
			err = send(`{"jsonrpc":"2.0","id":%s,"result":{"number":%q}}`, m.ID, m.Params[0])
			if m.Params[0] != "0x4" {
				continue
			}
		}
		if err != nil {
			return err
		}
		if m.Method == "eth_blockNumber" {
			continue
		}
		for _, number := range blocks {
			if err := send(`{"jsonrpc":"2.0","method":"eth_subscription",`+
				`"params":{"subscription":"0xcafe","result":{"number":%q}}}`, number); err != nil {
				return err
			}
		}
		return nil
	}
}
