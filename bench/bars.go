package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// barChart is the table as bars: a group for each row, a bar for each contender.
type barChart struct {
	title  string
	groups []barGroup
}

type barGroup struct {
	title  string
	target float64 // 0 for none
	bars   []bar
}

type bar struct {
	name  string
	value float64
}

// bars draws the rows of the table, nil if there are none.
func (res *results) bars() *barChart {
	c := &barChart{title: "As multiples of each row's base; the line is our target"}
	for _, r := range res.rows {
		if r.figure != nil || r.kind != inTime {
			continue
		}
		g := barGroup{title: r.title + "; base: " + r.base, target: r.target.time}
		for _, contender := range r.contenders {
			if v := res.times(r, contender.name); v > 0 {
				g.bars = append(g.bars, bar{contender.name, v})
			}
		}
		if len(g.bars) > 0 {
			c.groups = append(c.groups, g)
		}
	}
	if len(c.groups) == 0 {
		return nil
	}
	return c
}

// svg draws the bars. Each group has its own scale, since they tell nothing
// about one another.
func (c *barChart) svg() []byte {
	const width, left, right, barHeight, gap = 860, 210, 790, 16, 44
	height := 60
	for _, g := range c.groups {
		height += gap + barHeight*len(g.bars)
	}
	var w bytes.Buffer
	begin(&w, width, height, c.title)
	y := 60.0
	for _, g := range c.groups {
		label(&w, 20, y+4, "start", `font-weight="600"`, g.title)
		y += 14
		most := g.target
		for _, b := range g.bars {
			most = max(most, b.value)
		}
		top := y
		var values bytes.Buffer // written last, so that the line does not cross them out
		for _, b := range g.bars {
			length := b.value / most * (right - left)
			fill := "#b6c2cf"
			if isOurs(b.name) {
				fill = colours[0]
			}
			label(&w, left-8, y+12, "end", `font-size="12"`, b.name)
			fmt.Fprintf(&w, `<rect x="%d" y="%.1f" width="%.1f" height="%d" fill="%s"/>`+"\n", left, y+1, length, barHeight-3, fill)
			label(&values, left+length+5, y+12, "start", `font-size="12" stroke="#ffffff" stroke-width="4" paint-order="stroke"`, strconv.FormatFloat(b.value, 'f', 2, 64))
			y += barHeight
		}
		if g.target > 0 {
			at := left + g.target/most*(right-left)
			line(&w, at, top-2, at, y+2, colours[1])
		}
		w.Write(values.Bytes())
		y += gap - 14
	}
	w.WriteString("</svg>\n")
	return w.Bytes()
}

func isOurs(name string) bool { return strings.HasPrefix(name, ours.name) }
