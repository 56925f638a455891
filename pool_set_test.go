package jsonrpc_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A shutter is a backend that tells when it is closed.
type shutter struct {
	backend
	closed chan struct{}
}

func (c *shutter) Close() error {
	close(c.closed)
	return nil
}

func (c *shutter) endpoint() jsonrpc.Endpoint {
	return jsonrpc.Endpoint{Name: c.name, Dial: func(context.Context) (*jsonrpc.Client, error) { return jsonrpc.NewClient(c) }}
}

func (c *shutter) isClosed() bool {
	synctest.Wait()
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// An endpoint that is removed gets no new calls, and is closed once those under way have
// ended. One that stays is left alone.
func TestPoolSet(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		a := &shutter{backend: backend{name: "a"}, closed: make(chan struct{})}
		b := &shutter{backend: backend{name: "b"}, closed: make(chan struct{})}
		done := make(chan struct{})
		a.does(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
			<-done
			return io.NopCloser(strings.NewReader(response(string(m.Body), `"a"`))), nil
		})
		p := poolOf(t, []jsonrpc.Endpoint{a.endpoint(), b.endpoint()})
		call := startCall(t.Context(), t, p.Client, "who")
		if err := p.Set(b.endpoint(), b.endpoint()); err != nil {
			t.Fatal(err)
		}
		wantText(t, "states", states(p), "up,leaving")
		wantText(t, "others", asks(t, p, 3), "bbb")
		if a.isClosed() {
			t.Error("it is closed under the call")
		}
		close(done)
		call.want("a")
		if !a.isClosed() {
			t.Error("it is not closed")
		}
		wantText(t, "states", states(p), "up")

		// What is not valid changes nothing.
		err := p.Set(jsonrpc.Endpoint{URL: "http://127.0.0.1"}, jsonrpc.Endpoint{URL: "nonsense"})
		wantError(t, err, "jsonrpc: number 2: not sent: the URL has no scheme: write http://HOST:PORT/PATH")
		wantText(t, "after it", asks(t, p, 2), "bb")

		if err := p.Close(); err != nil || !b.isClosed() {
			t.Errorf("%v, closed %v", err, b.isClosed())
		}
	})
}

// Close does not wait for calls, but for all that the pool has started, endpoints that
// are leaving too.
func TestPoolCloseWhileLeaving(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		a := &shutter{backend: backend{name: "a"}, closed: make(chan struct{})}
		a.does(func(context.Context, *transport.Message) (io.ReadCloser, error) {
			<-a.closed
			return nil, &transport.Error{Op: "read", Sent: true, Err: errReset}
		})
		p := poolOf(t, []jsonrpc.Endpoint{a.endpoint()})
		call := startCall(t.Context(), t, p.Client, "who")
		if err := p.Set(); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		call.wantErr(errReset, true)
	})
}

// An endpoint whose state is bad does not become well by being told of again; weight and
// priority change.
func TestPoolSetKeepsState(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		p := poolOf(t, endpoints)
		all[0].does(down)
		asks(t, p, 2)
		endpoints[0].Weight, endpoints[1].Priority = 5, 3
		if err := p.Set(endpoints...); err != nil {
			t.Fatal(err)
		}
		stats := p.Stats()
		if stats[0].State != jsonrpc.EndpointResting || stats[0].Weight != 5 || stats[1].Priority != 3 || stats[1].Calls != 2 {
			t.Errorf("%+v", stats)
		}
	})
}

func TestPoolUpdates(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		_, endpoints := backends("ab")
		ch := make(chan []jsonrpc.Endpoint, 1)
		ch <- endpoints[:1]
		p := newPool(t, jsonrpc.Updates(ch))
		synctest.Wait()
		wantText(t, "first", asks(t, p, 2), "aa")
		ch <- endpoints[1:]
		synctest.Wait()
		wantText(t, "then", asks(t, p, 2), "bb")
		close(ch)
		synctest.Wait()
		wantText(t, "after the end", asks(t, p, 2), "bb")
	})
}

