package load

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"time"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"short": Short, "number": number, "percent": func(part, all int64) string { return number(100 * float64(part) / float64(max(all, 1))) },
}).Parse(pageText))

// WriteHTML writes one page with the reports and their plots: several are shown
// side by side. Nothing is loaded by it.
func WriteHTML(w io.Writer, title string, reports []*Report, notes []string) error {
	data := struct {
		Title   string
		Reports []*Report
		Notes   []string
		Plots   []plot
	}{title, reports, notes, nil}
	data.Plots = []plot{curvePlot(reports), samplePlot("Throughput", "calls a second", reports, func(s ReportSample) float64 { return s.Throughput })}
	data.Plots = append(data.Plots, samplePlot("Latency over time, 99 %", "milliseconds", reports, func(s ReportSample) float64 { return ms(s.P99) }))
	errors := samplePlot("Errors over time", "calls of an interval", reports, func(s ReportSample) (n float64) {
		for _, count := range s.Errors {
			n += float64(count)
		}
		return n
	})
	if errors.top > 0 {
		data.Plots = append(data.Plots, errors)
	}
	return page.Execute(w, data)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// The size of a plot, in the units of its SVG.
const (
	plotWidth, plotHeight = 640.0, 260.0
	plotLeft, plotBottom  = 64.0, 34.0
	plotTop, plotRight    = 14.0, 16.0
)

// A plot is one of lines.
type plot struct {
	Title, Unit string
	Lines       []plotLine
	Across, Up  []tick
	top         float64
}

type plotLine struct {
	Name   string
	Class  string
	Points string
}

type tick struct {
	At   float64
	Text string
}

// curvePlot shows the latency at each percentile, the nines spread out.
func curvePlot(reports []*Report) plot {
	p := plot{Title: "Latency by percentile", Unit: "milliseconds"}
	nines := 2.0
	for _, r := range reports {
		for _, point := range r.Curve {
			p.top = max(p.top, ms(point.Latency))
			if point.Percentile < 100 {
				nines = max(nines, math.Ceil(-math.Log10(1-point.Percentile/100)-1e-9))
			}
		}
	}
	across := func(percentile float64) float64 {
		if percentile >= 100 {
			return 1
		}
		return min(-math.Log10(1-percentile/100)/(nines+0.3), 1)
	}
	for _, at := range []float64{0, 50, 90, 99, 99.9, 99.99, 99.999} {
		if x := across(at); x < 0.97 {
			p.Across = append(p.Across, tick{plotX(x), fmt.Sprintf("%v %%", at)})
		}
	}
	p.scale()
	for i, r := range reports {
		line := plotLine{Name: r.Target, Class: lineClass(i)}
		for _, point := range r.Curve {
			line.add(across(point.Percentile), ms(point.Latency)/p.top)
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}

// samplePlot shows a figure over time.
func samplePlot(title, unit string, reports []*Report, value func(ReportSample) float64) plot {
	p := plot{Title: title, Unit: unit}
	end := time.Duration(1)
	for _, r := range reports {
		for _, s := range r.Samples {
			p.top, end = max(p.top, value(s)), max(end, s.At)
		}
	}
	step := niceStep(end.Seconds() / 6)
	for at := 0.0; at <= end.Seconds()*0.98; at += step {
		p.Across = append(p.Across, tick{plotX(at / end.Seconds()), number(at) + " s"})
	}
	if p.top == 0 {
		return p
	}
	p.scale()
	for i, r := range reports {
		line := plotLine{Name: r.Target, Class: lineClass(i)}
		for _, s := range r.Samples {
			line.add(s.At.Seconds()/end.Seconds(), value(s)/p.top)
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}

// scale makes the upward axis end at a round figure.
func (p *plot) scale() {
	step := niceStep(p.top / 4)
	p.top = step * math.Ceil(p.top/step)
	if p.top == 0 {
		p.top, step = 1, 1
	}
	for at := 0.0; at <= p.top*1.001; at += step {
		p.Up = append(p.Up, tick{plotY(at / p.top), number(at)})
	}
}

// niceStep is the 1, 2 or 5 of some power of ten that is not below about.
func niceStep(about float64) float64 {
	if about <= 0 || math.IsInf(about, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(about)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= about {
			return m * power
		}
	}
	return 10 * power
}

func plotX(share float64) float64 { return plotLeft + share*(plotWidth-plotLeft-plotRight) }
func plotY(share float64) float64 {
	return plotHeight - plotBottom - share*(plotHeight-plotBottom-plotTop)
}

func (l *plotLine) add(across, up float64) {
	l.Points += fmt.Sprintf("%.1f,%.1f ", plotX(across), plotY(min(up, 1)))
}

func lineClass(i int) string { return "line" + fmt.Sprint(i%2+1) }
