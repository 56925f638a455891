package resilience_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// report logs what became of all calls, and writes the table if it is asked to.
func report(t *testing.T, cells []cell, took time.Duration) {
	t.Helper()
	var total int64
	sums := map[string][2]int64{} // of the idempotent calls: answered, made
	errors := map[string]int{}
	for _, c := range cells {
		for kind, r := range c.results {
			total += r.calls.Load()
			sum := sums[kind]
			sums[kind] = [2]int64{sum[0] + r.safeGood.Load(), sum[1] + r.safeCalls.Load()}
			for name, n := range r.errors {
				errors[name] += n
			}
		}
	}
	t.Logf("%d calls in %v with seed %d, errors by type: %v", total, took.Round(time.Millisecond), *chaosSeed, errors)
	for _, kind := range chaosClients {
		t.Logf("%s: %s %% of the idempotent calls were answered", kind, percent(sums[kind][0], sums[kind][1]))
	}
	if total < int64(*chaosCalls) && !t.Failed() {
		t.Errorf("%d calls were made, %d were asked for", total, *chaosCalls)
	}
	table := tableOf(cells, total, took)
	t.Logf("\n%s", table)
	if *chaosTable && !t.Failed() {
		writeTable(t, table)
	}
}

func percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	if part == whole {
		return "100"
	}
	return fmt.Sprintf("%.1f", min(99.9, 100*float64(part)/float64(whole)))
}

// tableOf is the table of docs/reliability.md: what part of the calls was
// answered, by fault and transport.
func tableOf(cells []cell, total int64, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The last run: %d calls in %.0f s, %d at a time, %s, seed %d.\n\n", total, took.Seconds(), callers, runtime.Version(), *chaosSeed)
	b.WriteString("| a tenth of the messages meets | over | bare | Retry, Gate: idempotent | the others | pool: idempotent | the others |\n")
	b.WriteString("|---|---|---|---|---|---|---|\n")
	for i := range chaosFaults {
		for _, c := range cells {
			if c.fault != &chaosFaults[i] || len(c.results) < len(chaosClients) {
				continue
			}
			fmt.Fprintf(&b, "| %s | %s | %s |", c.fault.name, c.scheme, percent(c.results[bare].good.Load(), c.results[bare].calls.Load()))
			for _, kind := range []string{resilient, pooled} {
				r := c.results[kind]
				fmt.Fprintf(&b, " %s | %s |", percent(r.safeGood.Load(), r.safeCalls.Load()),
					percent(r.good.Load()-r.safeGood.Load(), r.calls.Load()-r.safeCalls.Load()))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// writeTable puts the table between its marks.
func writeTable(t *testing.T, table string) {
	t.Helper()
	const file = "../../docs/reliability.md"
	const begin, end = "<!-- chaos -->\n", "<!-- end of chaos -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table, between %s and %s", file, strings.TrimSpace(begin), end)
	}
	if err := os.WriteFile(file, []byte(before+begin+table+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
