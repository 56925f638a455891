package resilience

import "sync"

// A Budget bounds retries and hedges to a share of the calls, so that a server
// that fails is not asked several times as often as one that works. It is a bucket
// of tokens: each call puts in a part of one, each message that is sent again
// takes one out. Policies that are given the same Budget share it.
type Budget struct {
	share float64
	most  float64

	mu     sync.Mutex // for what follows
	tokens float64
}

// NewBudget returns a full Budget. Each call adds share of a token, as 0.2 for one
// retry in five calls; it holds spare tokens at most, for times with few calls.
// What is not positive means the default: 0.2 and 10.
func NewBudget(share float64, spare int) *Budget {
	most := float64(positive(spare, 10))
	return &Budget{share: positive(share, 0.2), most: most, tokens: most}
}

// called adds what a call adds.
func (b *Budget) called() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.tokens+b.share, b.most)
}

// take takes a token out, if there is one.
func (b *Budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
