package jsonrpc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// givesUp subscribes to new heads while the peer plays the script, and then gives up.
func givesUp(p *peer, c *jsonrpc.Client, script string) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	asking := start(p.t, func() (*jsonrpc.Subscription, error) {
		return jsonrpc.Subscribe(ctx, c, jsonrpc.EthSubscribe("newHeads"), nil)
	})
	p.play(script)
	cancel()
	if _, err := asking.get(); !errors.Is(err, context.Canceled) {
		p.t.Error(err)
	}
}

// What a server has made for a subscription that was given up is taken back once its
// answer comes.
func TestSubscribeGivenUpIsTakenBack(t *testing.T) {
	for name, answer := range map[string]string{
		"a subscription": `
			<-- {"jsonrpc":"2.0","result":"0xa","id":1}
			--> {"jsonrpc":"2.0","method":"eth_unsubscribe","params":["0xa"],"id":2}
			<-- {"jsonrpc":"2.0","result":true,"id":2}
			<-- {"jsonrpc":"2.0","result":"0xa","id":1}
		`,
		"the id in another form": `
			<-- {"jsonrpc":"2.0","result":"0xa","id":"1"}
			--> {"jsonrpc":"2.0","method":"eth_unsubscribe","params":["0xa"],"id":2}
		`,
		"an error": `<-- {"jsonrpc":"2.0","error":{"code":1,"message":"no"},"id":1}`,
		"no id":    `<-- {"jsonrpc":"2.0","result":{"x":1},"id":1}`,
		"null":     `<-- {"jsonrpc":"2.0","result":null,"id":1}`,
		"garbage":  `<-- {"jsonrpc":"2.0","result":0xa,"id":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				c := p.client()
				givesUp(p, c, `--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}`)
				p.play(answer)
				call := startCall(t.Context(), t, c, "next", jsonrpc.WithID(jsonrpc.IntID(9)))
				p.play(`
					--> {"jsonrpc":"2.0","method":"next","id":9}
					<-- {"jsonrpc":"2.0","result":"a","id":9}
				`)
				call.want("a")
			})
		})
	}
}

// Some servers give one id to all who ask the same on a connection: it is not taken back
// from who has it, or is about to.
func TestSubscribeGivenUpThatSomebodyElseHas(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		givesUp(p, c, `--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}`)
		givesUp(p, c, `--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}`)
		givesUp(p, c, `--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":3}`)
		s := subscribe(p, c, jsonrpc.EthSubscribe("newHeads"), nil, `
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":4}
			<-- {"jsonrpc":"2.0","result":"0xa","id":1}
			<-- {"jsonrpc":"2.0","result":"0xb","id":2}
			<-- {"jsonrpc":"2.0","result":"0xa","id":4}
			--> {"jsonrpc":"2.0","method":"eth_unsubscribe","params":["0xb"],"id":5}
			<-- {"jsonrpc":"2.0","result":true,"id":5}
			<-- {"jsonrpc":"2.0","result":"0xa","id":3}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":1}}
		`)
		read(t, t.Context(), s).want(`1`)
	})
}

// A subscription that an interceptor asks for again after a timeout is there twice at
// the server: one is taken back.
func TestSubscribeAskedAgainIsTakenBack(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client(around(func(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error {
			for {
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				err := next(ctx, x)
				cancel()
				if !errors.Is(err, context.DeadlineExceeded) {
					return err
				}
			}
		}))
		s := subscribe(p, c, jsonrpc.EthSubscribe("newHeads"), nil, `
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}
			wait 1s
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}
			<-- {"jsonrpc":"2.0","result":"0xa","id":1}
			<-- {"jsonrpc":"2.0","result":"0xb","id":1}
			--> {"jsonrpc":"2.0","method":"eth_unsubscribe","params":["0xb"],"id":2}
			<-- {"jsonrpc":"2.0","result":true,"id":2}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":1}}
		`)
		read(t, t.Context(), s).want(`1`)
	})
}
