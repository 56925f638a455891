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

// runComparison measures two servers in turns, so that what else goes on on the
// machine is the same for both.
func (o *benchOptions) runComparison(ctx context.Context, s *session, servers []*benchServer, plan load.Plan) error {
	rounds := int(o.rounds)
	if rounds < load.MinRounds {
		return &usageError{fmt.Sprintf("--rounds: in fewer than %d turns no difference can be told from chance", load.MinRounds)}
	}
	plan.Duration /= time.Duration(rounds)
	plan.Count = int64(math.Ceil(float64(plan.Count) / float64(rounds)))
	plan.Interval = max(plan.Duration/2, 100*time.Millisecond)
	results := make([]load.Merged, 2)
	figures := map[string]*[2][]float64{"throughput": {}, "median latency": {}, "99 % latency": {}}
	for round := range rounds {
		for turn := range servers {
			i := (turn + round) % 2 // each is the first as often
			plan.Call = servers[i].call
			live := o.liveView(s, fmt.Sprintf("turn %d of %d, %s, ", round+1, rounds, servers[i].name))
			r := load.Run(ctx, plan, live.show)
			live.end()
			plan.WarmUp = min(plan.WarmUp, plan.Duration/10) // it is warm now
			results[i].Add(r)
			figures["throughput"][i] = append(figures["throughput"][i], r.Throughput())
			figures["median latency"][i] = append(figures["median latency"][i], float64(r.Latency.ValueAtQuantile(50)))
			figures["99 % latency"][i] = append(figures["99 % latency"][i], float64(r.Latency.ValueAtQuantile(99)))
		}
		if ctx.Err() != nil {
			return errStopped
		}
	}
	whole := benchComparison{Difference: map[string]load.Comparison{}}
	for i, server := range servers {
		whole.Servers = append(whole.Servers, load.NewReport(server.name, server.method, results[i].Result()))
	}
	var notes []string
	for _, name := range []string{"throughput", "median latency", "99 % latency"} {
		if name == "throughput" && plan.Rate > 0 {
			continue // it is what was asked for
		}
		c := load.Compare(figures[name][0], figures[name][1])
		whole.Difference[name] = c
		notes = append(notes, verdict(name, c))
	}
	return o.print(s, whole.Servers, notes, whole)
}

// verdict says whether a difference is real.
func verdict(name string, c load.Comparison) string {
	text := fmt.Sprintf("%s: the second has %.3g times that of the first", name, c.Ratio)
	if c.Real {
		return text + fmt.Sprintf(", and the difference is real (p = %.2g, %d turns)", c.P, c.Rounds)
	}
	return text + fmt.Sprintf(", which may be chance (p = %.2g, %d turns)", c.P, c.Rounds)
}
