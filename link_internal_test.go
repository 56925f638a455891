package jsonrpc

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
)

// A reply to a batch that came just before the connection ended is a reply.
func TestBatchReplyBeforeTheEnd(t *testing.T) {
	for range 100 { // a select of two that are ready takes either
		ctx, cancel := context.WithCancelCause(t.Context())
		l := &link{ctx: ctx, cancel: cancel, waiting: map[ID]*waiter{}}
		w := &waiter{batch: true, frames: make(chan *frame, 2)}
		w.frames <- &frame{text: []byte(`[]`)}
		l.end(errors.New("the server closed the connection"))
		if f, err := l.waitBatch(t.Context(), w); err != nil || string(f.text) != `[]` {
			t.Fatal(err)
		}
		if _, err := l.waitBatch(t.Context(), w); err == nil {
			t.Fatal("there is another")
		}
	}
}

// An array costs no memory for each of its items, which may be tiny and many, and which
// the server may send of its own accord.
func TestArrayOfTinyItems(t *testing.T) {
	set := defaultSettings()
	c := newConn("test:", nil, &set)
	defer c.cancel()
	l := newLink(c, deaf{}, nil)
	for _, item := range []string{`{},`, `{"method":1},`} {
		f := &frame{text: []byte("[" + strings.Repeat(item, 100_000) + "{}")} // without an end
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		l.route(f)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > uint64(len(f.text)) {
			t.Errorf("%s: %d bytes for %d", item, n, len(f.text))
		}
	}
}
