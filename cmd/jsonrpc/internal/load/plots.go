package load

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// plots are those of one report, or of two beside each other. What has no values
// has no plot.
func plots(reports []*Report) (all []*plot) {
	reports = slices.DeleteFunc(slices.Clone(reports), func(r *Report) bool { return r.Calls == 0 })
	if len(reports) == 0 {
		return nil
	}
	all = append(all, distributionPlot(reports), curvePlot(reports), throughputPlot(reports), latencyPlot(reports))
	for _, r := range reports {
		if r.Failed > 0 {
			all = append(all, errorPlot(r, len(reports) > 1))
		}
	}
	return all
}

// distributionPlot shows how many calls took how long.
func distributionPlot(reports []*Report) *plot {
	least, most, top := math.Inf(1), 0.0, 0.0
	for _, r := range reports {
		for _, b := range r.Distribution {
			least, most = min(least, float64(b.From)), max(most, float64(b.To))
			top = max(top, r.share(b.Calls))
		}
	}
	x, across := logarithmic(least, most)
	y, up := linear(top, 4, func(v float64) string { return number(v) + " %" })
	p := newPlot("Distribution of latency", "share of all calls, in bars of equal width on this scale", x, y, across, up)
	p.Filled = true
	for i, r := range reports {
		l := p.line(r.Target, i)
		end := time.Duration(0)
		for _, b := range r.Distribution {
			if b.From != end {
				if end > 0 {
					p.to(l, float64(end), 0)
				}
				p.to(l, float64(b.From), 0)
			}
			p.to(l, float64(b.From), r.share(b.Calls))
			p.to(l, float64(b.To), r.share(b.Calls))
			end = b.To
		}
		p.to(l, float64(end), 0)
	}
	return p
}

func (r *Report) share(calls int64) float64 { return 100 * float64(calls) / float64(r.Calls) }

// curvePlot shows the latency at each percentile, the nines spread out.
func curvePlot(reports []*Report) *plot {
	nines := 1.0
	for _, r := range reports {
		for _, point := range r.Curve {
			if point.Percentile < 100 {
				nines = max(nines, -math.Log10(1-point.Percentile/100))
			}
		}
	}
	x := func(percentile float64) float64 {
		if percentile >= 100 {
			return 1
		}
		return -math.Log10(1-percentile/100) / (nines * 1.06)
	}
	var across []tick
	for _, at := range []float64{0, 50, 90, 99, 99.9, 99.99, 99.999} {
		if x(at) < 0.97 && (at > 0 || x(50) > 0.1) {
			across = append(across, tick{at, fmt.Sprintf("%v %%", at)})
		}
	}
	y, up := latencyAxis(reports, func(r *Report, yield func(time.Duration)) {
		for _, point := range r.Curve {
			yield(point.Latency)
		}
	})
	p := newPlot("Latency by percentile", "so many percent of the calls took no longer", x, y, across, up)
	for i, r := range reports {
		l := p.line(r.Target, i)
		for _, point := range r.Curve {
			p.to(l, point.Percentile, float64(point.Latency))
		}
	}
	return p
}

// latencyAxis is one that all values of the reports are on.
func latencyAxis(reports []*Report, values func(*Report, func(time.Duration))) (axis, []tick) {
	least, most := math.Inf(1), 1.0
	for _, r := range reports {
		values(r, func(d time.Duration) {
			if d > 0 {
				least, most = min(least, float64(d)), max(most, float64(d))
			}
		})
	}
	return logarithmic(min(least, most), most)
}

func throughputPlot(reports []*Report) *plot {
	top := 0.0
	for _, r := range reports {
		for _, s := range r.Samples {
			top = max(top, s.Throughput)
		}
	}
	x, across := overTime(longest(reports))
	y, up := linear(top, 4, thousands)
	p := newPlot("Throughput over time", "calls a second, those that failed too", x, y, across, up)
	for i, r := range reports {
		p.steps(p.line(r.Target, i), r.Samples, func(s *ReportSample) float64 { return s.Throughput })
	}
	return p
}

// latencyPlot shows three figures of one report, or one of two.
func latencyPlot(reports []*Report) *plot {
	p99 := func(s *ReportSample) float64 { return float64(s.P99) }
	x, across := overTime(longest(reports))
	alone := len(reports) == 1
	y, up := latencyAxis(reports, func(r *Report, yield func(time.Duration)) {
		for _, s := range r.Samples {
			if yield(s.P99); alone {
				yield(s.P50)
				yield(s.Max)
			}
		}
	})
	if !alone {
		p := newPlot("Latency over time", "of 99 % of the calls", x, y, across, up)
		for i, r := range reports {
			p.steps(p.line(r.Target, i), r.Samples, p99)
		}
		return p
	}
	p := newPlot("Latency over time", "", x, y, across, up)
	p.steps(p.line("median", 0), reports[0].Samples, func(s *ReportSample) float64 { return float64(s.P50) })
	p.steps(p.line("99 %", 1), reports[0].Samples, p99)
	p.steps(p.line("longest", 2), reports[0].Samples, func(s *ReportSample) float64 { return float64(s.Max) })
	return p
}

// errorPlot shows the errors of each class, the rare ones as one.
func errorPlot(r *Report, named bool) *plot {
	const most = 4
	classes := r.errorClasses()
	shown := classes[:min(most, len(classes))]
	rate := func(s *ReportSample, class string) float64 { return float64(s.Errors[class]) / s.Length.Seconds() }
	rest := func(s *ReportSample) (n float64) {
		for class := range maps.Keys(s.Errors) {
			if !slices.Contains(shown, class) {
				n += rate(s, class)
			}
		}
		return n
	}
	top := 0.0
	for i := range r.Samples {
		for _, class := range shown {
			top = max(top, rate(&r.Samples[i], class))
		}
		top = max(top, rest(&r.Samples[i]))
	}
	title := "Errors over time"
	if named {
		title += ": " + r.Target
	}
	x, across := overTime(longest([]*Report{r}))
	y, up := linear(top, 4, thousands)
	p := newPlot(title, "errors a second", x, y, across, up)
	for i, class := range shown {
		p.steps(p.line(class, i), r.Samples, func(s *ReportSample) float64 { return rate(s, class) })
	}
	if len(classes) > most {
		p.steps(p.line("others", most), r.Samples, rest)
	}
	return p
}

// steps draws a value for each interval. On a logarithmic axis there is no nought.
func (p *plot) steps(l *plotLine, samples []ReportSample, value func(*ReportSample) float64) {
	for i := range samples {
		s := &samples[i]
		v := value(s)
		if math.IsInf(p.y(v), 0) {
			l.lift()
			continue
		}
		p.to(l, (s.At - s.Length).Seconds(), v)
		p.to(l, s.At.Seconds(), v)
	}
}

func longest(reports []*Report) time.Duration {
	end := time.Duration(1)
	for _, r := range reports {
		for _, s := range r.Samples {
			end = max(end, s.At)
		}
	}
	return end
}
