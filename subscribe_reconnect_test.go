package jsonrpc_test

import (
	"context"
	"testing"
	"time"

	"example.com/jsonrpc"
)

const subscribed = `
	--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}
	<-- {"jsonrpc":"2.0","result":"0xa","id":1}
	<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":1}}
	wait 5s
`

// The connection is made again at once, without a call that needs it, and the
// subscription on it. The gap is from the one's end to the other's beginning.
func TestResubscribe(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		begin := time.Now()
		s := subscribe(p, p.client(), jsonrpc.EthSubscribe("newHeads"), nil, subscribed)
		p.play(`
			drop
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}
			wait 3s
			# early
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xb","result":2}}
			<-- {"jsonrpc":"2.0","result":"0xb","id":2}
			# the old id means nothing now
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":99}}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xb","result":3}}
		`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		r.wantGap(jsonrpc.Gap{From: begin.Add(5 * time.Second), To: begin.Add(8 * time.Second), Err: errDoor})
		r.want(`2`, `3`)

		// It is the new one that is taken back.
		closing := start(t, func() (int, error) { return 0, s.Close(t.Context()) })
		p.play(`
			--> {"jsonrpc":"2.0","method":"eth_unsubscribe","params":["0xb"],"id":3}
			<-- {"jsonrpc":"2.0","result":true,"id":3}
		`)
		closing.want(0)
	})
}

// A gap lasts over failed attempts and connections that break again. After each
// event there is one gap at most.
func TestResubscribeAfterManyLosses(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		begin := time.Now()
		c := p.client(jsonrpc.WithMaxBackoff(time.Second))
		s := subscribe(p, c, jsonrpc.EthSubscribe("newHeads"), nil, subscribed)
		quiet := subscribe(p, c, jsonrpc.Notifications("n"), nil, ``)
		p.meet(shut)
		p.play(`
			drop
			wait 10s
		`)
		p.meet(nil)
		p.play(`
			wait 2s
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}
			# it breaks before the answer
			drop
			wait 1s
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":3}
			<-- {"jsonrpc":"2.0","result":"0xb","id":3}
			wait 1s
			drop
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":4}
			<-- {"jsonrpc":"2.0","result":"0xc","id":4}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xc","result":2}}
			<-- {"jsonrpc":"2.0","method":"n","params":[1]}
		`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		gap := jsonrpc.Gap{From: begin.Add(5 * time.Second), To: time.Now(), Err: errDoor}
		r.wantGap(gap)
		r.want(`2`)
		r = read(t, t.Context(), quiet)
		r.wantGap(gap)
		r.want(`[1]`)
		if s := c.StreamStats(); s.Connects != 4 {
			t.Errorf("%+v", s)
		}
	})
}

// On a new connection another subscription may get the id that this one had.
func TestResubscribeWithEachOthersIDs(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		heads := subscribe(p, c, jsonrpc.PubSub("sub", "unsub", "n", jsonrpc.Args{"heads"}), nil, `
			--> {"jsonrpc":"2.0","method":"sub","params":["heads"],"id":1}
			<-- {"jsonrpc":"2.0","result":1,"id":1}
			wait 1s
			drop
			--> {"jsonrpc":"2.0","method":"sub","params":["heads"],"id":2}
		`)
		// That is not answered yet, and its old id is given to another.
		logs := subscribe(p, c, jsonrpc.PubSub("sub", "unsub", "n", jsonrpc.Args{"logs"}), nil, `
			--> {"jsonrpc":"2.0","method":"sub","params":["logs"],"id":3}
			<-- {"jsonrpc":"2.0","method":"n","params":{"subscription":1,"result":"log"}}
			<-- {"jsonrpc":"2.0","result":1,"id":3}
			<-- {"jsonrpc":"2.0","method":"n","params":{"subscription":1,"result":"log"}}
			<-- {"jsonrpc":"2.0","result":2,"id":2}
			<-- {"jsonrpc":"2.0","method":"n","params":{"subscription":2,"result":"head"}}
		`)
		now := time.Now()
		r := read(t, t.Context(), heads)
		r.wantGap(jsonrpc.Gap{From: now, To: now, Err: errDoor})
		r.want(`"head"`)
		read(t, t.Context(), logs).want(`"log"`, `"log"`)
	})
}

