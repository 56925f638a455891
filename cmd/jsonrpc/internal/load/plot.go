package load

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// The size of a plot, in the units of its SVG. On a phone it is half as large, so
// that there are few labels, and large ones.
const (
	plotWidth, plotHeight = 640.0, 260.0
	plotLeft, plotBottom  = 80.0, 34.0
	plotTop, plotRight    = 12.0, 18.0
)

// A plot is one of lines.
type plot struct {
	Title, Note string
	Lines       []plotLine
	Across, Up  []tick
	Filled      bool
	x, y        axis
}

// A plotLine is a line in it. Its class sets its colour and its dashes: lines can be
// told apart without colours.
type plotLine struct {
	Name  string
	Class string
	Path  string
	pen   bool // the path goes on where it is
}

type tick struct {
	At   float64
	Text string
}

// An axis maps a value to its share of the plot's width or height.
type axis func(value float64) float64

// newPlot makes a plot of two axes and their ticks.
func newPlot(title, note string, x, y axis, across, up []tick) *plot {
	p := &plot{Title: title, Note: note, x: x, y: y}
	for _, t := range across {
		p.Across = append(p.Across, tick{plotX(x(t.At)), t.Text})
	}
	for _, t := range up {
		p.Up = append(p.Up, tick{plotY(y(t.At)), t.Text})
	}
	return p
}

func plotX(share float64) float64 {
	return tenth(plotLeft + share*(plotWidth-plotLeft-plotRight))
}

func plotY(share float64) float64 {
	return tenth(plotHeight - plotBottom - min(max(share, 0), 1)*(plotHeight-plotBottom-plotTop))
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// line begins a line: the n-th of its plot, from 0.
func (p *plot) line(name string, n int) *plotLine {
	const kinds = 5
	p.Lines = append(p.Lines, plotLine{Name: name, Class: fmt.Sprintf("line%d", n%kinds+1)})
	return &p.Lines[len(p.Lines)-1]
}

// Fill is the class of the area below.
func (l plotLine) Fill() string { return strings.Replace(l.Class, "line", "fill", 1) }

// to draws on to a point.
func (p *plot) to(l *plotLine, x, y float64) {
	command := "M"
	if l.pen {
		command = "L"
	}
	l.pen = true
	l.Path += fmt.Sprintf("%s%v %v", command, plotX(p.x(x)), plotY(p.y(y)))
}

// lift leaves a gap: there is no value.
func (l *plotLine) lift() { l.pen = false }

// linear is an axis from 0 to at least top, and its ticks.
func linear(top float64, parts int, text func(float64) string) (axis, []tick) {
	step := niceStep(top / float64(parts))
	top = max(step*math.Ceil(top/step-1e-9), step)
	var ticks []tick
	for n := 0.0; n*step <= top*1.001; n++ {
		ticks = append(ticks, tick{n * step, text(n * step)})
	}
	return func(v float64) float64 { return v / top }, ticks
}

// overTime is an axis of seconds, to the end of what there is.
func overTime(end time.Duration) (axis, []tick) {
	_, ticks := linear(end.Seconds(), 6, func(v float64) string { return number(v) + " s" })
	ticks = slices.DeleteFunc(ticks, func(t tick) bool { return t.At > end.Seconds() })
	return func(v float64) float64 { return v / end.Seconds() }, ticks
}

// logarithmic is an axis of times in nanoseconds, from least to most or beyond.
func logarithmic(least, most float64) (axis, []tick) {
	var steps []float64
	for power := math.Pow(10, math.Floor(math.Log10(least))); power <= most*10; power *= 10 {
		steps = append(steps, power, 2*power, 5*power)
	}
	first, last := 0, len(steps)-1
	for first+1 < last && steps[first+1] <= least {
		first++
	}
	for last-1 > first && steps[last-1] >= most {
		last--
	}
	steps = steps[first : last+1]
	low, high := math.Log(steps[0]), math.Log(steps[len(steps)-1])
	var ticks []tick
	for _, at := range steps {
		one := strings.HasPrefix(fmt.Sprintf("%e", at), "1.0")
		if len(steps) <= 9 || one {
			ticks = append(ticks, tick{at, timeText(time.Duration(math.Round(at)))})
		}
	}
	return func(v float64) float64 { return (math.Log(v) - low) / (high - low) }, ticks
}

// thousands is a number that is short enough for an axis.
func thousands(v float64) string {
	switch {
	case v >= 1e6:
		return number(v/1e6) + " M"
	case v >= 1e4:
		return number(v/1e3) + " k"
	}
	return number(v)
}

// timeText is a time with a space before its unit.
func timeText(d time.Duration) string {
	text := Short(d).String()
	if unit := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' }); unit > 0 && d < time.Minute {
		return text[:unit] + "\u00a0" + text[unit:]
	}
	return text
}

// niceStep is the 1, 2 or 5 of some power of ten that is not below about.
func niceStep(about float64) float64 {
	if about <= 0 || math.IsInf(about, 0) || math.IsNaN(about) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(about)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= about*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}
