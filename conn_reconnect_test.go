package jsonrpc_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
)

func TestReconnect(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		one, two := startCall(t.Context(), t, c, "one"), startCall(t.Context(), t, c, "two")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			--> {"jsonrpc":"2.0","method":"two","id":2}
			wait 1s
			<-- {"jsonrpc":"2.0","result":"a","id":1}
			drop
		`)
		one.want("a")
		two.wantLost(true)
		three := startCall(t.Context(), t, c, "three")
		p.play(`
			--> {"jsonrpc":"2.0","method":"three","id":3}
			# late, and on another connection
			<-- {"jsonrpc":"2.0","result":"b","id":2}
			<-- {"jsonrpc":"2.0","result":"c","id":3}
		`)
		three.want("c")
		if s := c.StreamStats(); s.Connects != 2 || s.Strays != 1 {
			t.Errorf("%+v", s)
		}
		for text, n := range p.times() {
			if n != 1 {
				t.Errorf("%d times %s", n, text)
			}
		}
	})
}

// A server that never reads has seen nothing, so that all can be sent again.
func TestReconnectNeverSent(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		p.deaf = true
		c := p.client()
		one, two := startCall(t.Context(), t, c, "one"), startCall(t.Context(), t, c, "two")
		note := start(t, func() (int, error) { return 0, c.Notify(t.Context(), "note", nil) })
		p.play(`drop`)
		one.wantLost(false)
		two.wantLost(false)
		note.wantLost(false)
	})
}

// A call that is given up while it is written may be read by the server all the
// same, so that the notice goes after it.
func TestCancelledWhileSending(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		p.deaf = true
		c := p.client(jsonrpc.WithCancelNotice(jsonrpc.CancelLSP))
		ctx, cancel := context.WithCancel(t.Context())
		one, two := startCall(ctx, t, c, "one"), startCall(t.Context(), t, c, "two")
		cancel()
		one.wantErr(context.Canceled, true)
		go p.listen(streamOf(p.newest()))
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			--> {"jsonrpc":"2.0","method":"two","id":2}
			--> {"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}
			<-- {"jsonrpc":"2.0","result":"b","id":2}
		`)
		two.want("b")
	})
}

// The pause doubles up to the limit, less a random part of at most its half.
func TestReconnectBackoff(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		const limit = 2 * time.Second
		c := p.client(jsonrpc.WithMaxBackoff(limit))
		p.meet(shut)
		p.play(`
			wait 1s
			drop
		`)
		for range 12 {
			_, err := jsonrpc.Call[string](t.Context(), c, "one", nil)
			if !errors.Is(err, errDoor) || jsonrpc.MaybeSent(err) {
				t.Fatal(err)
			}
		}
		if pause := p.dials[1].Sub(p.dials[0]); pause != time.Second {
			t.Errorf("the first attempt after %v", pause)
		}
		full := 0
		for i, want := 2, 100*time.Millisecond; i < len(p.dials); i, want = i+1, min(2*want, limit) {
			pause := p.dials[i].Sub(p.dials[i-1])
			if pause < want/2 || pause > want {
				t.Errorf("attempt %d after %v, want %v to %v", i, pause, want/2, want)
			}
			if pause == want || pause == want/2 {
				full++
			}
		}
		if full > 2 {
			t.Error("the pauses are not random")
		}

		// A connection that lasts forgets the failures.
		p.meet(nil)
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			wait 2s
			--> {"jsonrpc":"2.0","method":"one","id":13}
			wait 1s
			drop
		`)
		one.wantLost(true)
		two := startCall(t.Context(), t, c, "two")
		p.play(`
			--> {"jsonrpc":"2.0","method":"two","id":14}
			<-- {"jsonrpc":"2.0","result":"b","id":14}
		`)
		two.want("b")
	})
}

// A server that takes connections only to close them is not dialled in a loop.
func TestReconnectToServerThatHangsUp(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		if _, err := jsonrpc.Subscribe(t.Context(), c, jsonrpc.Notifications("n"), nil); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for time.Since(begin) < time.Minute {
			p.play(`
				drop
				wait 10ms
			`)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if n := len(p.dials); n < 5 || n > 15 {
			t.Errorf("it was dialled %d times in a minute", n)
		}
	})
}

func TestReconnectAttemptHasADeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		p.meet(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		p.play(`
			wait 1s
			drop
		`)
		begin := time.Now()
		_, err := jsonrpc.Call[string](t.Context(), c, "one", nil)
		if !errors.Is(err, context.DeadlineExceeded) || jsonrpc.MaybeSent(err) {
			t.Error(err)
		}
		if d := time.Since(begin); d != 30*time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

func TestReconnectAttemptIsShared(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		open := make(chan error)
		p.meet(func(context.Context) error { return <-open })
		p.play(`
			wait 1s
			drop
		`)
		ctx, cancel := context.WithCancel(t.Context())
		one, two, three := startCall(t.Context(), t, c, "one"), startCall(t.Context(), t, c, "two"), startCall(ctx, t, c, "three")
		cancel() // ends this one's wait, and not the attempt
		three.wantErr(context.Canceled, false)
		open <- errDoor
		one.wantErr(errDoor, false)
		two.wantErr(errDoor, false)
		if n := len(p.dials); n != 2 {
			t.Errorf("dialled %d times", n)
		}
	})
}

func TestWithoutReconnect(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client(jsonrpc.WithoutReconnect())
		sub, err := jsonrpc.Subscribe(t.Context(), c, jsonrpc.Notifications("n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","method":"n"}
			drop
			wait 1m
		`)
		one.wantLost(true)
		startCall(t.Context(), t, c, "two").wantLost(false)
		var n int
		for _, err = range sub.Events(t.Context()) {
			n++
		}
		if n != 2 || err == nil {
			t.Errorf("%d events, then %v", n, err)
		}
		if n := len(p.dials); n != 1 {
			t.Errorf("dialled %d times", n)
		}
	})
}

func TestNewStreamClientFails(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		p.meet(shut)
		_, err := jsonrpc.NewStreamClient(t.Context(), "test:", p.dial)
		wantError(t, err, "jsonrpc: test:: connect: the door is shut")
		if !errors.Is(err, errDoor) || jsonrpc.MaybeSent(err) {
			t.Error(err)
		}

		p.meet(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		errTired := errors.New("tired")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTired)
		defer cancel()
		_, err = jsonrpc.NewStreamClient(ctx, "test:", p.dial)
		if !errors.Is(err, errTired) || !errors.Is(err, context.DeadlineExceeded) || jsonrpc.MaybeSent(err) {
			t.Error(err)
		}
	})
}

func TestCloseDuringAnAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		p.meet(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		p.play(`
			wait 1s
			drop
		`)
		one := startCall(t.Context(), t, c, "one")
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		one.wantErr(jsonrpc.ErrClosed, false)
	})
	// One whose dialer does not listen, and comes back with a connection.
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		open := make(chan error)
		p.meet(func(context.Context) error { return <-open })
		p.play(`
			wait 1s
			drop
		`)
		one := startCall(t.Context(), t, c, "one")
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		one.wantErr(jsonrpc.ErrClosed, false)
		open <- nil
		synctest.Wait()
		if _, err := p.newest().Write([]byte("x")); err == nil {
			t.Error("the connection was left open")
		}
	})
	// One that waits for the next attempt.
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		p.meet(shut)
		p.play(`drop`)
		one := startCall(t.Context(), t, c, "one")
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		one.wantErr(jsonrpc.ErrClosed, false)
		if n := len(p.dials); n != 1 {
			t.Errorf("dialled %d times", n)
		}
	})
}
