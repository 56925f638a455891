package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"strings"
)

// A check is one thing that a server does or does not.
type check struct {
	name, title, clause string
	run                 func(context.Context, *Exam) Finding
}

// The checks, in the order of a report.
var checks = []check{
	{"answer", "answers a request with a response object", "5", answers},
	{"version", `the response has "jsonrpc": "2.0"`, "5", version},
	{"either", "the response has a result or an error, not both", "5", either},
	{"error", "an error has an integer code and a message", "5.1", errorObject},
	{"unknown-method", "an unknown method is error -32601", "5.1", unknownMethod},
	{"id-number", "a negative number as id comes back", "5", echoes(`-7`)},
	{"id-large", "a large number as id comes back digit by digit", "5", echoes(`9007199254740993`)},
	{"id-string", "a text as id comes back as a text", "5", echoes(`"7"`)},
	{"id-unicode", "a text with any characters as id comes back", "5", echoes(`"né \"q\" \\ \u0000 😀"`)},
	{"extra-member", "a member that is not of the specification does no harm", "4", extraMember},
	{"no-params", "params may be left out", "4", noParams},
	{"notification", "a notification gets no response", "4.1", notification},
	{"parse-error", "what is no JSON is error -32700 with id null", "5.1", refusal("{\"jsonrpc\":\"2.0\",\"method\":", -32700)},
	{"no-method", "a request without a method is error -32600", "5.1", badRequest(`{"jsonrpc":"2.0","id":31}`, `31`)},
	{"bad-method", "a method that is no text is error -32600", "5.1", badRequest(`{"jsonrpc":"2.0","method":1,"id":32}`, `32`)},
	{"bad-params", "params that are neither array nor object are an error", "4.2", badParams},
	{"batch", "a batch is answered, each request once", "6", batch},
	{"batch-notification", "of a batch with a notification only the requests are answered", "6", mixedBatch},
	{"batch-silent", "a batch of notifications gets no response", "6", silentBatch},
	{"batch-empty", "an empty batch is error -32600, not in an array", "6", refusal(`[]`, -32600)},
	{"batch-invalid", "an invalid item of a batch is an error of its own", "6", invalidItem},
	{"http", "HTTP: status 200 and type application/json", "", overHTTP},
}

func answers(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, e.request(`1`, e.method(), e.Params), true)
	r, f := a.one()
	if f != nil {
		return *f
	}
	if id := r.id(); id != "1" {
		return *a.fail("the id is %s, not the request's", orNone(id))
	}
	return a.pass("")
}

func orNone(text string) string {
	if text == "" {
		return "missing"
	}
	return text
}

func version(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, e.request(`1`, e.method(), e.Params), true)
	r, f := a.one()
	if f != nil {
		return *f
	}
	if v := string(r["jsonrpc"]); v != `"2.0"` {
		return *a.fail(`"jsonrpc" is %s`, orNone(v))
	}
	return a.pass("")
}

func either(ctx context.Context, e *Exam) Finding {
	for _, method := range []string{noSuch, e.method()} {
		a := e.ask(ctx, e.request(`1`, method, e.Params), true)
		r, f := a.one()
		if f != nil {
			return *f
		}
		_, hasResult := r["result"]
		_, hasError := r["error"]
		switch {
		case hasResult && hasError && (r.isNull("error") || r.isNull("result")):
			return *a.fail("both are there, one of them null, as in version 1.0")
		case hasResult && hasError:
			return *a.fail("both are there")
		case !hasResult && !hasError:
			return *a.fail("neither is there")
		}
	}
	return Finding{Verdict: Pass}
}

func errorObject(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, e.request(`1`, noSuch, nil), true)
	r, f := a.one()
	if f != nil {
		return *f
	}
	if r["error"] == nil || r.isNull("error") {
		return *a.fail("an unknown method is no error")
	}
	var object struct {
		Code    json.RawMessage `json:"code"`
		Message *string         `json:"message"`
	}
	if json.Unmarshal(r["error"], &object) != nil {
		return *a.fail("the error is no object with a message")
	}
	if _, ok := r.code(); !ok {
		return *a.fail("the code is %s, not an integer", orNone(string(object.Code)))
	}
	if object.Message == nil {
		return *a.fail("the message is missing")
	}
	return a.pass("")
}

func unknownMethod(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, e.request(`1`, noSuch, nil), true)
	r, f := a.one()
	if f != nil {
		return *f
	}
	if code, ok := r.code(); !ok || code != -32601 {
		return *a.fail("error %s", orNone(r.errorText()))
	}
	return a.pass("")
}

func echoes(id string) func(context.Context, *Exam) Finding {
	return func(ctx context.Context, e *Exam) Finding {
		a := e.ask(ctx, e.request(id, e.method(), e.Params), true)
		r, f := a.one()
		if f != nil {
			return *f
		}
		if !sameID(r.id(), id) {
			return *a.fail("the id came back as %s", orNone(start(r.id())))
		}
		return a.pass("")
	}
}

