package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"example.com/jsonrpc/cmd/jsonrpc/internal/load"
)

// A benchReport is what a run of "jsonrpc bench" tells.
type benchReport struct {
	page    *os.File // nil without --html
	fresh   bool     // it was not there before, and nothing is in it
	reports []*load.Report
	notes   []string
	whole   any // for --json
}

// newBenchReport opens the file of --html, so that one that cannot be written is
// found out before the work.
func newBenchReport(path string) (*benchReport, error) {
	if path == "" {
		return &benchReport{}, nil
	}
	_, err := os.Stat(path)
	fresh := errors.Is(err, os.ErrNotExist)
	page, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666) //nolint:gosec // as a shell's > would make it
	if err != nil {
		return nil, &localError{fmt.Sprintf("--html: %v", err)}
	}
	return &benchReport{page: page, fresh: fresh}, nil
}

// close leaves no empty file behind.
func (r *benchReport) close() {
	if r.page != nil {
		_ = r.page.Close()
		if r.fresh {
			_ = os.Remove(r.page.Name())
		}
	}
}

// measure measures one server.
func (r *benchReport) measure(ctx context.Context, o *benchOptions, s *session, server *benchServer, plan load.Plan) {
	plan.Call = server.call
	live := o.liveView(s, "")
	result := load.Run(ctx, plan, live.show)
	live.end()
	report := load.NewReport(server.name, server.method, result)
	r.reports, r.whole = []*load.Report{report}, report
}

// print prints the report on stdout and writes that of --html.
func (r *benchReport) print(s *session, asJSON bool) error {
	if r.page != nil {
		if err := r.writePage(); err != nil {
			return &localError{fmt.Sprintf("--html: %v", err)}
		}
	}
	out := newOutput(s.process, false)
	if asJSON {
		text, err := json.Marshal(r.whole)
		if err != nil {
			return err
		}
		return out.value(text)
	}
	var b strings.Builder
	for _, report := range r.reports {
		if len(r.reports) > 1 {
			fmt.Fprintf(&b, "%s\n", report.Target)
		}
		_ = report.WriteText(&b) // a strings.Builder does not fail
		if len(r.reports) > 1 {
			b.WriteString("\n")
		}
	}
	for _, note := range r.notes {
		fmt.Fprintf(&b, "%s\n", note)
	}
	return out.text(strings.TrimRight(b.String(), "\n"))
}

func (r *benchReport) writePage() error {
	r.fresh = false
	// What is no file, as /dev/stdout may be, cannot be made shorter.
	if info, err := r.page.Stat(); err == nil && info.Mode().IsRegular() {
		if err := r.page.Truncate(0); err != nil {
			return err
		}
	}
	return load.WriteHTML(r.page, r.reports, r.notes)
}
