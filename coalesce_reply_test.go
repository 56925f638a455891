package jsonrpc_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
)

// Replies that are within the limit each and over it together: the calls that may be
// carried out twice get theirs by themselves.
func TestCoalescedReplyTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newSlow()
		server.server.HandleFunc("get", func() string { return strings.Repeat("x", 1000) })
		server.server.HandleFunc("put", func() string { return "" })
		client := newClient(t, server, jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Millisecond}),
			jsonrpc.WithMaxReply(2000), jsonrpc.WithIdempotent("get"))
		var calls sync.WaitGroup
		for range 3 {
			calls.Go(func() {
				if got, err := jsonrpc.Call[string](t.Context(), client, "get", nil); err != nil || len(got) != 1000 {
					t.Error(len(got), err)
				}
			})
		}
		calls.Go(func() {
			if err := client.Call(t.Context(), "put", nil, nil); !errors.Is(err, jsonrpc.ErrReplyTooLarge) || !jsonrpc.MaybeSent(err) {
				t.Error(err)
			}
		})
		calls.Wait()
		if got := fmt.Sprint(server.sizes); got != "[4 0 0 0]" {
			t.Errorf("messages of %s requests", got)
		}
		if wrong := doubles(t.Context(), client, 5); wrong != nil {
			t.Error(wrong)
		}
		if got := fmt.Sprint(server.sizes); got != "[4 0 0 0 5]" {
			t.Errorf("batches are not made any more: %s", got)
		}
	})
}
