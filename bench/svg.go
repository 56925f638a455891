package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Plots are SVG written by hand: a line is a line of code, and a library for
// plots would be larger than all that is measured here.

const (
	font = `font-family="system-ui, Helvetica, Arial, sans-serif"`
	ink  = "#1f2328"
	soft = "#d8dee4"
)

// colours can be told apart by those who do not see all of them (Okabe and Ito).
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"}

// colour is the same for a library in all figures, whatever its transport.
func colour(name string) string {
	if _, after, ok := strings.Cut(name, ": "); ok {
		name = after
	}
	for i, lib := range libraries {
		if lib.name == name {
			return colours[i%len(colours)]
		}
	}
	return "#888888"
}

// dash tells the lines of HTTP apart from those of TCP in the same figure.
func dash(name string) string {
	if strings.HasPrefix(name, "HTTP: ") {
		return "6 4"
	}
	return "none"
}

func begin(w *bytes.Buffer, width, height int, title string) {
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" %s font-size="13" fill="%s" role="img">`+"\n",
		width, height, width, height, font, ink)
	fmt.Fprintf(w, `<title>%s</title><rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n", html.EscapeString(title))
	label(w, 20, 28, "start", `font-size="16" font-weight="600"`, title)
}

func label(w *bytes.Buffer, x, y float64, anchor, more, text string) {
	fmt.Fprintf(w, `<text x="%.1f" y="%.1f" text-anchor="%s" %s>%s</text>`+"\n", x, y, anchor, more, html.EscapeString(text))
}

func line(w *bytes.Buffer, x1, y1, x2, y2 float64, stroke string) {
	fmt.Fprintf(w, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n", x1, y1, x2, y2, stroke)
}

// A logAxis maps values to places, from first to last, with whole powers of ten
// at its ends.
type logAxis struct{ low, high, first, last float64 }

func newLogAxis(values []float64, first, last float64) *logAxis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = min(low, math.Log10(v)), max(high, math.Log10(v))
	}
	low, high = math.Floor(low+1e-9), math.Ceil(high-1e-9)
	return &logAxis{low, max(high, low+1), first, last}
}

func (a *logAxis) place(v float64) float64 {
	return a.first + (math.Log10(v)-a.low)/(a.high-a.low)*(a.last-a.first)
}

func (a *logAxis) ticks() (values []float64) {
	for e := a.low; e <= a.high; e++ {
		values = append(values, math.Pow(10, e))
	}
	return values
}

// short is a power of ten as one reads it on an axis.
func short(v float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= unit.size {
			return strconv.FormatFloat(v/unit.size, 'g', 4, 64) + unit.name
		}
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// svg draws the chart.
func (c *chart) svg() []byte {
	const width, height, left, right, top, bottom = 860, 440, 80, 620, 50, 380
	var w bytes.Buffer
	begin(&w, width, height, c.title)
	var ys []float64
	for _, s := range c.series {
		for _, p := range s.points {
			ys = append(ys, p.y)
		}
	}
	x, y := newLogAxis(c.xs(), left, right), newLogAxis(ys, bottom, top)
	for _, v := range x.ticks() {
		line(&w, x.place(v), top, x.place(v), bottom, soft)
		label(&w, x.place(v), bottom+20, "middle", "", short(v))
	}
	for _, v := range y.ticks() {
		line(&w, left, y.place(v), right, y.place(v), soft)
		label(&w, left-8, y.place(v)+4, "end", "", short(v))
	}
	label(&w, (left+right)/2, bottom+45, "middle", "", c.xLabel)
	fmt.Fprintf(&w, `<text transform="translate(24 %d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (top+bottom)/2, html.EscapeString(c.yLabel))
	for i, s := range c.series {
		stroke := colour(s.name)
		fmt.Fprintf(&w, `<polyline fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s" points="`, stroke, dash(s.name))
		for _, p := range s.points {
			fmt.Fprintf(&w, "%.1f,%.1f ", x.place(p.x), y.place(p.y))
		}
		w.WriteString(`"/>` + "\n")
		for _, p := range s.points {
			fmt.Fprintf(&w, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x.place(p.x), y.place(p.y), stroke)
		}
		at := float64(top + 14 + 24*i)
		fmt.Fprintf(&w, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="%s" stroke-width="3" stroke-dasharray="%s"/>`+"\n", right+14, at-4, right+40, at-4, stroke, dash(s.name))
		label(&w, right+46, at, "start", `font-size="12"`, s.name)
	}
	w.WriteString("</svg>\n")
	return w.Bytes()
}
