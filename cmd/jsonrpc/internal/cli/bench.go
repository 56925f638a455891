package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/load"
)

// benchOptions are those of "jsonrpc bench".
type benchOptions struct {
	connection
	wholeParams
	paramsFrom  string
	concurrency count
	count       count
	duration    span
	warmUp      span
	compare     string
	rounds      count
	asJSON      bool
	html        string
}

const benchUsage = "bench [flags] TARGET METHOD [PARAM…]"

func newBenchCommand(s *session) *cobra.Command {
	o := benchOptions{concurrency: 16, duration: span(10 * time.Second), warmUp: span(time.Second), rounds: 10}
	cmd := newTargetCommand(s, &o.connection, benchUsage, "measure how fast a server answers", benchHelp, -1,
		func(ctx context.Context, at target, args []string) error { return o.run(ctx, s, at, args) })
	o.wholeParams.addFlags(cmd)
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.paramsFrom, kind: "FILE"}, "params-from", "take the params of each call from a line of this file, in turn")
		f.Var(&o.concurrency, "concurrency", "have so many calls under way at once (default 16)")
		f.Var(&o.count, "count", "make so many calls, instead of calling for a time")
		f.Var(&o.duration, "duration", "call for this time")
		f.Var(&o.warmUp, "warm-up", "call for this time before it is measured")
		f.Var(&text{value: &o.compare, kind: "TARGET"}, "compare", "call this server too, in turns, and say whether they differ")
		f.Var(&o.rounds, "rounds", "take so many turns with --compare (default 10)")
	})
	o.dialect.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&o.asJSON, "json", false, "print the report as JSON")
		f.Var(&text{value: &o.html, kind: "FILE"}, "html", "write the report, with plots, to this file: one page that loads nothing")
	})
	o.connection.addFlags(cmd)
	rate := cmd.Flags().Lookup("rate")
	rate.Usage = "let so many calls be due in a time, whatever the server does: 10/s,\n600/m (default: the next when one is answered)"
	return cmd
}

// run measures and prints the report.
func (o *benchOptions) run(ctx context.Context, s *session, at target, args []string) error {
	if len(args) == 0 {
		return &usageError{"METHOD is missing: write jsonrpc " + benchUsage}
	}
	if err := checkMethod(args[0]); err != nil {
		return err
	}
	params, err := o.benchParams(s, args[1:])
	if err != nil {
		return err
	}
	o.many = true
	due := o.reliability.rate // here it is the load, not a limit
	o.reliability.rate = rate{}
	plan := load.Plan{Concurrency: int(o.concurrency), Count: int64(o.count), WarmUp: time.Duration(o.warmUp)}
	if due.calls > 0 {
		plan.Rate = float64(due.calls) / due.per.Seconds()
	}
	if o.count == 0 || o.given("duration") {
		plan.Duration = time.Duration(o.duration)
	}
	servers, err := o.servers(ctx, s, at, args[0], params)
	if err != nil {
		return err
	}
	for _, server := range servers {
		defer func() { _ = server.client.Close() }()
		// One that cannot be reached is not worth the time.
		if err := server.ask(ctx, 0); err != nil && jsonrpc.CodeOf(err) == 0 {
			return o.failure(s, server.client, args[0], err)
		}
	}
	if len(servers) == 2 {
		return o.runComparison(ctx, s, servers, plan)
	}
	plan.Call = servers[0].call
	live := o.liveView(s, "")
	result := load.Run(ctx, plan, live.show)
	live.end()
	report := load.NewReport(servers[0].name, args[0], result)
	if err := o.print(s, []*load.Report{report}, nil, report); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errStopped
	}
	return nil
}

// benchParams returns the params of the calls: each takes the next.
func (o *benchOptions) benchParams(s *session, words []string) ([]any, error) {
	if o.paramsFrom == "" {
		params, err := o.wholeParams.read(s, words, o.given("params"))
		return []any{params}, err
	}
	if len(words) > 0 || o.given("params") {
		return nil, &usageError{"--params-from gives the params: leave out the others"}
	}
	text, err := s.input.file(strings.TrimPrefix(o.paramsFrom, "@"), "--params-from")
	if err != nil {
		return nil, err
	}
	var all []any
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, maxInput)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		switch {
		case len(line) == 0:
		case !json.Valid(line) || line[0] != '[' && line[0] != '{':
			return nil, &usageError{fmt.Sprintf("--params-from: line %d is neither an array nor an object of JSON", n)}
		default:
			all = append(all, json.RawMessage(bytes.Clone(line)))
		}
	}
	if len(all) == 0 {
		return nil, &usageError{"--params-from: there are no params in the file"}
	}
	return all, nil
}

// A benchServer is one that is measured.
type benchServer struct {
	name   string
	client *jsonrpc.Client
	method string
	params []any
}

// servers connects to the server and to that of --compare.
func (o *benchOptions) servers(ctx context.Context, s *session, at target, method string, params []any) (all []*benchServer, err error) {
	targets := []target{at}
	if o.compare != "" {
		other, err := parseTarget(o.compare, nil, s.commands)
		if err != nil {
			return nil, err
		}
		targets = append(targets, target{addresses: []string{other}, name: other, given: o.compare})
	}
	for _, at := range targets {
		client, err := o.dial(ctx, s, at)
		if err != nil {
			for _, server := range all {
				_ = server.client.Close()
			}
			return nil, o.dialFailure(s, at, err)
		}
		name := client.String()
		if name == "" || at.addresses[0] == demoTarget {
			name = at.given
		}
		all = append(all, &benchServer{name: name, client: client, method: method, params: params})
	}
	return all, nil
}

// ask makes a call.
func (b *benchServer) ask(ctx context.Context, n int64) error {
	return b.client.Call(ctx, b.method, b.params[n%int64(len(b.params))], nil)
}

// call makes a call and returns the class of its error.
func (b *benchServer) call(ctx context.Context, n int64) (class string) {
	err := b.ask(ctx, n)
	if err == nil {
		return ""
	}
	var (
		said *jsonrpc.Error
		page *jsonrpc.HTTPError
	)
	switch {
	case errors.As(err, &said):
		return fmt.Sprintf("error %d", said.Code)
	case errors.As(err, &page):
		return fmt.Sprintf("HTTP %d", page.StatusCode)
	}
	return jsonrpc.Classify(err).Class.String()
}

// print prints the report on stdout and writes that of --html.
func (o *benchOptions) print(s *session, reports []*load.Report, notes []string, whole any) error {
	if o.html != "" {
		f, err := os.Create(o.html)
		if err != nil {
			return &localError{fmt.Sprintf("--html: %v", err)}
		}
		title := fmt.Sprintf("%s at %s", reports[0].Method, reports[0].Target)
		if len(reports) > 1 {
			title += " and " + reports[1].Target
		}
		err = errors.Join(load.WriteHTML(f, title, reports, notes), f.Close())
		if err != nil {
			return &localError{fmt.Sprintf("--html: %v", err)}
		}
	}
	out := newOutput(s.process, false)
	if o.asJSON {
		text, err := json.Marshal(whole)
		if err != nil {
			return err
		}
		return out.value(text)
	}
	for _, r := range reports {
		if len(reports) > 1 {
			if err := out.text(r.Target); err != nil {
				return err
			}
		}
		var b strings.Builder
		_ = r.WriteText(&b) // a strings.Builder does not fail
		if err := out.text(strings.TrimSuffix(b.String(), "\n")); err != nil {
			return err
		}
	}
	for _, note := range notes {
		if err := out.text(note); err != nil {
			return err
		}
	}
	return nil
}
