package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

// maxRounds bounds the turns of --compare.
const maxRounds = 10_000

const benchUsage = "bench [flags] TARGET METHOD [PARAM…]"

func newBenchCommand(s *session) *cobra.Command {
	o := benchOptions{duration: span(10 * time.Second), warmUp: span(time.Second), rounds: 10}
	cmd := newTargetCommand(s, &o.connection, benchUsage, "measure how fast a server answers", benchHelp, -1,
		func(ctx context.Context, at target, args []string) error { return o.run(ctx, s, at, args) })
	o.wholeParams.addFlags(cmd)
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.paramsFrom, kind: "FILE"}, "params-from", "take the params of each call from a line of this file, in turn")
		f.Var(&o.concurrency, "concurrency", "have so many calls under way at once (default 16);\nwith --rate: at most (default 256)")
		f.Var(&o.count, "count", "make so many calls, instead of calling for a time")
		f.Var(&o.duration, "duration", "call for this time")
		f.Var(&o.warmUp, "warm-up", "call for this time before it is measured")
		f.Var(&text{value: &o.compare, kind: "TARGET"}, "compare", "call this server too, in turns, and say whether they differ; each is\ncalled for --duration or --count")
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
	if err := checkCounts(map[string]count{"concurrency": o.concurrency}); err != nil {
		return err
	}
	params, err := o.benchParams(s, args[1:])
	if err != nil {
		return err
	}
	if o.compare != "" && (o.rounds < load.MinRounds || o.rounds > maxRounds) {
		return &usageError{fmt.Sprintf("--rounds: in fewer than %d turns no difference can be told from chance; %d are the most", load.MinRounds, maxRounds)}
	}
	report, err := newBenchReport(o.html)
	if err != nil {
		return err
	}
	defer report.close()
	plan := o.plan()
	servers, err := o.servers(ctx, s, at, args[0], params, plan.Concurrency)
	if err != nil {
		return err
	}
	for _, server := range servers {
		defer func() { _ = server.client.Close() }()
		if err := server.try(ctx, s); err != nil {
			return o.failure(s, server.client, args[0], err)
		}
	}
	if len(servers) == 1 {
		report.measure(ctx, o, s, servers[0], plan)
	} else if err := report.compare(ctx, o, s, servers, plan); err != nil {
		return err
	}
	if err := report.print(s, o.asJSON); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errStopped
	}
	return nil
}

// plan says how calls are to be made.
func (o *benchOptions) plan() load.Plan {
	const closed, open = 16, 256
	plan := load.Plan{Concurrency: int(o.concurrency), Count: int64(o.count), WarmUp: time.Duration(o.warmUp)}
	// Here it is the load, not a limit.
	if due := o.reliability.rate; due.calls > 0 {
		plan.Rate = float64(due.calls) / due.per.Seconds()
	}
	o.reliability.rate = rate{}
	switch {
	case plan.Concurrency > 0:
	case plan.Rate > 0:
		plan.Concurrency = open
	default:
		plan.Concurrency = closed
	}
	if o.count == 0 || o.given("duration") {
		plan.Duration = time.Duration(o.duration)
	}
	o.many = true
	return plan
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
