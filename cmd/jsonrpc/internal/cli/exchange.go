package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/jsonrpc"
)

// An exchange is one message and what to do with the reply to it.
type exchange struct {
	message jsonrpc.Message
	subject string // what it is in errors: a method, "batch"
	method  string // that of a single request, "" if it is not known
	batch   bool   // one line for each response
	printing
	envelope bool
	judge    func(result json.RawMessage) error // of a result that was printed; may be nil
	got      func(result json.RawMessage)       // is told of a result, or of the whole reply to a batch, before it is printed; may be nil
	names    func() []string                    // the methods that the server is known to have; may be nil
	settle   bool                               // wait for what was sent before the response
}

// carryOut sends the message and prints what came.
func (c *connection) carryOut(ctx context.Context, s *session, at target, x exchange) error {
	client, err := c.dial(ctx, s, at)
	if err != nil {
		return c.dialFailure(s, at, err)
	}
	defer func() { _ = client.Close() }()
	x.settle = c.verbose > 0 && isStream(at.scheme()) // so that -v shows it
	return c.exchange(ctx, s, client, x)
}

// exchange is carryOut with a client that is there already.
func (c *connection) exchange(ctx context.Context, s *session, client *jsonrpc.Client, x exchange) error {
	out := c.results(s, x.printing)
	reply, err := client.Send(ctx, x.message)
	if x.settle {
		c.asked.settle(ctx)
	}
	// An error of the server's is a response too.
	if x.envelope && json.Valid(c.last.text) {
		if printErr := out.show(ctx, c.last.text); printErr != nil {
			return printErr
		}
	}
	if c.answered.Swap(false) { // --strict is on
		err = &jsonrpc.ValidationError{Deviation: jsonrpc.DeviationAnswered, Reply: c.last.text}
	}
	switch {
	case err != nil:
		failure := c.failure(s, client, x.subject, err)
		if x.names != nil {
			failure.suggest(x.method, x.names)
		}
		return failure
	case x.batch:
		if x.got != nil {
			x.got(reply.Text)
		}
		return printBatch(ctx, out, reply, x.envelope)
	case len(reply.Responses) == 0: // a notification
		return nil
	}
	if x.got != nil {
		x.got(reply.Result())
	}
	if !x.envelope { // printed already
		if err := out.show(ctx, reply.Result()); err != nil {
			return err
		}
	}
	if x.judge != nil {
		return x.judge(reply.Result())
	}
	return nil
}

// failure says what the command can about an error of the library's.
func (c *connection) failure(s *session, client *jsonrpc.Client, subject string, err error) *callFailure {
	return &callFailure{
		err: err, subject: subject + " at " + client.String(),
		timeout: time.Duration(c.timeout), framing: c.framing.inUse(client.String()), authHint: c.credentials.hint(s),
		demo: client.String() == demoURL,
	}
}

// dialFailure is failure where there is no client yet.
func (c *connection) dialFailure(s *session, at target, err error) error {
	if code := exitCode(err); code == ExitUsage {
		return err
	}
	return &callFailure{
		err: err, subject: "connecting by " + at.scheme(),
		timeout: time.Duration(c.timeout), authHint: c.credentials.hint(s),
	}
}

// printBatch prints the responses in the order of the requests, unless that was
// done, and reports those that are errors. One that the filter fails on keeps none
// of the others from being printed.
func printBatch(ctx context.Context, out *results, reply *jsonrpc.Reply, printed bool) error {
	failed, first := 0, ""
	var unfiltered *filterError
	for _, r := range reply.Responses {
		if r.Err != nil {
			if failed++; failed == 1 {
				first = strings.TrimPrefix(r.Err.Error(), "jsonrpc: ")
			}
		}
		if text := responseText(r); text != nil && !printed {
			if err := out.show(ctx, text); err != nil && !errors.As(err, &unfiltered) {
				return err
			}
		}
	}
	if failed > 0 {
		return &batchError{fmt.Sprintf("%d of the batch's %d requests failed, the first with: %s", failed, len(reply.Responses), first)}
	}
	if unfiltered != nil {
		return unfiltered
	}
	return nil
}

// responseText is a response as the specification has it, whatever form it came
// in; nil if none came that could be used.
func responseText(r jsonrpc.Response) []byte {
	member := `"result":` + string(r.Result)
	if r.Err != nil {
		var e *jsonrpc.Error
		if !errors.As(r.Err, &e) {
			return nil
		}
		member = fmt.Sprintf(`"error":{"code":%d,"message":%s`, e.Code, quote(e.Message))
		if len(e.Data) > 0 {
			member += `,"data":` + string(e.Data)
		}
		member += "}"
	}
	return []byte(`{"jsonrpc":"2.0",` + member + `,"id":` + r.ID.String() + "}")
}
