package resilience

import (
	"sync"
	"time"
)

// bursts is a [limiter] that lets so many calls go at once in each period. That of
// failsafe-go saves up periods in which nobody calls, if a call had to wait before.
type bursts struct {
	calls int64
	per   time.Duration
	begin time.Time

	mu     sync.Mutex // for what follows
	period int64      // of the last turn, from begin
	left   int64      // calls of that period; negative if later ones are taken, too
}

func newBursts(calls int, per time.Duration) *bursts {
	return &bursts{calls: int64(calls), per: per, begin: time.Now(), left: int64(calls)}
}

func (b *bursts) TryReservePermits(cost uint, most time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Since(b.begin)
	if passed := int64(now/b.per) - b.period; passed > 0 {
		b.period += passed
		passed = min(passed, -b.left/b.calls+2) // no more are of use, and the product fits
		b.left = min(b.left+passed*b.calls, b.calls)
	}
	var wait time.Duration
	if over := int64(cost) - b.left; over > 0 {
		periods := (over + b.calls - 1) / b.calls
		wait = time.Duration(b.period+periods)*b.per - now
	}
	if wait > most {
		return -1
	}
	b.left -= int64(cost)
	return wait
}
