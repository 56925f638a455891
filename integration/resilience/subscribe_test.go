package resilience_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
	"example.com/jsonrpc/transport"
)

// A node answers each request on a stream after a second, with the number that it has
// among all.
type node struct {
	replies chan string
	ended   chan struct{}
	closing sync.Once

	mu    sync.Mutex // for what follows
	asked int
}

func newNode() *node { return &node{replies: make(chan string, 100), ended: make(chan struct{})} }

func (n *node) Read(ctx context.Context, buf []byte) ([]byte, error) {
	select {
	case text := <-n.replies:
		return append(buf, text...), nil
	case <-n.ended:
		return buf, fmt.Errorf("the connection has ended")
	case <-ctx.Done():
		return buf, context.Cause(ctx)
	}
}

func (n *node) Write(_ context.Context, msg []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	reply := fmt.Sprintf(`{"jsonrpc":"2.0","result":"0x%d","id":%s}`, n.asked, idOf(string(msg)))
	time.AfterFunc(time.Second, func() { n.replies <- reply })
	return nil
}

func (n *node) Close() error {
	n.closing.Do(func() { close(n.ended) })
	return nil
}

// Subscriptions have each their own at the server, even if their method is idempotent
// and they ask the same at the same time: otherwise the end of one would be that of
// the other. A slow one is not asked for twice, since nobody would take back the second.
func TestSubscriptionsAreNotShared(t *testing.T) {
	bubble(t, "two at a time", func(t *testing.T) {
		n := newNode()
		client, err := jsonrpc.NewStreamClient(t.Context(), "test:", func(context.Context) (transport.Stream, error) { return n, nil },
			jsonrpc.WithIdempotent("eth_*"), resilience.New(resilience.Dedupe{}, resilience.Hedge{Delay: time.Second / 2}))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		var subs [2]*jsonrpc.Subscription
		var asking sync.WaitGroup
		for i := range subs {
			asking.Go(func() {
				var err error
				if subs[i], err = jsonrpc.Subscribe(t.Context(), client, jsonrpc.EthSubscribe("newHeads"), nil); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		if n.asked != 2 {
			t.Errorf("the server was asked %d times", n.asked)
		}
		n.replies <- `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":1}}`
		n.replies <- `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x2","result":2}}`
		synctest.Wait()
		var got []string
		for _, s := range subs {
			for event, err := range s.Events(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(event.Data))
				break
			}
		}
		if text := strings.Join(got, " "); text != "1 2" && text != "2 1" {
			t.Errorf("events %q", text)
		}
	})
}
