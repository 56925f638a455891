package jsonrpc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// peers returns servers on streams and their endpoints, which are called a, b and so on.
func peers(t *testing.T, n int) (all []*peer, endpoints []jsonrpc.Endpoint) {
	for i := range n {
		p, name := newPeer(t), string(rune('a'+i))
		all = append(all, p)
		endpoints = append(endpoints, jsonrpc.Endpoint{Name: name, Dial: func(ctx context.Context) (*jsonrpc.Client, error) {
			return jsonrpc.NewStreamClient(ctx, name, p.dial)
		}})
	}
	return all, endpoints
}

// Calls on several connections: each is made when it is first needed, and a broken one
// holds up nobody.
func TestPoolStreams(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		servers, endpoints := peers(t, 2)
		a, b := servers[0], servers[1]
		p := poolOf(t, endpoints)
		one, two := startCall(t.Context(), t, p.Client, "one"), startCall(t.Context(), t, p.Client, "two")
		a.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","result":"a","id":1}
		`)
		b.play(`--> {"jsonrpc":"2.0","method":"two","id":2}`)
		one.want("a")
		hanging := make(chan struct{})
		a.meet(func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-hanging:
				return nil
			}
		})
		a.play(`drop`)
		three, four := startCall(t.Context(), t, p.Client, "three"), startCall(t.Context(), t, p.Client, "four")
		b.play(`
			--> {"jsonrpc":"2.0","method":"three","id":3}
			--> {"jsonrpc":"2.0","method":"four","id":4}
			<-- {"jsonrpc":"2.0","result":"b","id":2}
			<-- {"jsonrpc":"2.0","result":"b","id":4}
			<-- {"jsonrpc":"2.0","result":"b","id":3}
		`)
		two.want("b")
		three.want("b")
		four.want("b")
		wantText(t, "states", states(p), "connecting,up")
		close(hanging)
		time.Sleep(time.Second)
		wantText(t, "states", states(p), "up,up")
		if s := p.StreamStats(); s.Connects != 3 {
			t.Errorf("%+v", s)
		}
	})
}

// A connection that cannot be made is an attempt.
func TestPoolAttemptsOnStreams(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		servers, endpoints := peers(t, 3)
		for i, s := range servers {
			s.meet(func(context.Context) error { time.Sleep(time.Duration(i+1) * time.Second); return errDown })
		}
		p := poolOf(t, endpoints, jsonrpc.WithAttempts(1), jsonrpc.WithStrategy(jsonrpc.Ordered()))
		wantText(t, "one", whoAnswers(t, p), "jsonrpc: who at a: connect: nobody is there")
		p = poolOf(t, endpoints, jsonrpc.WithAttempts(2), jsonrpc.WithStrategy(jsonrpc.Ordered()))
		wantText(t, "two", whoAnswers(t, p),
			"jsonrpc: who: 2 attempts failed: a: connect: nobody is there; b: connect: nobody is there")
		time.Sleep(3 * time.Second) // the others fail, too
	})
}

// While one connection takes its time, the first of the others will do.
func TestPoolPatience(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		servers, endpoints := peers(t, 3)
		never := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		servers[0].meet(never)
		servers[1].meet(never)
		servers[2].meet(func(context.Context) error { time.Sleep(10 * time.Second); return nil })
		p := poolOf(t, endpoints)
		call := startCall(t.Context(), t, p.Client, "one")
		time.Sleep(9 * time.Second)
		if call.ended() {
			t.Fatal("it has ended")
		}
		time.Sleep(time.Second)
		servers[2].play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","result":"c","id":1}
		`)
		call.want("c")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		servers[2].meet(never)
		servers[2].play(`drop`)
		call = startCall(ctx, t, p.Client, "two")
		time.Sleep(time.Second)
		call.wantErr(context.DeadlineExceeded, false)
	})
}

