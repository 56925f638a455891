package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// TestRows: each contender of each row does its work once, and gets the right
// values. Nothing is said about time.
func TestRows(t *testing.T) {
	at, stop, err := serve()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, r := range allRows(mib) {
		t.Run(r.name, func(t *testing.T) {
			switch {
			case strings.Contains(r.name, "64MiB"):
				t.Skip("it is the row of 1 MiB, with more of the same")
			case testing.Short() && r.goroutines > 100:
				t.Skip("it takes a while to connect")
			}
			for _, c := range r.contenders {
				s, err := r.measure(c, at, time.Millisecond)
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
				} else if s.NS <= 0 || s.Ops < 1 {
					t.Errorf("%s: %+v", c.name, s)
				}
			}
		})
	}
}

// TestNames: a job finds its row and contender by name.
func TestNames(t *testing.T) {
	seen := map[[2]string]bool{}
	for _, r := range allRows(mib) {
		if len(r.contenders) == 0 {
			t.Errorf("nobody is in row %s", r.name)
		}
		base := r.base == ""
		for _, c := range r.contenders {
			key := [2]string{r.name, c.name}
			if seen[key] {
				t.Errorf("%s is there twice", key)
			}
			seen[key] = true
			base = base || c.name == r.base
		}
		if !base {
			t.Errorf("row %s does not have its base, %s", r.name, r.base)
		}
	}
}

// TestRatios: a ratio is within a round, so that a slow round does not count.
func TestRatios(t *testing.T) {
	r := &row{base: limitName}
	res := &results{cost: ns, samples: map[*row]map[string][]*sample{r: {
		limitName: {{NS: 100}, {NS: 1000}, nil, {NS: 100}},
		"ours":    {{NS: 200}, {NS: 2000}, {NS: 1}, nil},
	}}}
	if got := res.times(r, "ours"); got != 2 {
		t.Errorf("%v times the limit, want 2", got)
	}
	if got := res.of(r, "ours", ns); got != 200 {
		t.Errorf("a median of %v ns, want 200", got)
	}
	if got := res.times(r, "nobody"); got != 0 {
		t.Errorf("nobody takes %v times the limit", got)
	}
}

// TestReport: what is written for every row and figure, with samples made up, is
// a table with as many cells in each line and SVG that is XML.
func TestReport(t *testing.T) {
	res := &results{cost: ns, samples: map[*row]map[string][]*sample{}}
	for _, r := range allRows(mib) {
		res.rows = append(res.rows, r)
		res.samples[r] = map[string][]*sample{}
		for i, c := range r.contenders {
			res.samples[r][c.name] = []*sample{{NS: float64(1000 * (i + 1)), Allocs: 3, Bytes: 500, RSS: 100 * mib, Heap: 50 * mib, Ops: 7}}
		}
	}
	var text bytes.Buffer
	res.write(&text, &settings{rounds: 1})
	cells := 0
	for line := range strings.Lines(text.String()) {
		if n := strings.Count(line, "|"); n == 0 {
			cells = 0
		} else if cells != 0 && n != cells {
			t.Errorf("%d cells, want %d, in %s", n, cells, line)
		} else {
			cells = n
		}
	}
	drawings := [][]byte{res.bars().svg()}
	for _, f := range figures {
		drawings = append(drawings, res.chart(f).svg())
	}
	for _, svg := range drawings {
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			t.Errorf("a place is no number:\n%s", svg)
		}
	}
}
