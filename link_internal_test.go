package jsonrpc

import (
	"context"
	"errors"
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
