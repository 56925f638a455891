package jsonrpc

import (
	"context"
	"io"
	"testing"
)

// deaf is a stream that says nothing and forgets all.
type deaf struct{}

func (deaf) Read(context.Context, []byte) ([]byte, error) { return nil, io.EOF }
func (deaf) Write(context.Context, []byte) error          { return nil }
func (deaf) Close() error                                 { return nil }

// FuzzRoute gives a message of any kind to a connection on which a single request
// and a batch are under way. Nobody gets what is not for him, and nobody gets
// something twice.
func FuzzRoute(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","result":1,"id":1}`,
		`{"jsonrpc":"2.0","result":1,"id":"1"}`,
		`{"jsonrpc":"2.0","error":{"code":1,"message":"no"},"id":null}`,
		`[{"jsonrpc":"2.0","result":1,"id":"a"},{"jsonrpc":"2.0","result":2,"id":2}]`,
		`[{"jsonrpc":"2.0","result":1,"id":"a"},{"jsonrpc":"2.0","result":2,"id":1}]`,
		`{"jsonrpc":"2.0","method":"tick","params":[1]}`,
		`{"jsonrpc":"2.0","method":"ask","id":1}`,
		`[{"jsonrpc":"2.0","method":"tick"},{"id":null,"method":"x"}]`,
		`{"method":7,"id":{}}`, `[]`, `[[1]]`, `{"id":1`, "\xff", ` `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		set := defaultSettings()
		set.handler = HandlerFunc(func(_ context.Context, m *ServerMessage) (any, error) { return m.Params, nil })
		c := newConn("test:", nil, &set)
		defer c.cancel()
		l := newLink(c, deaf{}, nil)
		single := &waiter{ids: []ID{IntID(1)}, left: 1, frames: make(chan *frame, 2)}
		batch := &waiter{ids: []ID{StringID("a"), IntID(2)}, left: 2, batch: true, frames: make(chan *frame, 3)}
		l.waiting = map[ID]*waiter{IntID(1): single, StringID("a"): batch, IntID(2): batch}
		l.calls = 2

		for range 3 { // the second time it is late, or a duplicate
			f := &frame{text: append([]byte(nil), text...)}
			l.route(f)
		}
		if len(single.frames) > 1 || len(batch.frames) > 2 {
			t.Fatalf("%d and %d frames for one request and two", len(single.frames), len(batch.frames))
		}
		left := 0
		for _, w := range []*waiter{single, batch} {
			if w.left < 0 {
				t.Fatalf("%d responses are left", w.left)
			}
			if w.left > 0 {
				left++
			}
		}
		if l.calls != left {
			t.Fatalf("%d calls wait, and %d are counted", left, l.calls)
		}
		for len(single.frames) > 0 {
			x := &Exchange{client: &Client{}, set: &set}
			x.add(item{id: IntID(1)})
			_ = x.readText((<-single.frames).text) // whatever it is, it does not panic
		}
	})
}
