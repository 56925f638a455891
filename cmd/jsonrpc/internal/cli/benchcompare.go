package cli

import (
	"context"
	"fmt"
	"math"
	"time"

	"example.com/jsonrpc/cmd/jsonrpc/internal/load"
)

// A benchComparison is the report on two servers.
type benchComparison struct {
	Servers    []*load.Report             `json:"servers"`
	Difference map[string]load.Comparison `json:"difference"` // of the second to the first
}

// A benchFigure is one by which servers are compared.
type benchFigure struct {
	key, name string
	of        func(*load.Result) float64
	pairs     [2][]float64
}

func benchFigures(rate float64) []*benchFigure {
	quantile := func(q float64) func(*load.Result) float64 {
		return func(r *load.Result) float64 { return float64(r.Latency.ValueAtQuantile(q)) }
	}
	figures := []*benchFigure{
		{key: "p50", name: "median latency", of: quantile(50)},
		{key: "p99", name: "99 % latency", of: quantile(99)},
	}
	if rate > 0 { // the throughput is what was asked for
		return figures
	}
	return append([]*benchFigure{{key: "calls_per_second", name: "throughput", of: (*load.Result).Throughput}}, figures...)
}

// compare measures two servers in turns, so that what else goes on on the machine
// is the same for both.
func (r *benchReport) compare(ctx context.Context, o *benchOptions, s *session, servers []*benchServer, plan load.Plan) error {
	rounds := int(o.rounds)
	plan.Duration /= time.Duration(rounds)
	plan.Count = int64(math.Ceil(float64(plan.Count) / float64(rounds)))
	plan.Interval = max(plan.Duration/2, 100*time.Millisecond)
	var merged [2]load.Merged
	figures := benchFigures(plan.Rate)
	for round := 0; round < rounds && ctx.Err() == nil; round++ {
		var results [2]*load.Result
		for turn := range servers {
			i := (turn + round) % 2 // each is the first as often
			plan.Call = servers[i].call
			live := o.liveView(s, fmt.Sprintf("turn %d of %d, %s, ", round+1, rounds, servers[i].name))
			results[i] = load.Run(ctx, plan, live.show)
			live.end()
			merged[i].Add(results[i])
		}
		if round == 0 { // they are warm now, but for what a pause cools
			plan.WarmUp = min(plan.WarmUp, 100*time.Millisecond)
		}
		if ctx.Err() != nil {
			break // not a whole turn
		}
		for _, f := range figures {
			for i, result := range results {
				f.pairs[i] = append(f.pairs[i], f.of(result))
			}
		}
	}
	whole := benchComparison{Difference: map[string]load.Comparison{}}
	for i, server := range servers {
		whole.Servers = append(whole.Servers, load.NewReport(server.name, server.method, merged[i].Result()))
	}
	for _, f := range figures {
		c := load.Compare(f.pairs[0], f.pairs[1])
		whole.Difference[f.key] = c
		r.notes = append(r.notes, verdict(f.name, c))
	}
	r.reports, r.whole = whole.Servers, whole
	r.notes = append(r.notes, cautions(whole.Servers)...)
	return nil
}

// verdict says whether a difference is real.
func verdict(name string, c load.Comparison) string {
	switch {
	case c.Rounds < load.MinRounds:
		return fmt.Sprintf("%s: after %d turns no difference can be told from chance", name, c.Rounds)
	case c.Real:
		return fmt.Sprintf("%s: the second's is %s times the first's (%s to %s): the difference is real (p = %.2g, %d turns)",
			name, ratio(c.Ratio), ratio(c.Low), ratio(c.High), c.P, c.Rounds)
	}
	return fmt.Sprintf("%s: no difference that could not be chance: the second's is %s times the first's (%s to %s; p = %.2g, %d turns)",
		name, ratio(c.Ratio), ratio(c.Low), ratio(c.High), c.P, c.Rounds)
}

// ratio has two digits behind the point, or three in all.
func ratio(v float64) string {
	if v >= 0.1 && v < 10 {
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// cautions say what makes figures of two servers hard to compare.
func cautions(servers []*load.Report) (notes []string) {
	if servers[0].Failed+servers[1].Failed > 0 {
		notes = append(notes, fmt.Sprintf("errors: %d of %d calls to the first, %d of %d to the second; their times count as others do",
			servers[0].Failed, servers[0].Calls, servers[1].Failed, servers[1].Calls))
	}
	if servers[0].Unsent+servers[1].Unsent > 0 {
		notes = append(notes, fmt.Sprintf("not made: %d calls to the first, %d to the second; of a server that does not keep up, latency tells how long it was called",
			servers[0].Unsent, servers[1].Unsent))
	}
	return notes
}
