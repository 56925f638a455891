package load

import (
	"bytes"
	"context"
	"flag"
	"html/template"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

var update = flag.Bool("update", false, "write the figure in docs anew")

// The figure in docs/bench.md: a server that answers in 2 ms and stalls for a second
// in each ten, called for a minute by ten callers and at 500 calls a second. The
// clock is a fake one, so that the figure is always the same.
func TestStallFigure(t *testing.T) {
	measure := func(name string, plan Plan) (r *Report) {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			plan.pause, plan.Duration = time.Sleep, time.Minute
			plan.Call = func(context.Context, int64) string {
				const stall = 5 * time.Second // of each ten
				if in := time.Since(begin) % (10 * time.Second); in >= stall && in < stall+time.Second {
					time.Sleep(stall + time.Second - in)
				}
				time.Sleep(2 * time.Millisecond)
				return ""
			}
			r = NewReport(name, "ping", Run(t.Context(), plan, nil))
		})
		return r
	}
	closed := measure("closed loop, 10 callers", Plan{Concurrency: 10})
	open := measure("open loop, 500 calls a second", Plan{Concurrency: 1000, Rate: 500})

	// A tenth of the time the server does not answer: so much the open loop shows.
	within(t, "closed, 99 %", closed.Latency.P99, 2*time.Millisecond)
	within(t, "closed, 99.9 %", closed.Latency.P999, 2*time.Millisecond)
	within(t, "open, 99 %", open.Latency.P99, 900*time.Millisecond)
	slow := 0.0
	for _, bar := range open.Distribution {
		if bar.From > 3*time.Millisecond {
			slow += open.share(bar.Calls)
		}
	}
	if slow < 9.5 || slow > 10.5 {
		t.Errorf("%v %% of the calls are slow", slow)
	}

	path := filepath.Join("..", "..", "..", "..", "docs", "bench", "stall.svg")
	got := figure(t, curvePlot([]*Report{closed, open}))
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what is measured (%v): run the test with -update", path, err)
	}
}

// figure draws a plot of the report as a picture of its own.
func figure(t *testing.T, p *plot) []byte {
	t.Helper()
	const page = `<svg xmlns="http://www.w3.org/2000/svg" width="860" height="425" viewBox="0 0 640 316" role="img" font-family="system-ui, Helvetica, Arial, sans-serif" font-size="12" fill="#1f2328">
<title>Latency by percentile of a server that stalls</title><rect width="100%" height="100%" fill="#ffffff"/>
<text x="20" y="22" font-size="14" font-weight="600">Latency by percentile: a server that stalls for 1 s in each 10 s</text>
{{range $i, $l := .Lines}}<g transform="translate({{if $i}}300{{else}}80{{end}} 42)"><line x2="34" y1="-4" y2="-4" stroke-width="2" {{stroke $i}}/><text x="42">{{$l.Name}}</text></g>
{{end}}<g transform="translate(0 52)">
{{range .Up}}<line x1="80" x2="622" y1="{{.At}}" y2="{{.At}}" stroke="#d8dee4"/><text x="73" y="{{.At}}" dy=".35em" text-anchor="end">{{.Text}}</text>
{{end}}{{range .Across}}<text x="{{.At}}" y="250" text-anchor="middle">{{.Text}}</text>
{{end}}{{range $i, $l := .Lines}}<path fill="none" stroke-width="2" stroke-linejoin="round" {{stroke $i}} d="{{$l.Path}}"/>
{{end}}</g>
</svg>
`
	strokes := []template.HTMLAttr{`stroke="#0072b2"`, `stroke="#d55e00" stroke-dasharray="8 4"`}
	var b bytes.Buffer
	tmpl := template.Must(template.New("figure").Funcs(template.FuncMap{"stroke": func(i int) template.HTMLAttr { return strokes[i] }}).Parse(page))
	if err := tmpl.Execute(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
