package load

import (
	"math"
	"slices"
)

// A Comparison says how the figures of two servers differ that were measured in
// turns.
type Comparison struct {
	Rounds int     `json:"rounds"`
	Ratio  float64 `json:"ratio"` // of the second to the first, the median over the rounds
	// P is how likely a difference as large is if there is none: by exchanging the
	// two in any of the rounds (a permutation test of pairs).
	P float64 `json:"p"`
}

// Real reports whether the difference is more than chance: less likely than one
// in a hundred.
func (c Comparison) Real() bool { return c.P < 0.01 }

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
	c := Comparison{Rounds: len(logs), Ratio: 1, P: 1}
	if len(logs) == 0 {
		return c
	}
	sorted := slices.Sorted(slices.Values(logs))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	c.Ratio = math.Exp(median)
	c.P = signFlips(logs)
	return c
}

// signFlips returns the share of all choices of signs whose sum is as far from 0
// as that of the values.
func signFlips(values []float64) float64 {
	const exact = 16 // 65,536 choices; more rounds add nothing
	if len(values) > exact {
		values = values[len(values)-exact:]
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	far, all := 0, 1<<len(values)
	for signs := range all {
		flipped := 0.0
		for i, v := range values {
			if signs>>i&1 == 1 {
				v = -v
			}
			flipped += v
		}
		if math.Abs(flipped) >= math.Abs(sum)-1e-12 {
			far++
		}
	}
	return float64(far) / float64(all)
}
