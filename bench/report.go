package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// report prints the results or, if there is a directory for them, writes
// results.md and the figures.
func report(set *settings, res *results, stdout io.Writer) error {
	var text bytes.Buffer
	res.write(&text, set)
	if set.out == "" {
		_, err := text.WriteTo(stdout)
		return errors.Join(append(res.failed, err)...)
	}
	if err := os.MkdirAll(set.out, 0o755); err != nil { //nolint:gosec // for documentation
		return err
	}
	files := map[string][]byte{"results.md": text.Bytes()}
	if c := res.bars(); c != nil {
		files["table.svg"] = c.svg()
	}
	for _, f := range figures {
		if c := res.chart(f); c != nil {
			files[f.name+".svg"] = c.svg()
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(set.out, name), content, 0o644); err != nil { //nolint:gosec // as above
			return err
		}
	}
	return errors.Join(res.failed...)
}

func (res *results) write(w *bytes.Buffer, set *settings) {
	fmt.Fprintf(w, "Made by `go run ./bench` in %s: %s, %s/%s, %d CPUs, %d rounds (%d of the figures) of %s each. Times are %s, medians over the rounds; "+
		"× is a multiple of the row's base, by ratios within each round; allocations are those of the client's process, per operation.\n\n",
		res.took.Round(time.Second), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), set.rounds, set.scale, set.time, set.costName)
	t := &table{header: []string{"work", "base", "ours", "target", "reached", "others"}}
	memory := &table{header: []string{"work", "whose", "peak heap", "peak RSS", "target", "reached"}}
	for _, r := range res.rows {
		switch {
		case r.figure != nil:
		case r.kind == peak:
			res.addMemory(memory, r)
		default:
			res.addTime(t, r)
		}
	}
	t.write(w)
	memory.write(w)
	for _, f := range figures {
		res.writeFigure(w, f)
	}
}

func (res *results) addTime(t *table, r *row) {
	who := r.target.who
	if who == "" {
		who = ours.name
	}
	var others []string
	for _, c := range r.contenders {
		if c.name != who && c.name != r.base {
			others = append(others, c.name+" "+res.costOf(r, c.name))
		}
	}
	var wants []string
	reached := true
	if want := r.target.time; want > 0 {
		wants = append(wants, fmt.Sprintf("≤ %.2f", want))
		got := res.times(r, who)
		reached = reached && got > 0 && got <= want
	}
	if want := r.target.allocs; want > 0 {
		wants = append(wants, fmt.Sprintf("≤ %.0f allocs", want))
		// Half a one on top: the runtime's own are counted too.
		reached = reached && res.of(r, who, allocs) < want+0.5
	}
	base := fmt.Sprintf("%s %s, %.0f allocs", r.base, duration(res.of(r, r.base, res.cost)), res.of(r, r.base, allocs))
	t.add(r.title, base, res.costOf(r, who), strings.Join(wants, ", "), yes(reached), strings.Join(others, "; "))
}

// costOf is a contender's time and allocations.
func (res *results) costOf(r *row, contender string) string {
	times := res.times(r, contender)
	if times == 0 {
		return "failed"
	}
	return fmt.Sprintf("**%.2f**, %.0f allocs", times, res.of(r, contender, allocs))
}

func (res *results) addMemory(t *table, r *row) {
	who := r.target.who
	if who == "" {
		who = ours.name
	}
	for _, c := range r.contenders {
		want, reached := "", ""
		peakRSS := res.of(r, c.name, rss)
		if c.name == who {
			want = fmt.Sprintf("≤ %.0f MiB RSS", r.target.rss)
			reached = yes(peakRSS > 0 && peakRSS <= r.target.rss)
		}
		t.add(r.title, c.name, fmt.Sprintf("%.0f MiB", res.of(r, c.name, heap)), fmt.Sprintf("%.0f MiB", peakRSS), want, reached)
	}
}

// writeFigure writes a figure's numbers as a table.
func (res *results) writeFigure(w *bytes.Buffer, f *figure) {
	c := res.chart(f)
	if c == nil {
		return
	}
	fmt.Fprintf(w, "%s:\n\n", f.title)
	t := &table{header: []string{f.xLabel}}
	for _, s := range c.series {
		t.header = append(t.header, s.name)
	}
	for _, x := range c.xs() {
		cells := []string{number(x)}
		for _, s := range c.series {
			cell := ""
			for _, p := range s.points {
				if p.x == x {
					cell = number(p.y)
				}
			}
			cells = append(cells, cell)
		}
		t.add(cells...)
	}
	t.write(w)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	default:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	}
}

// number is v with three digits that count.
func number(v float64) string {
	switch {
	case v >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
