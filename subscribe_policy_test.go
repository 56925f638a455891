package jsonrpc_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
)

// sendEvents sends n notifications, a second apart, numbered from first.
func sendEvents(p *peer, first, n int) {
	for i := range n {
		p.play(fmt.Sprintf("wait 1s\n<-- "+`{"jsonrpc":"2.0","method":"n","params":[%d]}`, first+i))
	}
}

func TestPolicyEndWhenFull(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		handled := 0
		c := p.client(jsonrpc.WithHandler(handlerFunc(func() { handled++ })))
		s := subscribe(p, c, jsonrpc.Notifications("n"), &jsonrpc.SubscribeOptions{Queue: 2}, ``)
		sendEvents(p, 1, 2)
		r := read(t, t.Context(), s)
		r.want(`[1]`)
		sendEvents(p, 3, 1)
		if handled != 0 {
			t.Error("the handler got an event")
		}
		sendEvents(p, 4, 1) // too many
		r.want(`[2]`, `[3]`)
		r.wantEnd(jsonrpc.ErrSlowSubscriber)
		sendEvents(p, 5, 1)
		if handled != 1 {
			t.Errorf("the handler got %d", handled)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// One that has ended is still to be taken back at the server.
func TestPolicyEndWhenFullUnsubscribes(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		s := subscribe(p, p.client(), jsonrpc.EthSubscribe("newHeads"), &jsonrpc.SubscribeOptions{Queue: 1}, `
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}
			<-- {"jsonrpc":"2.0","result":"0xa","id":1}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":1}}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":2}}
		`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		r.wantEnd(jsonrpc.ErrSlowSubscriber)
		closing := start(t, func() (int, error) { return 0, s.Close(t.Context()) })
		p.play(`
			--> {"jsonrpc":"2.0","method":"eth_unsubscribe","params":["0xa"],"id":2}
			<-- {"jsonrpc":"2.0","result":true,"id":2}
		`)
		closing.want(0)
	})
}

func TestPolicyDropOldest(t *testing.T) {
	for queue := 1; queue <= 4; queue++ {
		t.Run(fmt.Sprint(queue), func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				s := subscribe(p, p.client(), jsonrpc.Notifications("n"), &jsonrpc.SubscribeOptions{Queue: queue, Policy: jsonrpc.DropOldest}, ``)
				begin := time.Now()
				at := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Second) }
				sendEvents(p, 1, 10)
				// What is left is the newest, behind a gap.
				kept := max(queue-1, 1)
				r := read(t, t.Context(), s)
				r.wantGap(jsonrpc.Gap{From: at(1), To: at(10 - kept), Dropped: 10 - kept})
				for n := 11 - kept; n <= 10; n++ {
					r.want(fmt.Sprintf(`[%d]`, n))
				}
				sendEvents(p, 11, 1)
				r.want(`[11]`)
			})
		})
	}
}

// A gap where the connection broke does not get lost when events are dropped.
func TestPolicyDropOldestKeepsGaps(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		s := subscribe(p, p.client(), jsonrpc.Notifications("n"), &jsonrpc.SubscribeOptions{Queue: 3, Policy: jsonrpc.DropOldest}, ``)
		begin := time.Now()
		sendEvents(p, 1, 1)
		p.play("drop\nwait 1s")
		sendEvents(p, 3, 4)
		r := read(t, t.Context(), s)
		r.wantGap(jsonrpc.Gap{From: begin.Add(time.Second), To: begin.Add(4 * time.Second), Dropped: 3, Err: errDoor})
		r.want(`[5]`, `[6]`)
	})
}

func TestPolicyBlock(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		s := subscribe(p, c, jsonrpc.Notifications("n"), &jsonrpc.SubscribeOptions{Queue: 2, Policy: jsonrpc.Block}, ``)
		one := startCall(t.Context(), t, c, "one")
		p.play(`--> {"jsonrpc":"2.0","method":"one","id":1}`)
		go func() {
			for i := range 5 {
				_, _ = fmt.Fprintf(p.newest(), `{"jsonrpc":"2.0","method":"n","params":[%d]}`+"\n", i)
			}
			_, _ = fmt.Fprintln(p.newest(), `{"jsonrpc":"2.0","result":"a","id":1}`)
		}()
		if one.ended() {
			t.Error("the call ended: nothing was held up")
		}
		read(t, t.Context(), s).want(`[0]`, `[1]`, `[2]`, `[3]`, `[4]`)
		one.want("a")
	})
}

// Nobody who ends waits for a subscriber that does not read.
func TestPolicyBlockAndClose(t *testing.T) {
	for _, how := range []string{"subscription", "client"} {
		t.Run(how, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				c := p.client()
				s := subscribe(p, c, jsonrpc.EthSubscribe("newHeads"), &jsonrpc.SubscribeOptions{Queue: 1, Policy: jsonrpc.Block}, `
					--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}
					<-- {"jsonrpc":"2.0","result":"0xa","id":1}
					<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":1}}
					<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":2}}
				`)
				if how == "client" {
					if err := c.Close(); err != nil {
						t.Error(err)
					}
				} else {
					closing := start(t, func() (int, error) { return 0, s.Close(t.Context()) })
					p.play(`
						--> {"jsonrpc":"2.0","method":"eth_unsubscribe","params":["0xa"],"id":2}
						<-- {"jsonrpc":"2.0","result":true,"id":2}
					`)
					closing.want(0)
				}
				synctest.Wait()
				r := read(t, t.Context(), s)
				r.want(`1`)
				r.wantEnd(jsonrpc.ErrClosed)
			})
		})
	}
}