// An event that came early on a connection that has broken is for nobody on the next,
// where its id is given anew, even if who asked for it still tries.
func TestEarlyEventsEndWithTheirConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client(jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				err := next(ctx, x)
				if err != nil {
					time.Sleep(time.Minute) // as one who tries again does
				}
				return err
			}
		}))
		heads := start(t, func() (*jsonrpc.Subscription, error) {
			return jsonrpc.Subscribe(t.Context(), c, jsonrpc.PubSub("sub", "unsub", "n", jsonrpc.Args{"heads"}), nil)
		})
		p.play(`
			--> {"jsonrpc":"2.0","method":"sub","params":["heads"],"id":1}
			<-- {"jsonrpc":"2.0","method":"n","params":{"subscription":7,"result":"head"}}
			drop
		`)
		logs := subscribe(p, c, jsonrpc.PubSub("sub", "unsub", "n", jsonrpc.Args{"logs"}), nil, `
			wait 1s
			--> {"jsonrpc":"2.0","method":"sub","params":["logs"],"id":2}
			<-- {"jsonrpc":"2.0","result":7,"id":2}
			<-- {"jsonrpc":"2.0","method":"n","params":{"subscription":7,"result":"log"}}
		`)
		p.play(`wait 1m`)
		heads.wantLost(true)
		read(t, t.Context(), logs).want(`"log"`)
	})
}

func TestResubscribeRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		s := subscribe(p, p.client(), jsonrpc.EthSubscribe("newHeads"), nil, subscribed)
		p.play(`
			drop
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}
			<-- {"jsonrpc":"2.0","error":{"code":-32005,"message":"too many subscriptions"},"id":2}
		`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		_, err, _ := r.next()
		wantError(t, err, "jsonrpc: eth_subscribe at test:: the subscription could not be made again: too many subscriptions (code -32005)")
		if jsonrpc.CodeOf(err) != -32005 {
			t.Errorf("code %d", jsonrpc.CodeOf(err))
		}
		// Nobody needs a connection any more.
		p.play(`
			drop
			wait 1m
		`)
		if n := len(p.dials); n != 2 {
			t.Errorf("dialled %d times", n)
		}
	})
}

// A subscription that is closed while it is made again is taken back at the
// server, and stays closed.
func TestCloseWhileResubscribing(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		s := subscribe(p, p.client(), jsonrpc.EthSubscribe("newHeads"), nil, subscribed)
		p.play(`
			drop
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}
		`)
		if err := s.Close(t.Context()); err != nil { // there is nothing to take back yet
			t.Error(err)
		}
		p.play(`
			<-- {"jsonrpc":"2.0","result":"0xb","id":2}
			--> {"jsonrpc":"2.0","method":"eth_unsubscribe","params":["0xb"],"id":3}
			<-- {"jsonrpc":"2.0","result":true,"id":3}
			drop
			wait 1m
		`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		r.wantEnd(jsonrpc.ErrClosed)
		if n := len(p.dials); n != 2 {
			t.Errorf("dialled %d times", n)
		}
	})
}

// While there is no connection there is nothing to take back.
func TestCloseWhileDisconnected(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		s := subscribe(p, p.client(), jsonrpc.EthSubscribe("newHeads"), nil, subscribed)
		p.meet(shut)
		p.play(`drop`)
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		p.meet(nil)
		p.play(`wait 1m`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		r.wantEnd(jsonrpc.ErrClosed)
	})
}

// A connection that breaks while a subscription is asked for ends the asking:
// the id would mean nothing on the next one.
func TestSubscribeWhileTheConnectionBreaks(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		asking := start(t, func() (*jsonrpc.Subscription, error) {
			return jsonrpc.Subscribe(t.Context(), c, jsonrpc.EthSubscribe("newHeads"), nil)
		})
		p.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}
			drop
		`)
		asking.wantLost(true)
		p.play(`wait 1m`)
		if n := len(p.dials); n != 1 {
			t.Errorf("dialled %d times", n)
		}
	})
}
