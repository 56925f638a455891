package jsonrpctest

import (
	"fmt"
	"strings"
)

// maxShown bounds how many calls a report shows, and maxParams how many bytes of
// the params of each.
const (
	maxShown  = 5
	maxParams = 500
)

// finish fails the test if the expectations were not met, once for all.
func (b *book) finish() {
	b.t.Helper()
	b.taking.Lock()
	defer b.taking.Unlock()
	expectations, strangers := b.expected()
	var report strings.Builder
	for _, e := range expectations {
		e.mu.Lock()
		strangers = e.report(&report, strangers)
		e.mu.Unlock()
	}
	for i, c := range strangers {
		if i == maxShown {
			fmt.Fprintf(&report, "and %d more calls that the test does not expect\n", len(strangers)-i)
			break
		}
		fmt.Fprintf(&report, "not expected: %s\n", c)
		for _, e := range expectations {
			switch most, usedUp := e.usedUp(c); {
			case usedUp && most == 0:
				fmt.Fprintf(&report, "  it was forbidden at %s\n", e.line)
			case usedUp:
				fmt.Fprintf(&report, "  it was expected at %s, and came %s before\n", e.line, times(most))
			}
		}
	}
	if report.Len() > 0 {
		b.t.Errorf("jsonrpctest: %s", strings.TrimSuffix(report.String(), "\n"))
	}
}

// report says what is wrong with an expectation, if anything is. It returns the
// strangers that it has not shown.
func (e *Expectation) report(w *strings.Builder, strangers []Call) (others []Call) {
	if e.came >= e.min {
		return strangers
	}
	fmt.Fprintf(w, "%s, expected at %s, came %s of %s\n", e.want(), e.line, times(e.came), times(e.min))
	shown := 0
	for _, c := range strangers {
		if c.Method != e.method || shown == maxShown {
			others = append(others, c)
			continue
		}
		shown++
		fmt.Fprintf(w, "  instead came %s\n", c)
		if e.with == nil {
			continue
		}
		for i, d := range differences(c.Params, e.with) {
			if i == maxShown {
				fmt.Fprintf(w, "    …\n")
				break
			}
			fmt.Fprintf(w, "    %s\n", d)
		}
	}
	return others
}

// usedUp tells whether a call would be expected if it had not come as often as it
// may, and how often that is.
func (e *Expectation) usedUp(c Call) (most int, usedUp bool) {
	usedUp = c.Method == e.method && e.isUsedUp() && e.fits(c.Params)
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.max, usedUp
}

// want shows the call that is expected.
func (e *Expectation) want() string {
	switch {
	case e.with != nil && string(e.with) == "null":
		return e.method + " without params"
	case e.with != nil:
		return (&Call{Method: e.method, Params: e.with}).String()
	case e.where != nil:
		return e.method + " with params that its Where accepts"
	}
	return e.method
}

func times(n int) string {
	if n == 1 {
		return "1 time"
	}
	return fmt.Sprintf("%d times", n)
}

// String shows the method and the params, which are cut if they are long.
func (c Call) String() string {
	params := c.Params
	if len(params) > maxParams {
		return fmt.Sprintf("%s %s…", c.Method, params[:maxParams])
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", c.Method, params))
}
