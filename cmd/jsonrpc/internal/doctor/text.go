package doctor

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteText writes the report for a person. Mark, if not nil, colours the sign of
// a verdict.
func (r *Report) WriteText(w io.Writer, mark func(Verdict, string) string) error {
	var b strings.Builder
	signs := map[Verdict]string{Pass: "ok  ", Fail: "FAIL", Skipped: "-   "}
	for _, f := range r.Checks {
		sign := signs[f.Verdict]
		if mark != nil {
			sign = mark(f.Verdict, sign)
		}
		fmt.Fprintf(&b, "%s  %s", sign, f.Title)
		if f.Clause != "" {
			fmt.Fprintf(&b, " (clause %s)", f.Clause)
		}
		b.WriteByte('\n')
		if f.Note != "" && f.Verdict != Pass {
			fmt.Fprintf(&b, "      %s\n", f.Note)
		}
		if f.Verdict == Fail && f.Sent != "" {
			fmt.Fprintf(&b, "      --> %s\n", f.Sent)
		}
		if f.Verdict == Fail && f.Got != "" {
			fmt.Fprintf(&b, "      <-- %s\n", f.Got)
		}
	}
	b.WriteByte('\n')
	if n := len(r.Checks); n > 0 {
		fmt.Fprintf(&b, "checks       %d of %d\n", n-r.Failed()-r.skipped(), n-r.skipped())
	}
	if r.Batch != nil {
		fmt.Fprintf(&b, "batches      %s\n", r.Batch)
	}
	if c := r.Compression; c != nil {
		fmt.Fprintf(&b, "compression  replies %s, requests %s\n", yes(c.Replies), yes(c.Requests))
	}
	if l := r.Latency; l != nil {
		fmt.Fprintf(&b, "latency      median %v, 90 %% %v, %v to %v, in %d calls\n", short(l.Median), short(l.P90), short(l.Min), short(l.Max), l.Calls)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) skipped() (n int) {
	for _, f := range r.Checks {
		if f.Verdict == Skipped {
			n++
		}
	}
	return n
}

// String says how large batches may be.
func (b *Batch) String() string {
	switch {
	case b.Largest == 0:
		return "none: " + b.Why
	case b.Refused == 0:
		return fmt.Sprintf("of %d requests and perhaps more", b.Largest)
	}
	return fmt.Sprintf("of %d requests; of %d: %s", b.Largest, b.Refused, b.Why)
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// short has three digits of a time, more or less.
func short(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}
