package load

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// A Report is a Result for people and for other programs. Times are in
// nanoseconds.
type Report struct {
	Target      string           `json:"target"`
	Method      string           `json:"method"`
	Started     time.Time        `json:"started"`
	Concurrency int              `json:"concurrency"`
	Rate        float64          `json:"rate,omitempty"` // of an open loop
	Elapsed     time.Duration    `json:"elapsed_ns"`
	Calls       int64            `json:"calls"`
	Throughput  float64          `json:"calls_per_second"`
	Failed      int64            `json:"failed"`
	Errors      map[string]int64 `json:"errors,omitempty"`
	Unsent      int64            `json:"unsent,omitempty"`
	Latency     Latency          `json:"latency"`
	Service     *Latency         `json:"service,omitempty"` // of an open loop: from when a call was made
	Samples     []ReportSample   `json:"samples"`
	Curve       []Point          `json:"curve"` // the latency at each percentile
	// Distribution counts calls by latency, in bars a twentieth of a power of ten
	// wide. Empty ones are left out.
	Distribution []Bar `json:"distribution"`
}

// Latency is a distribution of times.
type Latency struct {
	Min   time.Duration `json:"min_ns"`
	Mean  time.Duration `json:"mean_ns"`
	P50   time.Duration `json:"p50_ns"`
	P90   time.Duration `json:"p90_ns"`
	P99   time.Duration `json:"p99_ns"`
	P999  time.Duration `json:"p99_9_ns"`
	P9999 time.Duration `json:"p99_99_ns"`
	Max   time.Duration `json:"max_ns"`
}

// A ReportSample is one interval.
type ReportSample struct {
	At         time.Duration    `json:"at_ns"` // its end
	Length     time.Duration    `json:"length_ns"`
	Throughput float64          `json:"calls_per_second"`
	Errors     map[string]int64 `json:"errors,omitempty"`
	P50        time.Duration    `json:"p50_ns"`
	P99        time.Duration    `json:"p99_ns"`
	Max        time.Duration    `json:"max_ns"`
}

// A Point is a latency that so many percent of the calls did not exceed.
type Point struct {
	Percentile float64       `json:"percentile"`
	Latency    time.Duration `json:"latency_ns"`
}

// Failed returns how many of its calls ended in an error.
func (s ReportSample) Failed() (n int64) {
	for _, count := range s.Errors {
		n += count
	}
	return n
}

// A Bar is how many calls took a time that is in it.
type Bar struct {
	From  time.Duration `json:"from_ns"`
	To    time.Duration `json:"to_ns"`
	Calls int64         `json:"calls"`
}

// NewReport makes a report of a result.
func NewReport(target, method string, r *Result) *Report {
	report := &Report{
		Target: target, Method: method, Started: r.Started, Concurrency: r.Concurrency, Rate: r.Rate, Elapsed: r.Elapsed, Calls: r.Calls,
		Throughput: r.Throughput(), Failed: r.Failed(), Errors: r.Errors, Unsent: r.Unsent, Latency: latencyOf(r.Latency),
	}
	if r.Rate > 0 {
		service := latencyOf(r.Service)
		report.Service = &service
	}
	report.Samples = []ReportSample{}
	for _, s := range r.Samples {
		if s.Length > 0 {
			report.Samples = append(report.Samples, ReportSample{
				At: s.At, Length: s.Length, Throughput: float64(s.Calls) / s.Length.Seconds(), Errors: s.Errors, P50: s.P50, P99: s.P99, Max: s.Max,
			})
		}
	}
	report.Curve, report.Distribution = curve(r.Latency), distribution(r.Latency)
	return report
}

// curve has points as dense as a scale of nines shows them: 0, 10 … 90, 91 … 99,
// 99.1 … while there are calls beyond.
func curve(h Histogram) []Point {
	points := []Point{}
	calls := float64(h.TotalCount())
	for step := 10.0; calls > 0 && step >= 0.001; step /= 10 {
		for i := range 9 {
			p := 100 - step*float64(10-i)
			if calls*(100-p)/100 < 1 {
				break
			}
			points = append(points, Point{math.Round(p*1e4) / 1e4, time.Duration(h.ValueAtQuantile(p))})
		}
	}
	if calls > 0 {
		points = append(points, Point{100, time.Duration(h.Max())})
	}
	return points
}

