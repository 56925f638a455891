package main

import (
	"maps"
	"slices"
)

// A chart is lines over axes of which both are logarithmic.
type chart struct {
	title, xLabel, yLabel string
	series                []*series
}

type series struct {
	name   string
	points []point
}

type point struct{ x, y float64 }

// chart draws a figure out of the results, nil if there are none for it.
func (res *results) chart(f *figure) *chart {
	c := &chart{title: f.title, xLabel: f.xLabel, yLabel: f.yLabel}
	byName := map[string]*series{}
	for _, r := range res.rows {
		if r.figure != f {
			continue
		}
		for _, contender := range r.contenders {
			value := f.y
			if value == nil {
				value = func(s *sample) float64 { return res.cost(s) / float64(r.items) }
			}
			y := res.of(r, contender.name, value)
			if y <= 0 { // it failed
				continue
			}
			s := byName[contender.name]
			if s == nil {
				s = &series{name: contender.name}
				byName[s.name] = s
				c.series = append(c.series, s)
			}
			s.points = append(s.points, point{r.x, y})
		}
	}
	if len(c.series) == 0 {
		return nil
	}
	for _, s := range c.series {
		slices.SortFunc(s.points, func(a, b point) int {
			if a.x < b.x {
				return -1
			}
			return 1
		})
	}
	return c
}

// xs are all places on the x axis, in order.
func (c *chart) xs() []float64 {
	all := map[float64]bool{}
	for _, s := range c.series {
		for _, p := range s.points {
			all[p.x] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
