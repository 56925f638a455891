package cli

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurns: messages go at the rate of their calls, however many wait, and none that
// the context ends.
func TestTurns(t *testing.T) {
	for _, test := range []struct {
		rate    rate
		calls   []int // of messages
		between time.Duration
	}{
		{rate{2, time.Second}, []int{1, 1, 1, 1, 1}, 2 * time.Second},
		{rate{1, time.Minute}, []int{1, 1}, time.Minute},
		{rate{5, time.Second}, []int{6, 6, 6}, 2400 * time.Millisecond},
		{rate{1_000_000, time.Second}, []int{1_000_000, 1_000_000}, time.Second},
	} {
		for _, together := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				turns, begin := newTurns(test.rate), time.Now()
				var all sync.WaitGroup
				for _, calls := range test.calls {
					one := func() {
						if err := turns.wait(t.Context(), calls); err != nil {
							t.Error(err)
						}
					}
					if all.Go(one); !together {
						all.Wait()
					}
				}
				all.Wait()
				if got := time.Since(begin); got > test.between || got < test.between-10*time.Millisecond {
					t.Errorf("%v: the last of %d messages went after %v, want %v", test.rate, len(test.calls), got, test.between)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(rate{1, time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for i, want := range []error{nil, context.DeadlineExceeded, context.DeadlineExceeded} {
			if err := turns.wait(ctx, 1); err != want {
				t.Errorf("message %d: %v, want %v", i+1, err, want)
			}
		}
	})
}