// If none can be connected to, the error names each.
func TestPoolNoConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		servers, endpoints := peers(t, 2)
		servers[0].meet(shut)
		servers[1].meet(shut)
		p := poolOf(t, endpoints)
		// They have been found out, and rest: one is asked all the same.
		err := p.Call(t.Context(), "one", nil, nil)
		wantIs(t, err, errDoor, false)
		time.Sleep(time.Minute)
		err = p.Call(t.Context(), "one", nil, nil)
		wantIs(t, err, errDoor, false)
		if n := len(as[*jsonrpc.PoolError](t, err).Attempts); n != 2 {
			t.Errorf("%d attempts: %v", n, err)
		}
	})
}

func heads(t *testing.T, p *jsonrpc.Pool) *pending[*jsonrpc.Subscription] {
	return start(t, func() (*jsonrpc.Subscription, error) {
		return jsonrpc.Subscribe(t.Context(), p.Client, jsonrpc.EthSubscribe("newHeads"), nil)
	})
}

// subscribedPool returns a pool of two endpoints with a subscription on the first.
func subscribedPool(t *testing.T) (a, b *peer, endpoints []jsonrpc.Endpoint, p *jsonrpc.Pool, s *jsonrpc.Subscription) {
	servers, endpoints := peers(t, 2)
	a, b = servers[0], servers[1]
	p = poolOf(t, endpoints, jsonrpc.WithStrategy(jsonrpc.Ordered()))
	asking := heads(t, p)
	a.play(subscribed)
	s, err := asking.get()
	if err != nil {
		t.Fatal(err)
	}
	return a, b, endpoints, p, s
}

// A subscription whose connection is lost is made again on another endpoint, and a gap
// stands between.
func TestPoolSubscriptionMoves(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		begin := time.Now()
		a, b, _, _, s := subscribedPool(t)
		a.meet(shut)
		a.play(`drop`)
		b.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}
			wait 3s
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xb","result":2}}
			<-- {"jsonrpc":"2.0","result":"0xb","id":2}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":99}}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xb","result":3}}
		`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		r.wantGap(jsonrpc.Gap{From: begin.Add(5 * time.Second), To: begin.Add(8 * time.Second), Err: errDoor})
		r.want(`2`, `3`)

		// It goes on moving, and is taken back where it is.
		a.meet(nil)
		b.play(`drop`)
		a.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":3}
			<-- {"jsonrpc":"2.0","result":"0xc","id":3}
		`)
		closing := start(t, func() (int, error) { return 0, s.Close(t.Context()) })
		a.play(`
			--> {"jsonrpc":"2.0","method":"eth_unsubscribe","params":["0xc"],"id":4}
			<-- {"jsonrpc":"2.0","result":true,"id":4}
		`)
		closing.want(0)
	})
}

// When its endpoint is removed, a subscription moves at once; the connection is closed.
func TestPoolSubscriptionMovesFromRemoved(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		a, b, endpoints, p, s := subscribedPool(t)
		now := time.Now()
		if err := p.Set(endpoints[1]); err != nil {
			t.Fatal(err)
		}
		b.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}
			<-- {"jsonrpc":"2.0","result":"0xb","id":2}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xb","result":2}}
		`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		r.wantGap(jsonrpc.Gap{From: now, To: now, Err: errDoor})
		r.want(`2`)
		if _, err := a.newest().Write([]byte("{}\n")); err == nil {
			t.Error("the connection is still there")
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		r.wantEnd(jsonrpc.ErrClosed)
	})
}

// While no endpoint can be had, a subscription waits; it ends with the pool, or when a
// server refuses it.
func TestPoolSubscriptionWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		a, b, _, _, s := subscribedPool(t)
		begin := time.Now()
		a.meet(shut)
		b.meet(shut)
		b.play(`drop`)
		a.play(`
			drop
			wait 10m
		`)
		opened := make(chan struct{})
		a.meet(func(context.Context) error { close(opened); return nil })
		<-opened
		a.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}
			<-- {"jsonrpc":"2.0","result":"0xb","id":2}
		`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		r.wantGap(jsonrpc.Gap{From: begin, To: time.Now(), Err: errDoor})
		opened = make(chan struct{})
		a.play(`
			wait 1s
			drop
		`)
		<-opened
		a.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":3}
			<-- {"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":3}
		`)
		_, err, _ := r.next()
		wantError(t, err, "jsonrpc: eth_subscribe at a: the subscription could not be made again: Method not found (code -32601)")
	})
}

// Subscriptions without anything to ask for, and errors of those that are refused.
func TestPoolSubscribe(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		servers, endpoints := peers(t, 2)
		a, b := servers[0], servers[1]
		p := poolOf(t, endpoints, jsonrpc.WithStrategy(jsonrpc.Ordered()))
		s, err := jsonrpc.Subscribe(t.Context(), p.Client, jsonrpc.Notifications("n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		a.play(`
			<-- {"jsonrpc":"2.0","method":"n","params":[1]}
			drop
		`)
		now := time.Now()
		b.play(`<-- {"jsonrpc":"2.0","method":"n","params":[2]}`)
		r := read(t, t.Context(), s)
		r.want(`[1]`)
		r.wantGap(jsonrpc.Gap{From: now, To: now, Err: errDoor})
		r.want(`[2]`)

		refused := heads(t, p)
		b.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}
			<-- {"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}
		`)
		_, err = refused.get()
		wantError(t, err, "jsonrpc: eth_subscribe at b: Method not found (code -32601)")

		// A connection that is lost while it is asked for: at the next.
		a.play(`wait 1m`)
		asking := heads(t, p)
		a.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}
			drop
		`)
		b.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":3}
			<-- {"jsonrpc":"2.0","result":"0xa","id":3}
		`)
		if _, err := asking.get(); err != nil {
			t.Error(err)
		}
	})
}

