package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
)

// A reader reads a subscription step by step.
type reader struct {
	t    *testing.T
	next func() (jsonrpc.Event, error, bool)
}

func read(t *testing.T, ctx context.Context, s *jsonrpc.Subscription) *reader {
	next, stop := iter.Pull2(s.Events(ctx))
	t.Cleanup(stop)
	return &reader{t, next}
}

// want checks the data of the next events, which must have come.
func (r *reader) want(data ...string) {
	r.t.Helper()
	for _, want := range data {
		event, err, ok := r.next()
		if got := string(event.Data); !ok || err != nil || event.Gap != nil || got != want {
			r.t.Fatalf("event %s, gap %+v, error %v, want %s", got, event.Gap, err, want)
		}
	}
}

// wantGap checks the next event: a gap. Its error is checked to be there or not.
func (r *reader) wantGap(want jsonrpc.Gap) {
	r.t.Helper()
	event, err, _ := r.next()
	switch g := event.Gap; {
	case err != nil || g == nil:
		r.t.Fatalf("event %s, error %v, want a gap", event.Data, err)
	case !g.From.Equal(want.From) || !g.To.Equal(want.To) || g.Dropped != want.Dropped || (g.Err == nil) != (want.Err == nil):
		r.t.Errorf("gap, then wanted\n%+v\n%+v", *g, want)
	}
}

// wantEnd checks that the events end with an error.
func (r *reader) wantEnd(target error) {
	r.t.Helper()
	event, err, ok := r.next()
	if !ok || !errors.Is(err, target) {
		r.t.Fatalf("event %s, error %v, want %v", event.Data, err, target)
	}
	if _, _, ok := r.next(); ok {
		r.t.Error("events after the end")
	}
}

// subscribe subscribes while the peer plays the script.
func subscribe(p *peer, c *jsonrpc.Client, d jsonrpc.Dialect, opts *jsonrpc.SubscribeOptions, script string) *jsonrpc.Subscription {
	p.t.Helper()
	asking := start(p.t, func() (*jsonrpc.Subscription, error) { return jsonrpc.Subscribe(p.t.Context(), c, d, opts) })
	p.play(script)
	s, err := asking.get()
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func TestSubscribeNotifications(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		handled := 0
		c := p.client(jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(_ context.Context, m *jsonrpc.ServerMessage) (any, error) {
			if handled++; m.Method != "c" {
				t.Errorf("the handler got %s", m.Method)
			}
			return nil, nil
		})))
		both := subscribe(p, c, jsonrpc.Notifications("a", "b"), nil, ``)
		one := subscribe(p, c, jsonrpc.Notifications("b"), nil, ``)
		p.play(`
			<-- {"jsonrpc":"2.0","method":"a","params":{"x":1}}
			<-- {"jsonrpc":"2.0","method":"b","params":[2]}
			<-- {"jsonrpc":"2.0","method":"c"}
			<-- {"jsonrpc":"2.0","method":"a"}
		`)
		read(t, t.Context(), both).want(`{"x":1}`, `[2]`, ``)
		read(t, t.Context(), one).want(`[2]`)
		if handled != 1 {
			t.Errorf("the handler got %d", handled)
		}
		if err := one.Close(t.Context()); err != nil {
			t.Error(err)
		}
		p.play(`<-- {"jsonrpc":"2.0","method":"b","params":[3]}`)
		read(t, t.Context(), both).want(`[3]`)
		read(t, t.Context(), one).wantEnd(jsonrpc.ErrClosed)
	})
}

func TestSubscribeDecodesEvents(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		s := subscribe(p, p.client(), jsonrpc.Notifications("a"), nil, ``)
		p.play(`<-- {"jsonrpc":"2.0","method":"a","params":{"x":1}}`)
		for event, err := range s.Events(t.Context()) {
			if err != nil || event.Method != "a" {
				t.Fatal(event, err)
			}
			var v struct{ X int }
			if err := event.Decode(&v); err != nil || v.X != 1 {
				t.Error(v, err)
			}
			var n int
			as[*jsonrpc.DecodeError](t, event.Decode(&n))
			break
		}
	})
}

