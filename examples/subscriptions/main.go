// Subscriptions over a WebSocket: new blocks of an Ethereum node as events, and what to do about those that were missed
// while the connection was broken.
//
// In a clone of the repository, with the URL of a node:
//
//	go run ./examples/subscriptions wss://NODE
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"time"

	"example.com/jsonrpc"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: subscriptions URL")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Args[1])
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

// A head is the part of a block's header that we look at. Numbers are in hexadecimal.
type head struct{ Number string }

func run(ctx context.Context, w io.Writer, url string) error {
	client, err := jsonrpc.Dial(ctx, url,
		jsonrpc.WithKeepAlive(15*time.Second),  // a silent server is asked whether it is there
		jsonrpc.WithMaxBackoff(10*time.Second), // between attempts to connect again
		jsonrpc.WithTimeout(10*time.Second),    // for calls; the subscription goes on
	)
	if err != nil {
		return err
	}
	defer client.Close()
	heads, err := jsonrpc.Subscribe(ctx, client, jsonrpc.EthSubscribe("newHeads"), &jsonrpc.SubscribeOptions{
		Queue:  100,
		Policy: jsonrpc.DropOldest, // if we are too slow: with a gap in the place of what is dropped
	})
	if err != nil {
		return err
	}
	last := head{}
	for event, err := range heads.Events(ctx) {
		if err != nil {
			return err
		}
		if event.Gap != nil {
			// The connection is there again, and so is the subscription. What was missed is asked for.
			fmt.Fprintln(w, "a gap after", last.Number)
			if last, err = printMissed(ctx, w, client, last); err != nil {
				return err
			}
			continue
		}
		if err := event.Decode(&last); err != nil {
			return err
		}
		fmt.Fprintln(w, "block", last.Number)
	}
	return nil
}

// printMissed prints the blocks after last, and returns the newest.
func printMissed(ctx context.Context, w io.Writer, client *jsonrpc.Client, last head) (head, error) {
	newest, err := jsonrpc.Call[string](ctx, client, "eth_blockNumber", nil)
	if err != nil {
		return last, err
	}
	if last.Number == "" { // none has come yet
		return head{newest}, nil
	}
	var from, to int
	if _, err := fmt.Sscanf(last.Number+" "+newest, "0x%x 0x%x", &from, &to); err != nil {
		return last, err
	}
	for n := from + 1; n <= to; n++ {
		last, err = jsonrpc.Call[head](ctx, client, "eth_getBlockByNumber", jsonrpc.Args{fmt.Sprintf("0x%x", n), false})
		if err != nil {
			return last, err
		}
		fmt.Fprintln(w, "missed", last.Number)
	}
	return last, nil
}
