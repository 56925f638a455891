package jsonrpc_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// pipe connects to a server in the same process, which answers each line with
// lines. A program would call [jsonrpc.Dial] with a URL of ws, wss, tcp, tls,
// unix or exec.
func pipe(answer func(line string) []string) jsonrpc.StreamDialer {
	return func(context.Context) (transport.Stream, error) {
		near, far := net.Pipe()
		go func() {
			defer func() { _ = far.Close() }()
			for lines := bufio.NewScanner(far); lines.Scan(); {
				for _, text := range answer(lines.Text()) {
					if _, err := fmt.Fprintln(far, text); err != nil {
						return
					}
				}
			}
		}()
		return transport.NewStream(near, nil), nil
	}
}

func ExampleNewStreamClient() {
	dial := pipe(func(line string) []string {
		fmt.Println("-->", line)
		return []string{`{"jsonrpc":"2.0","result":"pong","id":1}`}
	})
	client, err := jsonrpc.NewStreamClient(ctx, "pipe:", dial)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	result, err := jsonrpc.Call[string](ctx, client, "ping", nil)
	fmt.Println(result, err)
	// Output:
	// --> {"jsonrpc":"2.0","method":"ping","id":1}
	// pong <nil>
}

// A language server asks its client for settings before it answers.
func ExampleHandle() {
	type item struct {
		Section string `json:"section"`
	}
	type configuration struct {
		Items []item `json:"items"`
	}
	var mux jsonrpc.Mux
	jsonrpc.Handle(&mux, "workspace/configuration", func(ctx context.Context, p configuration) ([]any, error) {
		settings := make([]any, len(p.Items))
		for i, item := range p.Items {
			settings[i] = map[string]any{item.Section: true}
		}
		return settings, nil
	})

	dial := pipe(func(line string) []string {
		fmt.Println("-->", line)
		if strings.Contains(line, `"initialize"`) {
			return []string{`{"jsonrpc":"2.0","method":"workspace/configuration","params":{"items":[{"section":"go"}]},"id":"s1"}`}
		}
		return []string{`{"jsonrpc":"2.0","result":{"capabilities":{}},"id":1}`}
	})
	client, err := jsonrpc.NewStreamClient(ctx, "pipe:", dial, jsonrpc.WithHandler(&mux))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	result, err := client.Request(ctx, "initialize", jsonrpc.Named{"processId": 1})
	fmt.Println(string(result), err)
	// Output:
	// --> {"jsonrpc":"2.0","method":"initialize","params":{"processId":1},"id":1}
	// --> {"jsonrpc":"2.0","result":[{"go":true}],"id":"s1"}
	// {"capabilities":{}} <nil>
}

func ExampleSubscribe() {
	dial := pipe(func(line string) []string {
		if strings.Contains(line, `"eth_unsubscribe"`) {
			return []string{`{"jsonrpc":"2.0","result":true,"id":2}`}
		}
		return []string{
			`{"jsonrpc":"2.0","result":"0xa","id":1}`,
			`{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":{"number":"0x1"}}}`,
			`{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":{"number":"0x2"}}}`,
		}
	})
	client, err := jsonrpc.NewStreamClient(ctx, "pipe:", dial)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	heads, err := jsonrpc.Subscribe(ctx, client, jsonrpc.EthSubscribe("newHeads"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range heads.Events(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if gap := event.Gap; gap != nil {
			fmt.Printf("ask for what happened from %v to %v\n", gap.From, gap.To)
			continue
		}
		var head struct{ Number string }
		if err := event.Decode(&head); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(head.Number)
		if head.Number == "0x2" {
			break
		}
	}
	fmt.Println(heads.Close(ctx))
	// Output:
	// 0x1
	// 0x2
	// <nil>
}

// Events that a server sends without being asked.
func ExampleNotifications() {
	dial := pipe(func(string) []string {
		return []string{
			`{"jsonrpc":"2.0","method":"aria2.onDownloadStart","params":[{"gid":"2089b05ecca3d829"}]}`,
			`{"jsonrpc":"2.0","result":"2089b05ecca3d829","id":1}`,
		}
	})
	client, err := jsonrpc.NewStreamClient(ctx, "pipe:", dial)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	downloads, err := jsonrpc.Subscribe(ctx, client, jsonrpc.Notifications("aria2.onDownloadStart", "aria2.onDownloadComplete"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.Call(ctx, "aria2.addUri", jsonrpc.Args{[]string{"https://example.com/f"}}, nil); err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range downloads.Events(ctx) {
		fmt.Println(event.Method, string(event.Data), err)
		break
	}
	// Output: aria2.onDownloadStart [{"gid":"2089b05ecca3d829"}] <nil>
}

// A call that may last ten minutes, if it is never silent for ten seconds.
func ExampleWithProgress() {
	dial := pipe(func(string) []string {
		return []string{
			`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"total":2}}`,
			`{"jsonrpc":"2.0","result":"done","id":1}`,
		}
	})
	client, err := jsonrpc.NewStreamClient(ctx, "pipe:", dial)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	result, err := jsonrpc.Call[string](ctx, client, "tools/call", jsonrpc.Named{"name": "build"},
		jsonrpc.WithTimeout(10*time.Second),
		jsonrpc.WithProgress(jsonrpc.ProgressMCP, 10*time.Minute, func(m *jsonrpc.ServerMessage) {
			var p struct{ Progress, Total float64 }
			if m.Decode(&p) == nil {
				fmt.Println(p.Progress, "of", p.Total)
			}
		}))
	fmt.Println(result, err)
	// Output:
	// 1 of 2
	// done <nil>
}
