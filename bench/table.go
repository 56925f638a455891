package main

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A table is written in Markdown, with its columns lined up so that it can be
// read as it is.
type table struct {
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write writes the table, nothing if it is empty.
func (t *table) write(w *bytes.Buffer) {
	if len(t.rows) == 0 {
		return
	}
	widths := make([]int, len(t.header))
	for _, cells := range append(t.rows, t.header) {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	widths[len(widths)-1] = 0 // nothing stands behind the last
	line := func(cells []string, fill string) {
		for i, cell := range cells {
			w.WriteString("| " + cell + strings.Repeat(fill, max(0, widths[i]-utf8.RuneCountInString(cell))) + " ")
		}
		w.WriteString("|\n")
	}
	line(t.header, " ")
	rule := make([]string, len(t.header))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule, "-")
	for _, cells := range t.rows {
		line(cells, " ")
	}
	w.WriteByte('\n')
}
