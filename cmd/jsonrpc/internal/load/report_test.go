package load

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// measured is a report on calls that take from 1 to 10 ms; each tenth fails after
// 20 ms, and so does each hundredth, in another way.
func measured(t *testing.T, target string, plan Plan) (r *Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		plan.pause = time.Sleep
		plan.Call = func(_ context.Context, n int64) string {
			switch {
			case n%100 == 99:
				time.Sleep(20 * time.Millisecond)
				return "HTTP 503"
			case n%10 == 9:
				time.Sleep(20 * time.Millisecond)
				return "error -32000"
			}
			time.Sleep(time.Duration(n%10+1) * time.Millisecond)
			return ""
		}
		r = NewReport(target, "cat", Run(t.Context(), plan, nil))
	})
	return r
}

func TestReportText(t *testing.T) {
	tests := []struct {
		plan Plan
		want string
	}{
		{Plan{Concurrency: 1, Count: 1000}, `load         closed loop, 1 under way
calls        1000 in 6.5s, 154 a second
errors       100, 10 % of all: 90 × error -32000, 10 × HTTP 503
latency      mean 6.5ms, 50 % 5ms, 90 % 9ms, 99 % 20ms, 99.9 % 20ms, 99.99 % 20ms, longest 20ms
`},
		{Plan{Concurrency: 3, Count: 1000, Rate: 100}, `load         open loop, 100 calls due a second, at most 3 under way
calls        1000 in 10s, 99.9 a second
errors       100, 10 % of all: 90 × error -32000, 10 × HTTP 503
latency      mean 6.5ms, 50 % 5ms, 90 % 9ms, 99 % 20ms, 99.9 % 20ms, 99.99 % 20ms, longest 20ms
from sending mean 6.5ms, 50 % 5ms, 90 % 9ms, 99 % 20ms, 99.9 % 20ms, 99.99 % 20ms, longest 20ms
`},
		{Plan{Concurrency: 1, Rate: 1000, Duration: 1300 * time.Millisecond}, `load         open loop, 1000 calls due a second, at most 1 under way
calls        200 in 1.3s, 154 a second
errors       20, 10 % of all: 18 × error -32000, 2 × HTTP 503
not made     1100, 84.6 % of those due: 1 were under way, and the server did not keep up
`},
	}
	for _, test := range tests {
		var b strings.Builder
		if err := measured(t, "here", test.plan).WriteText(&b); err != nil || !strings.HasPrefix(b.String(), test.want) {
			t.Errorf("got (%v)\n%swant\n%s", err, b.String(), test.want)
		}
	}
}

// What other programs read keeps its names.
func TestReportJSON(t *testing.T) {
	r := measured(t, "here", Plan{Concurrency: 1, Count: 1000, Rate: 100})
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Target, Method string
		Started        time.Time
		Calls, Failed  int64
		Elapsed        int64   `json:"elapsed_ns"`
		PerSecond      float64 `json:"calls_per_second"`
		Errors         map[string]int64
		Latency        map[string]int64
		Service        map[string]int64
		Samples        []struct {
			At     int64   `json:"at_ns"`
			Length int64   `json:"length_ns"`
			Rate   float64 `json:"calls_per_second"`
			P99    int64   `json:"p99_ns"`
			Errors map[string]int64
		}
		Curve []struct {
			Percentile float64
			Latency    int64 `json:"latency_ns"`
		}
		Distribution []struct {
			From  int64 `json:"from_ns"`
			To    int64 `json:"to_ns"`
			Calls int64
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Target != "here" || got.Method != "cat" || got.Calls != 1000 || got.Failed != 100 || got.Errors["HTTP 503"] != 10 ||
		got.Elapsed <= 0 || got.PerSecond < 99 || got.Started.IsZero() {
		t.Errorf("%s", text)
	}
	for _, name := range []string{"min_ns", "mean_ns", "p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "p99_99_ns", "max_ns"} {
		if got.Latency[name] < int64(time.Millisecond)*99/100 || got.Service[name] < int64(time.Millisecond)*99/100 {
			t.Errorf("%s: %d, %d", name, got.Latency[name], got.Service[name])
		}
	}
	var inBars, inSamples, failed float64
	for _, b := range got.Distribution {
		inBars += float64(b.Calls)
		if b.From >= b.To {
			t.Errorf("%+v", b)
		}
	}
	for _, s := range got.Samples {
		inSamples += s.Rate * time.Duration(s.Length).Seconds()
		failed += float64(s.Errors["HTTP 503"] + s.Errors["error -32000"])
	}
	if inBars != 1000 || inSamples < 999.9 || inSamples > 1000.1 || failed != 100 {
		t.Errorf("%v calls in bars, %v in samples, %v errors in them", inBars, inSamples, failed)
	}
	last := got.Curve[len(got.Curve)-1]
	if got.Curve[0].Percentile != 0 || last.Percentile != 100 || last.Latency != got.Latency["max_ns"] {
		t.Errorf("the curve is from %+v to %+v", got.Curve[0], last)
	}
	for i, point := range got.Curve[1:] {
		if before := got.Curve[i]; point.Percentile <= before.Percentile || point.Latency < before.Latency {
			t.Errorf("%+v after %+v", point, before)
		}
	}
}

// A run that an interrupt ended before the first call has a report, too.
func TestReportOfNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	call := func(context.Context, int64) string { return "" }
	for _, rate := range []float64{0, 10} {
		r := NewReport("here", "cat", Run(ctx, Plan{Call: call, Count: 5, Rate: rate}, nil))
		var text, page strings.Builder
		if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "\nlatency      of no call\n") {
			t.Errorf("%v, %s", err, text.String())
		}
		if err := WriteHTML(&page, []*Report{r, r}, nil); err != nil || strings.Contains(page.String(), "NaN") {
			t.Errorf("%v, %s", err, page.String())
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	}
}
