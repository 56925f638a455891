package load

import (
	_ "embed" // for the page
	"html/template"
	"io"
	"time"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"time": timeText, "number": number, "stamp": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
	"odd": func(n int) bool { return n%2 == 1 },
}).Parse(pageText))

// WriteHTML writes one page with the reports and their plots: two are shown side by
// side. Nothing is loaded by it, and no script is in it.
func WriteHTML(w io.Writer, reports []*Report, notes []string) error {
	return page.Execute(w, struct {
		Method  string
		Reports []*Report
		Notes   []string
		Plots   []*plot
		Open    bool
	}{reports[0].Method, reports, notes, plots(reports), reports[0].Rate > 0})
}
