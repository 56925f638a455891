package main

import "slices"

// median returns the middle of values, 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// of returns the median of a field over the rounds.
func (res *results) of(r *row, contender string, field func(*sample) float64) float64 {
	var values []float64
	for _, s := range res.samples[r][contender] {
		if s != nil {
			values = append(values, field(s))
		}
	}
	return median(values)
}

// times returns the median over the rounds of a contender's cost by that of the
// base in the same round: what slows a round down slows both. It is 0 if they
// never met.
func (res *results) times(r *row, contender string) float64 {
	var values []float64
	by := res.cost
	base := res.samples[r][r.base]
	for round, s := range res.samples[r][contender] {
		if s != nil && round < len(base) && base[round] != nil {
			values = append(values, by(s)/by(base[round]))
		}
	}
	return median(values)
}

func ns(s *sample) float64     { return s.NS }
func cpu(s *sample) float64    { return s.CPU }
func allocs(s *sample) float64 { return s.Allocs }
func rss(s *sample) float64    { return float64(s.RSS) / mib }
func heap(s *sample) float64   { return float64(s.Heap) / mib }
