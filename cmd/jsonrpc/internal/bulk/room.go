package bulk

import (
	"context"
	"errors"
	"sync/atomic"

	"example.com/jsonrpc"
)

// window bounds the calls that were begun and whose outcomes the system does not
// have: no kill makes more unknown, and what the checkpoint ran ahead. It is more
// if so many are wanted under way, and others to wait for them.
const window = 4096

// windowBytes bounds the outcomes that wait to be written: with so many no call is
// begun, and those under way come on top.
const windowBytes = 64 << 20

// A room is what calls take from their beginning until the system has their
// outcomes. One goroutine takes it.
type room struct {
	calls chan struct{}
	bytes atomic.Int64 // of outcomes
	most  int64
	freed chan struct{} // has a token if bytes has fallen
}

func newRoom(calls int, bytes int64) *room {
	return &room{calls: make(chan struct{}, calls), most: bytes, freed: make(chan struct{}, 1)}
}

// tryTake takes what a call needs if it is there.
func (r *room) tryTake() bool {
	if r.bytes.Load() >= r.most {
		return false
	}
	select {
	case r.calls <- struct{}{}:
		return true
	default:
		return false
	}
}

// take waits for what a call needs.
func (r *room) take(ctx context.Context) error {
	for r.bytes.Load() >= r.most {
		select {
		case <-r.freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case r.calls <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fill notes that an outcome has come.
func (r *room) fill(e *record) { r.bytes.Add(e.size()) }

// free gives back what calls have taken.
func (r *room) free(calls int, bytes int64) {
	for range calls {
		<-r.calls
	}
	r.bytes.Add(-bytes)
	select {
	case r.freed <- struct{}{}:
	default:
	}
}

// size is about what a record holds in memory.
func (e *record) size() int64 {
	n := len(e.call.ID) + len(e.outcome.Result)
	if said := (*jsonrpc.Error)(nil); errors.As(e.outcome.Err, &said) {
		n += len(said.Message) + len(said.Data)
	}
	return int64(n)
}