// A function is asked at the interval, and sooner after an error, which changes nothing.
func TestPoolPoll(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		_, endpoints := backends("abc")
		var asked []time.Duration
		begin := time.Now()
		var errs tray
		p := newPool(t, jsonrpc.Poll(time.Minute, func(context.Context) ([]jsonrpc.Endpoint, error) {
			asked = append(asked, time.Since(begin))
			switch n := len(asked); n {
			case 2:
				return nil, errDown
			default:
				return endpoints[:min(n, 3)], nil
			}
		}), jsonrpc.WithStreamErrors(errs.put))
		synctest.Wait()
		wantText(t, "first", asks(t, p, 3), "aaa")
		time.Sleep(time.Minute)
		errs.want(t, "the endpoints of the pool: nobody is there")
		wantText(t, "after the error", asks(t, p, 3), "aaa")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := len(p.Stats()); got != 3 {
			t.Errorf("%d endpoints", got)
		}
		if len(asked) != 3 || asked[1] != time.Minute || asked[2] > time.Minute+100*time.Millisecond {
			t.Errorf("asked after %v", asked)
		}
	})
}

// A source's first error is that of NewPool; one that tells nothing is an error.
func TestPoolSourceFails(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		fail := func(context.Context) iter.Seq2[[]jsonrpc.Endpoint, error] {
			return func(yield func([]jsonrpc.Endpoint, error) bool) { yield(nil, errDown) }
		}
		if _, err := jsonrpc.NewPool(t.Context(), fail); !errors.Is(err, errDown) {
			t.Error(err)
		}
		silent := func(context.Context) iter.Seq2[[]jsonrpc.Endpoint, error] {
			return func(func([]jsonrpc.Endpoint, error) bool) {}
		}
		_, err := jsonrpc.NewPool(t.Context(), silent)
		wantError(t, err, "jsonrpc: the endpoints of the pool: the source told of none")
	})
}

// A Dial that fails is called again when the rest is over, and its endpoint is passed
// over meanwhile.
func TestPoolDialFails(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		_, endpoints := backends("ab")
		dial, dials := endpoints[0].Dial, 0
		endpoints[0].Dial = func(ctx context.Context) (*jsonrpc.Client, error) {
			if dials++; dials < 3 {
				return nil, errDown
			}
			return dial(ctx)
		}
		p := poolOf(t, endpoints)
		wantText(t, "at first", asks(t, p, 4), "bbbb")
		if dials != 1 {
			t.Errorf("dialled %d times", dials)
		}
		time.Sleep(time.Second)
		wantText(t, "in the background", asks(t, p, 4), "bbbb")
		synctest.Wait()
		if dials != 2 {
			t.Errorf("dialled %d times", dials)
		}
		time.Sleep(2 * time.Second)
		asks(t, p, 2)
		synctest.Wait()
		wantText(t, "well", asks(t, p, 4), "abab")
	})
}

// The pool's end ends a Dial that does not.
func TestPoolCloseWhileDialling(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		p := poolOf(t, []jsonrpc.Endpoint{{Name: "a", Dial: func(ctx context.Context) (*jsonrpc.Client, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}})
		call := startCall(t.Context(), t, p.Client, "who")
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		call.wantErr(jsonrpc.ErrClosed, false)
	})
}

// A subscription outlives a time in which the pool has no endpoint, of which nobody
// knows that the next will be no stream.
func TestPoolSubscriptionWithoutEndpoints(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		_, b, endpoints, p, s := subscribedPool(t)
		if err := p.Set(); err != nil {
			t.Fatal(err)
		}
		_, err := jsonrpc.Subscribe(t.Context(), p.Client, jsonrpc.EthSubscribe("newHeads"), nil)
		wantError(t, err, "jsonrpc: eth_subscribe at pool: connect: the pool has no endpoint for the call")
		begin := time.Now()
		time.Sleep(time.Minute)
		if err := p.Set(endpoints[1]); err != nil {
			t.Fatal(err)
		}
		b.play(`
			wait 5s
			--> {"jsonrpc":"2.0","method":"eth_subscribe","params":["newHeads"],"id":2}
			<-- {"jsonrpc":"2.0","result":"0xb","id":2}
			<-- {"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xb","result":2}}
		`)
		r := read(t, t.Context(), s)
		r.want(`1`)
		r.wantGap(jsonrpc.Gap{From: begin, To: time.Now(), Err: errDoor})
		r.want(`2`)
	})
}