func TestPoolSubscribeWithoutStreams(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		_, endpoints := backends("ab")
		p := poolOf(t, endpoints)
		_, err := jsonrpc.Subscribe(t.Context(), p.Client, jsonrpc.EthSubscribe("newHeads"), nil)
		wantError(t, err, "jsonrpc: eth_subscribe at pool: not sent: subscriptions need a stream (ws, wss, tcp, tls, unix or exec): this client has none")
	})
}

// An endpoint that turns out to be no stream is passed over.
func TestPoolSubscribeAmongOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		servers, endpoints := peers(t, 1)
		_, others := backends("x")
		p := poolOf(t, append(others, endpoints...), jsonrpc.WithStrategy(jsonrpc.Ordered()))
		asking := heads(t, p)
		servers[0].play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}
			<-- {"jsonrpc":"2.0","result":"0xa","id":1}
		`)
		if _, err := asking.get(); err != nil {
			t.Error(err)
		}
	})
}

// What servers ask comes from all endpoints to one handler; progress is told on the
// connection of its call.
func TestPoolHandlerAndProgress(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		a := newPeer(t)
		var told []string
		p := poolOf(t, []jsonrpc.Endpoint{{Name: "a", Dial: func(ctx context.Context) (*jsonrpc.Client, error) {
			return jsonrpc.NewStreamClient(ctx, "a", a.dial)
		}}})
		call := startCall(t.Context(), t, p.Client, "work", jsonrpc.WithProgress(jsonrpc.ProgressLSP, time.Minute, func(m *jsonrpc.ServerMessage) {
			told = append(told, string(m.Params))
		}))
		a.play(`
			--> {"jsonrpc":"2.0","method":"work","params":{"workDoneToken":1},"id":1}
			<-- {"jsonrpc":"2.0","method":"$/progress","params":{"token":1,"value":50}}
			<-- {"jsonrpc":"2.0","result":"done","id":1}
		`)
		call.want("done")
		if len(told) != 1 || told[0] != `{"token":1,"value":50}` {
			t.Errorf("%q", told)
		}
	})
}

// A server that takes connections only to close them is an attempt that failed.
func TestPoolConnectionsThatDoNotLast(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		p := poolOf(t, []jsonrpc.Endpoint{{Name: "a", Dial: func(ctx context.Context) (*jsonrpc.Client, error) {
			return jsonrpc.NewStreamClient(ctx, "a", func(ctx context.Context) (transport.Stream, error) {
				door := newPeer(t)
				s, err := door.dial(ctx)
				_ = door.newest().Close()
				return s, err
			})
		}}})
		for range 5 {
			err := p.Call(t.Context(), "one", nil, nil)
			if te := as[*transport.Error](t, err); te.Sent || errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		}
	})
}