func distribution(h Histogram) []Bar {
	const perDecade = 20
	edge := func(k int) time.Duration { return time.Duration(math.Round(math.Pow(10, float64(k)/perDecade))) }
	bars, last := []Bar{}, math.MinInt
	for _, counted := range h.Distribution() {
		if counted.Count == 0 {
			continue
		}
		k := int(math.Floor(perDecade * math.Log10(float64(counted.From+counted.To)/2)))
		if k != last {
			bars = append(bars, Bar{From: edge(k), To: edge(k + 1)})
			last = k
		}
		bars[len(bars)-1].Calls += counted.Count
	}
	return bars
}

func latencyOf(h Histogram) Latency {
	if h.TotalCount() == 0 {
		return Latency{}
	}
	at := func(q float64) time.Duration { return time.Duration(h.ValueAtQuantile(q)) }
	return Latency{
		Min: time.Duration(h.Min()), Mean: time.Duration(h.Mean()), P50: at(50), P90: at(90), P99: at(99),
		P999: at(99.9), P9999: at(99.99), Max: time.Duration(h.Max()),
	}
}

// Load says how calls were made.
func (r *Report) Load() string {
	if r.Rate > 0 {
		return fmt.Sprintf("open loop, %s calls due a second, at most %d under way", number(r.Rate), r.Concurrency)
	}
	return fmt.Sprintf("closed loop, %d under way", r.Concurrency)
}

// WriteText writes the report as plain text.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "load         %s\n", r.Load())
	fmt.Fprintf(&b, "calls        %d in %v, %s a second\n", r.Calls, Short(r.Elapsed), number(r.Throughput))
	fmt.Fprintf(&b, "errors       %s\n", r.ErrorText())
	if r.Unsent > 0 {
		fmt.Fprintf(&b, "not made     %s\n", r.UnsentText())
	}
	fmt.Fprintf(&b, "latency      %s\n", r.Latency.text())
	if r.Service != nil {
		fmt.Fprintf(&b, "from sending %s\n", r.Service.text())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (l Latency) text() string {
	if l.Max == 0 {
		return "of no call"
	}
	return fmt.Sprintf("mean %v, 50 %% %v, 90 %% %v, 99 %% %v, 99.9 %% %v, 99.99 %% %v, longest %v",
		Short(l.Mean), Short(l.P50), Short(l.P90), Short(l.P99), Short(l.P999), Short(l.P9999), Short(l.Max))
}

// ErrorText counts the errors, and those of each class.
func (r *Report) ErrorText() string {
	lines := r.ErrorLines()
	if len(lines) == 1 {
		return lines[0]
	}
	return lines[0] + ": " + strings.Join(lines[1:], ", ")
}

// ErrorLines counts the errors, and then those of each class, the most frequent
// first.
func (r *Report) ErrorLines() []string {
	if r.Failed == 0 {
		return []string{"none"}
	}
	lines := []string{fmt.Sprintf("%d, %s %% of all", r.Failed, number(100*float64(r.Failed)/float64(r.Calls)))}
	for _, class := range r.errorClasses() {
		lines = append(lines, fmt.Sprintf("%d × %s", r.Errors[class], class))
	}
	return lines
}

// UnsentText says how many calls were due and not made, and why.
func (r *Report) UnsentText() string {
	if r.Unsent == 0 {
		return "none"
	}
	return fmt.Sprintf("%d, %s %% of those due: %d were under way, and the server did not keep up",
		r.Unsent, number(100*float64(r.Unsent)/float64(r.Calls+r.Unsent)), r.Concurrency)
}

// errorClasses are those that occurred, the most frequent first.
func (r *Report) errorClasses() []string {
	return slices.SortedFunc(maps.Keys(r.Errors), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Errors[b], r.Errors[a]), strings.Compare(a, b))
	})
}

// Short has three digits of a time, more or less.
func Short(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}

// number has three digits or all those before the point.
func number(f float64) string {
	switch {
	case f >= 100 || f == math.Trunc(f):
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.3g", f)
}