func extraMember(ctx context.Context, e *Exam) Finding {
	text := strings.TrimSuffix(e.request(`1`, e.method(), e.Params), "}") + `,"x-doctor":{"a":[1]}}`
	plain := e.ask(ctx, e.request(`1`, e.method(), e.Params), true)
	a := e.ask(ctx, text, true)
	r, f := a.one()
	if f != nil {
		return *f
	}
	want, f := plain.one()
	if f != nil {
		return *f
	}
	got, _ := r.code()
	if code, _ := want.code(); code != got {
		return *a.fail("error %s", orNone(r.errorText()))
	}
	return a.pass("")
}

func noParams(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, e.request(`1`, noSuch, nil), true)
	r, f := a.one()
	if f != nil {
		return *f
	}
	if code, _ := r.code(); code == -32600 || code == -32602 {
		return *a.fail("error %s", r.errorText())
	}
	return a.pass("")
}

func notification(ctx context.Context, e *Exam) Finding {
	return e.silence(ctx, e.request("", e.method(), e.Params))
}

func silentBatch(ctx context.Context, e *Exam) Finding {
	return e.silence(ctx, "["+e.request("", e.method(), e.Params)+","+e.request("", e.method(), e.Params)+"]")
}

// silence passes if nothing comes.
func (e *Exam) silence(ctx context.Context, message string) Finding {
	a := e.ask(ctx, message, false)
	switch {
	case a.err != nil:
		return *a.fail("%v", a.err)
	case len(bytes.TrimSpace(a.text)) > 0:
		return *a.fail("a response came%s", a.underStatus())
	case a.status >= 400:
		return *a.fail("HTTP %d", a.status)
	case a.status > 0:
		return a.pass("HTTP %d", a.status)
	}
	return a.pass("")
}

// refusal passes if a message is answered with an error of that code and id null.
func refusal(message string, code int) func(context.Context, *Exam) Finding {
	return func(ctx context.Context, e *Exam) Finding {
		a := e.ask(ctx, message, true)
		r, f := a.one()
		if f != nil {
			return *f
		}
		if got, ok := r.code(); !ok || got != code {
			return *a.fail("error %s", orNone(r.errorText()))
		}
		if !r.isNull("id") {
			return *a.fail("the id is %s", orNone(r.id()))
		}
		return a.pass("")
	}
}

// badRequest passes if a message is error -32600, with the id null or its own.
func badRequest(message, id string) func(context.Context, *Exam) Finding {
	return func(ctx context.Context, e *Exam) Finding {
		a := e.ask(ctx, message, true)
		r, f := a.one()
		if f != nil {
			return *f
		}
		if got, ok := r.code(); !ok || got != -32600 {
			return *a.fail("error %s", orNone(r.errorText()))
		}
		if !r.isNull("id") && r.id() != id {
			return *a.fail("the id is %s", orNone(r.id()))
		}
		return a.pass("")
	}
}

func badParams(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, `{"jsonrpc":"2.0","method":"`+noSuch+`","params":"text","id":33}`, true)
	r, f := a.one()
	if f != nil {
		return *f
	}
	code, ok := r.code()
	switch {
	case !ok:
		return *a.fail("no error")
	case code != -32600 && code != -32602 && code != -32601:
		return *a.fail("error %s", r.errorText())
	}
	return a.pass("error %d", code)
}

func batch(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, "["+e.request(`1`, e.method(), e.Params)+","+e.request(`"two"`, noSuch, nil)+"]", true)
	return a.expectIDs(`1`, `"two"`)
}

func mixedBatch(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, "["+e.request("", e.method(), e.Params)+","+e.request(`1`, e.method(), e.Params)+"]", true)
	return a.expectIDs(`1`)
}

// expectIDs passes if a has a response for each id and no other.
func (a *answer) expectIDs(ids ...string) Finding {
	all, f := a.many()
	if f != nil {
		return *f
	}
	for _, id := range ids {
		n := 0
		for _, r := range all {
			if sameID(r.id(), id) {
				n++
			}
		}
		if n != 1 {
			return *a.fail("%d responses with the id %s", n, id)
		}
	}
	if len(all) != len(ids) {
		return *a.fail("%d responses, for %d requests", len(all), len(ids))
	}
	return a.pass("")
}

func invalidItem(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, "[1,"+e.request(`1`, e.method(), e.Params)+"]", true)
	all, f := a.many()
	if f != nil {
		return *f
	}
	for _, r := range all {
		if code, _ := r.code(); code == -32600 && r.isNull("id") && len(all) == 2 {
			return a.pass("")
		}
	}
	return *a.fail("%d responses, none of them error -32600 with id null", len(all))
}

func overHTTP(ctx context.Context, e *Exam) Finding {
	a := e.ask(ctx, e.request(`1`, e.method(), e.Params), true)
	if a.status == 0 {
		return Finding{Verdict: Skipped, Note: "this is not HTTP"}
	}
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	var notes []string
	if a.status != 200 {
		notes = append(notes, fmt.Sprintf("status %d", a.status))
	}
	if kind != "application/json" && kind != "text/event-stream" {
		notes = append(notes, fmt.Sprintf("type %q", start(kind)))
	}
	if len(notes) > 0 {
		return *a.fail("%s", strings.Join(notes, ", "))
	}
	return a.pass("%s", kind)
}
