package cli

import (
	"context"
	"sync"
	"time"

	"example.com/jsonrpc"
)

// turns let messages go at a rate of calls, one by one: the next goes when the time of
// the last one's calls has passed. It is here beside resilience.RateLimit because bulk
// waits for a turn before it begins a call, and that waits within the call.
type turns struct {
	ofCall time.Duration

	mu   sync.Mutex
	next time.Time // when the next message may go
}

func newTurns(r rate) *turns { return &turns{ofCall: r.per / time.Duration(r.calls)} }

// wait waits for the turn of a message with so many calls. What ctx ends has its turn
// nevertheless.
func (t *turns) wait(ctx context.Context, calls int) error {
	const lateness = 10 * time.Millisecond // that is made up for: timers are not exact
	t.mu.Lock()
	now := time.Now()
	turn := t.next
	if earliest := now.Add(-lateness); turn.Before(earliest) {
		turn = earliest
	}
	t.next = turn.Add(time.Duration(calls) * t.ofCall)
	t.mu.Unlock()
	timer := time.NewTimer(turn.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// each has each attempt wait for its turn.
func (t *turns) each(next jsonrpc.Invoker) jsonrpc.Invoker {
	return func(ctx context.Context, x *jsonrpc.Exchange) error {
		calls := 0
		for range x.Items() {
			calls++
		}
		if err := t.wait(ctx, calls); err != nil {
			return err
		}
		return next(ctx, x)
	}
}
