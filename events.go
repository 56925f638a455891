package jsonrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"

	"example.com/jsonrpc/transport"
)

// readEvents reads a reply that is a flow of messages, as MCP servers send it:
// the responses among them are picked out by their ids, the rest goes to the
// handler. It stops once every request has its response.
func (x *Exchange) readEvents(ctx context.Context, events transport.EventsReply) error {
	var (
		items    []json.RawMessage  // of a batch, so far
		size     int64              // of items
		answered = map[*item]bool{} // those that they answer: a server may send one twice
		due      = x.due()
		m        = matcher{items: x.items}
	)
	for x.msg.Reply {
		text, err := events.Next(x.set.maxReply)
		if err == io.EOF {
			if len(items) > 0 {
				return x.readBatchEvents(items)
			}
			return ErrNoResponse
		}
		if err != nil {
			return err
		}
		x.size += int64(len(text))
		if x.keep {
			text = bytes.Clone(text)
		}
		i, _, err := x.begin(text)
		if err != nil {
			return err
		}
		var e envelope // what is no object is for readText
		if i < len(text) && text[i] == '{' {
			end, err := e.scan(text, i, false)
			if err != nil {
				return x.notJSON(text, err)
			}
			if err := x.checkEnd(text, end); err != nil {
				return err
			}
			if e.method != nil && e.result == nil && e.error == nil {
				x.handle(ctx, &e)
				continue
			}
		}
		switch {
		case !x.batch && x.isAnswer(&e):
			if x.keep {
				x.text = text
			}
			return x.readText(text)
		case !x.batch: // somebody else's
			continue
		case e.text == nil, e.id == nil, isNull(e.id): // an array, or one error for all
			if x.keep {
				x.text = text
			}
			return x.readText(text)
		}
		// One event for each item.
		it := m.find(e.id)
		if it == nil {
			continue
		}
		answered[it] = true
		if size += int64(len(e.text)); size > x.set.maxReply {
			return tooLarge(x.set.maxReply)
		}
		if items = append(items, bytes.Clone(e.text)); len(answered) == due {
			return x.readBatchEvents(items)
		}
	}
	return nil
}

// isAnswer reports whether an event answers x, which is no batch: it has the id of its
// request, or none.
func (x *Exchange) isAnswer(e *envelope) bool {
	return e.text == nil || e.id == nil || isNull(e.id) || x.items[0].id.match(e.id) != idDiffers
}

// due returns how many responses the message is due.
func (x *Exchange) due() (n int) {
	for i := range x.items {
		if !x.items[i].notification {
			n++
		}
	}
	return n
}

// readBatchEvents reads the answer to a batch that came as one event each.
func (x *Exchange) readBatchEvents(items []json.RawMessage) error {
	text := []byte{'['}
	for i, item := range items {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, item...)
	}
	text = append(text, ']')
	if x.keep {
		x.text = text
	}
	return x.readText(text)
}

// handle gives a message of the server's to the handler, and sends back what it
// says to a request, with the headers of the call. Without a handler
// notifications are dropped.
func (x *Exchange) handle(ctx context.Context, e *envelope) {
	c := x.client
	h, onError, secrets := c.settings.handler, c.settings.stream.onError, x.secrets
	report := func(err error) {
		if onError != nil {
			onError(secrets.maskTree(err))
		}
	}
	m, err := e.serverMessage()
	if err != nil {
		err = &ParseResponseError{Reply: x.secrets.start(e.text), Err: err}
		report(fmt.Errorf("jsonrpc: a message from %s was skipped: %w", c.endpoint, err))
		return
	}
	if t := x.tracker; t != nil {
		if token := t.dialect.tokenOf(m); token != nil && t.token.match(token) != idDiffers {
			t.put(m)
			return
		}
	}
	if m.Notification() {
		if h != nil {
			_, err := safely(func() (any, error) { return h.Handle(ctx, m) })
			reportPanic(report, m, err)
		}
		return
	}
	h, place := c.desk.take(h)
	if place == nil {
		report(droppedRequest(c.endpoint, m))
		return
	}
	// The server may wait for this response before it answers the call.
	response := &transport.Message{Header: x.msg.Header, Query: x.msg.Query}
	go func() {
		defer func() { <-place }()
		text, err := respond(ctx, h, m, c.settings.version1)
		reportPanic(report, m, err)
		response.Body = text
		reply, err := c.rt.RoundTrip(ctx, response)
		if err == nil && reply != nil {
			if r, ok := reply.(transport.HTTPReply); ok && r.Response().StatusCode >= http.StatusMultipleChoices {
				err = fmt.Errorf("the server answered %s", clean(r.Response().Status, 100))
			}
			_ = reply.Close()
		}
		if err != nil && ctx.Err() == nil {
			report(fmt.Errorf("jsonrpc: the response to %q was not taken: %w", clean(m.Method, 100), err))
		}
	}()
}

// respond returns the response of h, which may be nil, to a request of the
// server's, and the error in it.
func respond(ctx context.Context, h Handler, m *ServerMessage, version1 bool) (text []byte, err error) {
	var result any
	err = &Error{Code: CodeMethodNotFound, Message: "Method not found"}
	if h != nil {
		result, err = safely(func() (any, error) { return h.Handle(ctx, m) })
	}
	if err == nil {
		text, err = appendResult(m.ID, result, version1)
	}
	if err != nil {
		text = appendError(m.ID, err, version1)
	}
	return text, err
}

// A panicError is a handler's panic. It tells the server nothing.
type panicError struct {
	value any
	stack []byte
}

func (*panicError) Error() string { return "Internal error" }

// reportPanic tells f of err if it is a panic.
func reportPanic(f func(error), m *ServerMessage, err error) {
	if e := (*panicError)(nil); errors.As(err, &e) {
		f(fmt.Errorf("jsonrpc: the handler of %q panicked: %v\n%s", clean(m.Method, 100), e.value, e.stack))
	}
}

// safely turns a panic of a handler into an error.
func safely(handle func() (any, error)) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, &panicError{p, debug.Stack()}
		}
	}()
	return handle()
}

// appendResult returns a response with a result.
func appendResult(id ID, result any, version1 bool) ([]byte, error) {
	value, err := encode(result)
	if err != nil {
		return nil, fmt.Errorf("the result does not encode as JSON: %w", err)
	}
	if version1 {
		return appendResponse(`{"result":`, value, `,"error":null,"id":`, id), nil
	}
	return appendResponse(`{"jsonrpc":"2.0","result":`, value, `,"id":`, id), nil
}

// appendError returns a response with an error.
func appendError(id ID, err error, version1 bool) []byte {
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		e = &Error{Code: CodeInternalError, Message: err.Error()}
	}
	value, encodeErr := encode(e)
	if encodeErr != nil { // its data is not JSON
		value, _ = encode(&Error{Code: e.Code, Message: e.Message})
	}
	if version1 {
		return appendResponse(`{"result":null,"error":`, value, `,"id":`, id)
	}
	return appendResponse(`{"jsonrpc":"2.0","error":`, value, `,"id":`, id)
}

func appendResponse(head string, value []byte, middle string, id ID) []byte {
	text := append([]byte(head), value...)
	return append(id.append(append(text, middle...)), '}')
}
