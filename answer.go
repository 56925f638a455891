package jsonrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
)

// maxAnswered bounds how many requests of a batch [Answer] works on at a time.
const maxAnswered = 100

// Answer is the whole of a server but for its network: it returns what is to be
// sent back for a message, by the rules of the specification, and nil if nothing
// is. What is no JSON, or no request, is answered with its code; the requests
// and notifications of a batch are given to h at the same time, up to 100 of
// them, and answered in their order. A panic of h becomes an internal error.
//
// It is for brokers and other transports that have no server of their own, such as
// NATS (see package integration/nats).
func Answer(ctx context.Context, h Handler, message []byte) []byte {
	if err := checkSyntax(message); err != nil {
		return refusal(ID{kind: nullID}, CodeParseError, "Parse error", err.Error())
	}
	i := skipSpace(message, 0)
	if message[i] != '[' {
		return answerOne(ctx, h, message, i)
	}
	starts := itemsOf(message, i)
	if len(starts) == 0 { // clause 6: the response must be a single one
		return refusal(ID{kind: nullID}, CodeInvalidRequest, "Invalid Request", "a batch must not be empty")
	}
	answers := make([][]byte, len(starts))
	places := make(chan struct{}, maxAnswered)
	var running sync.WaitGroup
	for n, start := range starts {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			answers[n] = answerOne(ctx, h, message, start)
		})
	}
	running.Wait()
	all := answers[:0]
	for _, answer := range answers {
		if answer != nil {
			all = append(all, answer)
		}
	}
	if len(all) == 0 { // clause 6: nothing at all
		return nil
	}
	return append(append([]byte{'['}, bytes.Join(all, []byte{','})...), ']')
}

// itemsOf returns where each item of the array at i, which is valid, begins.
func itemsOf(text []byte, i int) (starts []int) {
	for i = skipSpace(text, i+1); text[i] != ']'; i = skipSpace(text, i) {
		if text[i] == ',' {
			i = skipSpace(text, i+1)
		}
		starts = append(starts, i)
		i, _ = skipValue(text, i)
	}
	return starts
}

// answerOne answers the request at i, which is valid JSON: nil if it is a
// notification.
func answerOne(ctx context.Context, h Handler, text []byte, i int) []byte {
	var e envelope
	_, err := e.scan(text, i, false)
	id, known := ID{kind: nullID}, true
	if e.id != nil {
		if id, known = parseID(e.id); !known || len(id.text) > maxIDText {
			id, known = ID{kind: nullID}, false
		}
	}
	switch {
	case err != nil:
	case text[i] != '{':
		err = errors.New("a request must be an object")
	case !known:
		err = errors.New("id must be a string, a number or null")
	case e.ambiguous():
		id, err = ID{kind: nullID}, errors.New("a member is there twice") // maybe the id
	case e.found.has(DeviationNoVersion), e.found.has(DeviationVersion):
		err = errors.New(`jsonrpc must be "2.0"`)
	case len(e.method) == 0 || e.method[0] != '"':
		err = errors.New("method must be a string")
	case e.params != nil && e.params[0] != '{' && e.params[0] != '[':
		err = errors.New("params must be an array or an object")
	}
	if err != nil {
		return refusal(id, CodeInvalidRequest, "Invalid Request", err.Error())
	}
	m := &ServerMessage{Method: unquote(e.method), Params: bytes.Clone(e.params)}
	if e.id == nil {
		_, _ = safely(func() (any, error) { return h.Handle(ctx, m) })
		return nil
	}
	m.ID = id
	answer, _ := respond(ctx, h, m, false)
	return answer
}

// refusal is the response to what is no request.
func refusal(id ID, code int64, message, why string) []byte {
	return appendError(id, &Error{Code: code, Message: message, Data: json.RawMessage(appendString(nil, why))}, false)
}
