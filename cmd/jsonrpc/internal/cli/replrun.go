package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/filter"
	"example.com/jsonrpc/cmd/jsonrpc/internal/repl"
)

// execute carries out a statement.
func (r *replRun) execute(ctx context.Context, statement *repl.Statement) error {
	switch statement.Kind {
	case repl.Command:
		return r.command(ctx, statement)
	case repl.Last:
		return r.showLast(ctx, statement)
	case repl.Call, repl.Notify, repl.Message:
		return r.send(ctx, statement)
	}
	return nil
}

// printed says how what comes is printed: the filter of the statement, or else
// that of all.
func (r *replRun) printed(statement *repl.Statement) (printing, error) {
	p := printing{raw: r.raw, filter: filterFlag{text: r.printing.filter.text}}
	if statement.HasFilter {
		p.filter.text = statement.Filter
	}
	if p.filter.text == "" {
		return p, nil
	}
	var err error
	if p.filter.filter, err = (filter.Options{Last: r.last}).Parse(p.filter.text); err != nil {
		return p, &usageError{"the filter: " + err.Error()}
	}
	return p, nil
}

// showLast prints the last result, filtered.
func (r *replRun) showLast(ctx context.Context, statement *repl.Statement) error {
	if r.last == nil {
		return &usageError{"there is no result yet"}
	}
	p, err := r.printed(statement)
	if err != nil {
		return err
	}
	return r.results(r.session, p).show(ctx, r.last)
}

// send makes a call, or sends a notification or a message as it is.
func (r *replRun) send(ctx context.Context, statement *repl.Statement) error {
	x, err := r.exchangeOf(statement)
	if err != nil {
		return err
	}
	if x.printing, err = r.printed(statement); err != nil {
		return err
	}
	x.got = func(result json.RawMessage) { r.last = append(json.RawMessage{}, result...) }
	x.names = func() []string {
		if known := r.known.Load(); known != nil {
			return known.MethodNames()
		}
		return nil
	}
	start := time.Now()
	err = r.exchange(ctx, r.session, r.client, x)
	if r.timed {
		r.session.say("it took " + time.Since(start).Round(time.Microsecond).String())
	}
	return err
}

// exchangeOf returns the message of a statement.
func (r *replRun) exchangeOf(statement *repl.Statement) (x exchange, err error) {
	if statement.Kind == repl.Message {
		text := compacted(statement.Words[0])
		return exchange{message: jsonrpc.Raw(text), subject: "message", method: methodOf(text), batch: text[0] == '['}, nil
	}
	method := statement.Words[0]
	if err := checkMethod(method); err != nil {
		return x, err
	}
	params, err := (&wholeParams{}).read(r.session, statement.Words[1:], false)
	if err != nil {
		return x, err
	}
	if statement.Kind == repl.Notify {
		return exchange{message: jsonrpc.Notification{Method: method, Params: params}, subject: method, method: method}, nil
	}
	return exchange{message: jsonrpc.Request{Method: method, Params: params, ID: r.generate()}, subject: method, method: method}, nil
}

// replSentence is what is said of an error: sentence, for whoever is at a prompt.
func replSentence(err error) string {
	text := strings.TrimPrefix(err.Error(), "jsonrpc: ")
	if u := (*usageError)(nil); errors.As(err, &u) && !strings.Contains(text, ".help") {
		text += " (see .help)"
	}
	return text
}

// onOff reads the argument of a command that turns something on and off; without
// one it is the other way round.
func onOff(statement *repl.Statement, was bool) (bool, error) {
	switch statement.Rest {
	case "":
		return !was, nil
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	return was, &usageError{fmt.Sprintf("%s is neither on nor off", shown(statement.Rest))}
}
