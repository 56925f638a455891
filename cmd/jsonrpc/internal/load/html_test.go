package load

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func htmlOf(t *testing.T, notes []string, reports ...*Report) string {
	t.Helper()
	var b strings.Builder
	if err := WriteHTML(&b, reports, notes); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	plotPaths = regexp.MustCompile(`<path class="(line line[0-9])" d="([^"]*)"`)
	plotTitle = regexp.MustCompile(`<h2>([^<]*)</h2>`)
	plotPoint = regexp.MustCompile(`[ML]([-0-9.]+) ([-0-9.]+)`)
)

func titles(page string) (all []string) {
	for _, m := range plotTitle.FindAllStringSubmatch(page, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestHTMLOfOne(t *testing.T) {
	r := measured(t, "http://pets.example", Plan{Concurrency: 1, Count: 1000})
	page := htmlOf(t, nil, r)
	want := []string{"Figures", "Distribution of latency", "Latency by percentile", "Throughput over time", "Latency over time", "Errors over time"}
	if got := titles(page); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, part := range []string{"<b>154</b>", "<b>5\u00a0ms</b>", "<b>100</b><span>errors in 1000 calls</span>", "90 × error -32000<br>10 × HTTP 503", ">HTTP 503</span>"} {
		if !strings.Contains(page, part) {
			t.Errorf("it lacks %q", part)
		}
	}
	checkPlots(t, page)

	r.Failed, r.Errors = 0, nil
	if page := htmlOf(t, nil, r); slices.Contains(titles(page), "Errors over time") {
		t.Error("there is a plot of no errors")
	}
}

func TestHTMLOfTwo(t *testing.T) {
	one := measured(t, "first", Plan{Concurrency: 1, Count: 2000})
	other := measured(t, "second", Plan{Concurrency: 2, Rate: 50, Duration: 20 * time.Second})
	page := htmlOf(t, []string{"they differ"}, one, other)
	if !strings.Contains(page, "<li>they differ</li>") {
		t.Error("it lacks the note")
	}
	checkPlots(t, page)
	classes := map[string]int{}
	for _, m := range plotPaths.FindAllStringSubmatch(page, -1) {
		classes[m[1]]++
	}
	// Four plots with both, and one of errors for each.
	if classes["line line1"] != 6 || classes["line line2"] != 6 {
		t.Errorf("%v", classes)
	}
	// The second is dashed: not colour alone tells them apart.
	if !strings.Contains(page, ".line2 { stroke: var(--c2); stroke-dasharray:") {
		t.Error("the second line is not dashed")
	}
}

// checkPlots checks that lines stay inside their plots.
func checkPlots(t *testing.T, page string) {
	t.Helper()
	paths := plotPaths.FindAllStringSubmatch(page, -1)
	if len(paths) == 0 {
		t.Error("there are no lines")
	}
	for _, path := range paths {
		points := plotPoint.FindAllStringSubmatch(path[2], -1)
		if len(points) < 2 {
			t.Errorf("a line of %d points", len(points))
		}
		for _, p := range points {
			x, _ := strconv.ParseFloat(p[1], 64)
			y, _ := strconv.ParseFloat(p[2], 64)
			if x < plotLeft || x > plotWidth-plotRight || y < plotTop || y > plotHeight-plotBottom {
				t.Errorf("a point at %v, %v", x, y)
			}
		}
		if left := plotPoint.ReplaceAllString(path[2], ""); left != "" {
			t.Errorf("a path with %q", left)
		}
	}
	var last float64
	for _, m := range regexp.MustCompile(`<text(?: class="thin")? x="([-0-9.]+)" y="250"`).FindAllStringSubmatch(page, -1) {
		x, _ := strconv.ParseFloat(m[1], 64)
		if x > last && x-last < 36 && last > 0 {
			t.Errorf("labels at %v and %v overlap", last, x)
		}
		last = x
	}
}

// A server, a method and an error class are texts from outside.
func TestHTMLIsSafe(t *testing.T) {
	const evil = `<script>alert(1)</script>" onload="x" <img src=http://evil.example/x>`
	r := measured(t, evil, Plan{Concurrency: 1, Count: 500})
	r.Method = evil
	for i := range r.Samples {
		r.Samples[i].Errors = map[string]int64{evil: 3}
	}
	r.Errors, r.Failed = map[string]int64{evil: 100}, 100
	page := htmlOf(t, []string{evil}, r, r)
	for _, part := range []string{"<script", "<img", `" onload`, "url(", "@import", "<link", " src="} {
		if strings.Contains(strings.ReplaceAll(page, "&lt;img src=http", ""), part) {
			t.Errorf("it has %q", part)
		}
	}
	if !strings.Contains(page, `content="default-src 'none'; style-src 'unsafe-inline'"`) {
		t.Error("it may load something")
	}
	if err := wellFormed(page); err != nil {
		t.Error(err)
	}
}

// wellFormed reads a page as strictly as XML can.
func wellFormed(page string) error {
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	open := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if open != 0 {
				return fmt.Errorf("%d elements are not closed", open)
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			open++
		case xml.EndElement:
			open--
		}
	}
}

func TestAxes(t *testing.T) {
	text := func(ticks []tick) (all []string) {
		for _, t := range ticks {
			all = append(all, strings.ReplaceAll(t.Text, "\u00a0", " "))
		}
		return all
	}
	for _, test := range []struct {
		got  []tick
		want string
	}{
		{second(linear(95, 4, number)), "[0 50 100]"},
		{second(linear(100, 4, number)), "[0 50 100]"},
		{second(linear(0.3, 4, number)), "[0 0.1 0.2 0.3]"},
		{second(linear(0, 4, number)), "[0 1]"},
		{second(linear(61000, 4, thousands)), "[0 20 k 40 k 60 k 80 k]"},
		{second(overTime(10 * time.Second)), "[0 s 2 s 4 s 6 s 8 s 10 s]"},
		{second(overTime(700 * time.Millisecond)), "[0 s 0.2 s 0.4 s 0.6 s]"},
		{second(logarithmic(110e3, 900e3)), "[100µs 200µs 500µs 1 ms]"},
		{second(logarithmic(5e6, 5e6)), "[5 ms 10 ms]"},
		{second(logarithmic(3e3, 40e9)), "[10µs 100µs 1 ms 10 ms 100 ms 1 s 10 s]"},
	} {
		if got := strings.ReplaceAll(fmt.Sprint(text(test.got)), " µs", "µs"); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

func second(_ axis, ticks []tick) []tick { return ticks }