// Events may come before the answer that says whose they are. Ids are strings or
// numbers, and one subscription's events are not another's.
func TestSubscribePubSub(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		handled := 0
		c := p.client(jsonrpc.WithHandler(jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) {
			handled++
			return nil, nil
		})))
		heads := subscribe(p, c, jsonrpc.EthSubscribe("newHeads"), nil, `
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":1}}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":{"n": 2}}}
			<-- {"jsonrpc":"2.0","result":"0xa","id":1}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"result":3,"subscription":"0xa"}}
		`)
		logs := subscribe(p, c, jsonrpc.EthSubscribe("logs", jsonrpc.Named{"address": "0x1"}), nil, `
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["logs",{"address":"0x1"}],"id":2}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xb","result":"l1"}}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":4}}
			<-- {"jsonrpc":"2.0","result":"0xb","id":2}
		`)
		account := subscribe(p, c, jsonrpc.PubSub("accountSubscribe", "accountUnsubscribe", "accountNotification", jsonrpc.Args{"key"}), nil, `
			--> {"jsonrpc":"2.0","method":"accountSubscribe","params":["key"],"id":3}
			<-- {"jsonrpc":"2.0","result":23784,"id":3}
			<-- {"jsonrpc":"2.0","method":"accountNotification","params":{"subscription":23784,"result":{"lamports":5}}}
			# of nobody
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xc","result":1}}
			<-- {"jsonrpc":"2.0","method":"accountNotification","params":[1]}
			<-- {"jsonrpc":"2.0","method":"eth_subscription"}
		`)
		read(t, t.Context(), heads).want(`1`, `{"n": 2}`, `3`, `4`)
		read(t, t.Context(), logs).want(`"l1"`)
		read(t, t.Context(), account).want(`{"lamports":5}`)
		if handled != 3 {
			t.Errorf("the handler got %d", handled)
		}

		closing := start(t, func() (int, error) { return 0, account.Close(t.Context()) })
		p.play(`
			--> {"jsonrpc":"2.0","method":"accountUnsubscribe","params":[23784],"id":4}
			<-- {"jsonrpc":"2.0","method":"accountNotification","params":{"subscription":23784,"result":1}}
			<-- {"jsonrpc":"2.0","result":true,"id":4}
		`)
		closing.want(0)
		read(t, t.Context(), account).wantEnd(jsonrpc.ErrClosed)
		if err := account.Close(t.Context()); err != nil { // once is enough
			t.Error(err)
		}
		p.play(``)
	})
}

// More events may come before the answer than are kept. That is not hidden.
func TestSubscribeManyEarlyEvents(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		asking := start(t, func() (*jsonrpc.Subscription, error) {
			return jsonrpc.Subscribe(t.Context(), c, jsonrpc.EthSubscribe("newHeads"), &jsonrpc.SubscribeOptions{Queue: 2000})
		})
		p.play(`--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":1}`)
		for i := range 1030 {
			_, _ = fmt.Fprintf(p.newest(), `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":%d}}`+"\n", i)
		}
		now := time.Now()
		p.play(`
			wait 1s
			<-- {"jsonrpc":"2.0","result":"0xa","id":1}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":"last"}}
		`)
		s, err := asking.get()
		if err != nil {
			t.Fatal(err)
		}
		r := read(t, t.Context(), s)
		for i := range 1024 {
			r.want(fmt.Sprint(i))
		}
		r.wantGap(jsonrpc.Gap{From: now, To: now, Dropped: 6})
		r.want(`"last"`)
	})
}

func TestSubscribeIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		asking := start(t, func() (*jsonrpc.Subscription, error) {
			return jsonrpc.Subscribe(t.Context(), c, jsonrpc.EthSubscribe("x"), nil)
		})
		p.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["x"],"id":1}
			<-- {"jsonrpc":"2.0","error":{"code":-32000,"message":"no x"},"id":1}
		`)
		_, err := asking.get()
		wantError(t, err, "jsonrpc: eth_subscribe at test:: no x (code -32000)")

		asking = start(t, func() (*jsonrpc.Subscription, error) {
			return jsonrpc.Subscribe(t.Context(), c, jsonrpc.EthSubscribe("x"), nil)
		})
		p.play(`
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["x"],"id":2}
			<-- {"jsonrpc":"2.0","result":{"id":1},"id":2}
		`)
		_, err = asking.get()
		as[*jsonrpc.DecodeError](t, err)

		_, err = jsonrpc.Subscribe(t.Context(), c, jsonrpc.Dialect{}, nil)
		as[*jsonrpc.MessageError](t, err)
		_, err = jsonrpc.Subscribe(t.Context(), newClient(t, says("")), jsonrpc.Notifications("n"), nil)
		as[*jsonrpc.MessageError](t, err)
	})
}

// The loop ends with its context even if events wait, and can be entered again.
func TestEventsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		s := subscribe(p, p.client(), jsonrpc.Notifications("n"), nil, ``)
		p.play(`
			<-- {"jsonrpc":"2.0","method":"n","params":[1]}
			<-- {"jsonrpc":"2.0","method":"n","params":[2]}
			<-- {"jsonrpc":"2.0","method":"n","params":[3]}
		`)
		for event, err := range s.Events(t.Context()) {
			if err != nil || string(event.Data) != `[1]` {
				t.Errorf("got %s, %v", event.Data, err)
			}
			break
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		r := read(t, ctx, s)
		r.want(`[2]`)
		errTired := errors.New("tired")
		cancel(errTired)
		r.wantEnd(errTired)
		read(t, t.Context(), s).want(`[3]`)

		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		read(t, ctx, s).wantEnd(context.DeadlineExceeded) // none comes
	})
}

// Two loops share the events.
func TestEventsInTwoLoops(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		s := subscribe(p, p.client(), jsonrpc.Notifications("n"), nil, ``)
		var loops []*pending[int]
		for range 2 {
			loops = append(loops, start(t, func() (n int, err error) {
				for _, err = range s.Events(t.Context()) {
					if err != nil {
						break
					}
					n++
				}
				return n, err
			}))
		}
		for range 10 {
			p.play(`<-- {"jsonrpc":"2.0","method":"n"}`)
		}
		_ = s.Close(t.Context())
		synctest.Wait()
		sum := 0
		for _, loop := range loops {
			n, err := loop.get()
			if sum += n; !errors.Is(err, jsonrpc.ErrClosed) {
				t.Error(err)
			}
		}
		if sum != 10 {
			t.Errorf("%d events", sum)
		}
	})
}
