package jsonrpc

import (
	"fmt"
)

// A Message is what [Client.Send] sends: a [Request], a [Notification], a [Raw]
// text or a *[Batch]. The set is closed, so that it can grow.
type Message interface {
	// prepare writes the message into x.
	prepare(x *Exchange) error
}

// A Request asks for a method to be called and for its result (clause 4). It
// prints as the JSON that is sent. [Client.NewRequest] makes one that has its
// id already; one without gets its id when it is sent.
type Request struct {
	Method string
	// Params are [Args], [Named], or any value that encodes as a JSON array or
	// object by the rules of encoding/json. Nil leaves them out.
	Params any
	ID     ID
}

// A Notification asks for a method to be called, and for no answer (clause 4.1).
// It prints as the JSON that is sent.
type Notification struct {
	Method string
	Params any // as in [Request]
}

// Raw is a message as JSON text, sent as it is: a request, a notification, or a
// batch of them, of whatever version. If it has an id, a response is due.
type Raw string

// MarshalJSON returns the request's JSON, with the members in the order
// jsonrpc, method, params, id. The id is null if it has none yet.
func (r Request) MarshalJSON() ([]byte, error) {
	id := r.ID
	if id.IsZero() {
		id = ID{kind: nullID}
	}
	return appendRequest(nil, r.Method, r.Params, id)
}

// String returns the request's JSON or, if its params have none, what is wrong.
func (r Request) String() string { return messageString(r.MarshalJSON()) }

// MarshalJSON returns the notification's JSON, with the members in the order
// jsonrpc, method, params.
func (n Notification) MarshalJSON() ([]byte, error) {
	return appendRequest(nil, n.Method, n.Params, ID{})
}

// String returns the notification's JSON or, if its params have none, what is
// wrong.
func (n Notification) String() string { return messageString(n.MarshalJSON()) }

func messageString(text []byte, err error) string {
	if err != nil {
		return fmt.Sprintf("%%!(%v)", err)
	}
	return string(text)
}

// appendRequest appends a request, or a notification if id is zero.
func appendRequest(b []byte, method string, params any, id ID) ([]byte, error) {
	if method == "" {
		return nil, &MessageError{Reason: "the method has no name"}
	}
	b = append(b, `{"jsonrpc":"2.0","method":`...)
	b = appendString(b, method)
	if params != nil {
		start := len(b)
		b = append(b, `,"params":`...)
		before := len(b)
		var err error
		if b, err = appendParams(b, params); err != nil {
			return nil, err
		}
		if len(b) == before {
			b = b[:start]
		}
	}
	if !id.IsZero() {
		b = append(b, `,"id":`...)
		b = id.append(b)
	}
	return append(b, '}'), nil
}

// appendRequest1 appends a request of JSON-RPC 1.0, or a notification if id is
// zero: without a version, with params always, and with id null if it has none.
func appendRequest1(b []byte, method string, params any, id ID) ([]byte, error) {
	if method == "" {
		return nil, &MessageError{Reason: "the method has no name"}
	}
	b = appendString(append(b, `{"method":`...), method)
	b = append(b, `,"params":`...)
	before := len(b)
	b, err := appendParams(b, params)
	if err != nil {
		return nil, err
	}
	if len(b) == before {
		b = append(b, "[]"...)
	}
	if id.IsZero() {
		id = ID{kind: nullID}
	}
	return append(id.append(append(b, `,"id":`...)), '}'), nil
}

// appendRequest appends a request in the version, and with the codec, of the
// call's settings.
func (x *Exchange) appendRequest(b []byte, method string, params any, id ID) (_ []byte, err error) {
	if x.set == nil {
		return appendRequest(b, method, params, id)
	}
	if x.set.codec != nil {
		if params, err = x.set.codec.params(params); err != nil {
			return nil, err
		}
	}
	if x.set.version1 {
		return appendRequest1(b, method, params, id)
	}
	return appendRequest(b, method, params, id)
}

func (r Request) prepare(x *Exchange) error {
	return x.single(r.Method, r.Params, r.ID, nil, false)
}

func (n Notification) prepare(x *Exchange) error {
	return x.single(n.Method, n.Params, ID{}, nil, true)
}

// prepare reads the text to learn which answers are due.
func (r Raw) prepare(x *Exchange) error {
	text := []byte(r)
	if err := checkSyntax(text); err != nil {
		return &MessageError{Reason: "the raw message is not JSON", Err: err}
	}
	switch i := skipSpace(text, 0); text[i] {
	case '{':
		if err := x.addRaw(text, i); err != nil {
			return err
		}
	case '[':
		x.batch = true
		for i = skipSpace(text, i+1); text[i] != ']'; i = skipSpace(text, i) {
			if text[i] == ',' {
				i = skipSpace(text, i+1)
			}
			if text[i] != '{' {
				return &MessageError{Reason: "an item of the raw batch is not an object"}
			}
			if err := x.addRaw(text, i); err != nil {
				return err
			}
			i, _ = skipValue(text, i)
		}
		if len(x.items) == 0 {
			return errEmptyBatch
		}
	default:
		return &MessageError{Reason: "the raw message is neither an object nor an array"}
	}
	x.msg.Body = text
	return nil
}

// addRaw adds the request at i, which is valid JSON. What is no notification is
// taken for a request, because a server that cannot read it answers.
func (x *Exchange) addRaw(text []byte, i int) error {
	var e envelope
	if _, err := e.scan(text, i, false); err != nil {
		return &MessageError{Reason: "the raw message is not JSON", Err: err}
	}
	it := item{params: e.params}
	if len(e.method) > 0 && e.method[0] == '"' {
		it.method = unquote(e.method)
	}
	switch {
	case e.id != nil:
		id, ok := parseID(e.id)
		if !ok || len(id.text) > maxIDText {
			return &MessageError{Reason: "the raw message's id is not a string, a number or null"}
		}
		it.id = id
	case e.method != nil:
		it.notification = true
	default:
		it.id = ID{kind: nullID}
	}
	x.add(it)
	return nil
}
