package load

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A Comparison says how the figures of two servers differ that were measured in
// turns.
type Comparison struct {
	Rounds int     `json:"rounds"`
	Ratio  float64 `json:"ratio"` // of the second to the first, the median over the rounds
	// Low and High hold between them the ratio that a run without end would find,
	// with a confidence of 95 % or, in too few rounds for that, all that was seen.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// P is how likely a difference as large is if there is none: by exchanging the
	// two in any of the rounds (a permutation test of pairs).
	P    float64 `json:"p"`
	Real bool    `json:"real"` // P is below one in a hundred
}

// MinRounds is how many rounds it takes before a difference can be told from
// chance.
const MinRounds = 8

// Compare compares figures of the first and of the second server, a pair for each
// round. Pairs with a figure that is not positive are left out.
func Compare(first, second []float64) Comparison {
	var logs []float64
	for i := range min(len(first), len(second)) {
		if first[i] > 0 && second[i] > 0 {
			logs = append(logs, math.Log(second[i]/first[i]))
		}
	}
	c := Comparison{Rounds: len(logs), Ratio: 1, Low: 1, High: 1, P: 1}
	if len(logs) == 0 {
		return c
	}
	slices.Sort(logs)
	middle := len(logs) / 2
	median := logs[middle]
	if len(logs)%2 == 0 {
		median = (logs[middle-1] + logs[middle]) / 2
	}
	outer := outside(len(logs))
	c.Ratio, c.Low, c.High = math.Exp(median), math.Exp(logs[outer]), math.Exp(logs[len(logs)-1-outer])
	c.P = signFlips(logs)
	c.Real = c.P < 0.01
	return c
}

// outside returns how many of n values can be left out at either end for those
// that stay to hold the median with a confidence of 95 %: so many heads, or fewer,
// are shown by n coins with a likelihood of 2.5 % at most.
func outside(n int) (k int) {
	if n > 1000 { // as good as normal
		return int(float64(n)/2-0.98*math.Sqrt(float64(n))) - 1
	}
	heads := math.Pow(0.5, float64(n)) // the likelihood of exactly k
	for upTo := heads; ; k++ {
		heads *= float64(n-k) / float64(k+1)
		if upTo += heads; upTo > 0.025 {
			return k
		}
	}
}

// signFlips returns the share of all choices of signs whose sum is as far from 0
// as that of the values, or that of many choices if there are too many of all.
func signFlips(values []float64) float64 {
	const exact, tries = 14, 1 << 14
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	all, choose := tries, rand.NewPCG(1, 2).Uint64 // the same for the same values
	if len(values) <= exact {
		next := uint64(0)
		all, choose = 1<<len(values), func() uint64 { next++; return next }
	}
	far := 0
	for range all {
		flipped, signs := 0.0, uint64(0)
		for i, v := range values {
			if i%64 == 0 {
				signs = choose()
			}
			if signs>>(i%64)&1 == 1 {
				v = -v
			}
			flipped += v
		}
		if math.Abs(flipped) >= math.Abs(sum)-1e-12 {
			far++
		}
	}
	return max(float64(far), 1) / float64(all)
}
