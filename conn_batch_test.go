package jsonrpc_test

import (
	"context"
	"errors"
	"testing"

	"example.com/jsonrpc"
)

// startBatch starts a batch of one and two, with a notification between them, and
// checks that it comes. Its ids are 1 and 2.
func startBatch(ctx context.Context, p *peer, c *jsonrpc.Client) (sending *pending[*jsonrpc.Reply], one, two *jsonrpc.Result[string]) {
	p.t.Helper()
	var b jsonrpc.Batch
	one = jsonrpc.Queue[string](&b, "one", nil)
	b.Notify("note", nil)
	two = jsonrpc.Queue[string](&b, "two", nil)
	sending = start(p.t, func() (*jsonrpc.Reply, error) { return c.Send(ctx, &b) })
	p.play(`--> [{"jsonrpc":"2.0","method":"one","id":1},{"jsonrpc":"2.0","method":"note"},{"jsonrpc":"2.0","method":"two","id":2}]`)
	return sending, one, two
}

func wantResult(t *testing.T, r *jsonrpc.Result[string], want string) {
	t.Helper()
	if got, err := r.Get(); got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestConnBatch(t *testing.T) {
	for name, reply := range map[string]string{
		"an array":             `<-- [{"jsonrpc":"2.0","result":"b","id":2},{"jsonrpc":"2.0","result":"a","id":1}]`,
		"an array with spaces": `<--  [ {"jsonrpc":"2.0","result":"b","id":2} , {"jsonrpc":"2.0","result":"a","id":1} ] `,
		"single responses": `<-- {"jsonrpc":"2.0","result":"b","id":2}
			<-- {"jsonrpc":"2.0","method":"note","params":[]}
			<-- {"jsonrpc":"2.0","result":"a","id":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				c := p.client()
				sending, one, two := startBatch(t.Context(), p, c)
				p.play(reply)
				if _, err := sending.get(); err != nil {
					t.Error(err)
				}
				wantResult(t, one, "a")
				wantResult(t, two, "b")
				if s := c.StreamStats(); s.Strays != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestConnBatchOneErrorForAll(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		sending, one, two := startBatch(t.Context(), p, c)
		p.play(`<-- {"jsonrpc":"2.0","error":{"code":-32600,"message":"no batches"},"id":null}`)
		_, err := sending.get()
		_, err1 := one.Get()
		_, err2 := two.Get()
		for _, err := range []error{err, err1, err2} {
			if jsonrpc.CodeOf(err) != jsonrpc.CodeInvalidRequest {
				t.Error(err)
			}
		}
	})
}

func TestConnBatchWithoutAnAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		sending, one, two := startBatch(t.Context(), p, c)
		p.play(`<-- [{"jsonrpc":"2.0","result":"a","id":1}]`)
		if _, err := sending.get(); err != nil {
			t.Error(err)
		}
		wantResult(t, one, "a")
		if _, err := two.Get(); !errors.Is(err, jsonrpc.ErrNoResponse) {
			t.Error(err)
		}
	})
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		sending, _, _ := startBatch(t.Context(), p, c)
		p.play(`<-- []`)
		_, err := sending.get()
		if as[*jsonrpc.ValidationError](t, err).Deviation != jsonrpc.DeviationEmptyArray {
			t.Error(err)
		}
	})
}

func TestConnBatchOfNotifications(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		var b jsonrpc.Batch
		b.Notify("a", nil)
		b.Notify("b", nil)
		sending := start(t, func() (*jsonrpc.Reply, error) { return c.Send(t.Context(), &b) })
		p.play(`--> [{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}]`)
		if reply, err := sending.get(); err != nil || len(reply.Responses) > 0 {
			t.Errorf("%+v, %v", reply, err)
		}
	})
}

// The notice is sent for the requests that wait, and not for those that are
// answered already.
func TestConnBatchCancelled(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client(jsonrpc.WithCancelNotice(jsonrpc.CancelLSP))
		ctx, cancel := context.WithCancel(t.Context())
		sending, _, two := startBatch(ctx, p, c)
		p.play(`<-- {"jsonrpc":"2.0","result":"a","id":1}`)
		cancel()
		sending.wantErr(context.Canceled, true)
		p.play(`--> {"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":2}}`)
		if _, err := two.Get(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// The late answer to a batch that was given up must not go to the only message
// that waits by then.
func TestConnLateBatch(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		ctx, cancel := context.WithCancel(t.Context())
		sending, _, _ := startBatch(ctx, p, c)
		cancel()
		sending.wantErr(context.Canceled, true)
		three := startCall(t.Context(), t, c, "three")
		p.play(`
			--> {"jsonrpc":"2.0","method":"three","id":3}
			<-- [{"jsonrpc":"2.0","result":"b","id":2},{"jsonrpc":"2.0","result":"a","id":1}]
			<-- {"jsonrpc":"2.0","result":"c","id":3}
		`)
		three.want("c")
		if s := c.StreamStats(); s.Strays != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// Some servers answer what comes at the same time with one array.
func TestConnOneArrayForManyCalls(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		sending, one, two := startBatch(t.Context(), p, c)
		three, four := startCall(t.Context(), t, c, "three"), startCall(t.Context(), t, c, "four")
		p.play(`
			--> {"jsonrpc":"2.0","method":"three","id":3}
			--> {"jsonrpc":"2.0","method":"four","id":4}
			<-- [{"jsonrpc":"2.0","result":"d","id":4},{"jsonrpc":"2.0","result":"b","id":2},{"jsonrpc":"2.0","result":"c","id":3},{"jsonrpc":"2.0","result":"a","id":1}]
		`)
		three.want("c")
		four.want("d")
		if _, err := sending.get(); err != nil {
			t.Error(err)
		}
		wantResult(t, one, "a")
		wantResult(t, two, "b")
	})
}

func TestConnBrokenBatch(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		sending, _, _ := startBatch(t.Context(), p, c)
		p.play(`<-- [{"jsonrpc":"2.0","result":"a","id":1},{"jsonrpc":"2.0","result":}]`)
		_, err := sending.get()
		as[*jsonrpc.ParseResponseError](t, err)
	})
}

// A batch with an id twice is the caller's doing (Raw). One response to it is all
// that can be told from others.
func TestConnRawBatchWithAnIDTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		ctx, cancel := context.WithCancel(t.Context())
		sending := start(t, func() (*jsonrpc.Reply, error) {
			return c.Send(ctx, jsonrpc.Raw(`[{"jsonrpc":"2.0","method":"a","id":7},{"jsonrpc":"2.0","method":"b","id":7}]`))
		})
		p.play(`
			--> [{"jsonrpc":"2.0","method":"a","id":7},{"jsonrpc":"2.0","method":"b","id":7}]
			<-- {"jsonrpc":"2.0","result":"a","id":7}
		`)
		cancel()
		_, _ = sending.get()
		// Nothing of it is left: the next call is the only one.
		one := startCall(t.Context(), t, c, "one")
		p.play(`
			--> {"jsonrpc":"2.0","method":"one","id":1}
			<-- {"jsonrpc":"2.0","error":{"code":-32700,"message":"what?"},"id":null}
		`)
		if _, err := one.get(); jsonrpc.CodeOf(err) != jsonrpc.CodeParseError {
			t.Error(err)
		}
	})
}
