package jsonrpc

import (
	"bytes"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An Item is one request or notification of a message, as an [Interceptor] that
// sends some of them again sees it.
type Item struct {
	Method       string
	ID           ID // zero for a notification
	Notification bool
	// Idempotent says that it may be carried out more than once, see
	// [WithIdempotent].
	Idempotent bool
	// Answered says that there is an outcome of its own, Err: nil for a result. If
	// not, what is known is the error of the message as a whole.
	Answered bool
	Err      error
}

// Items yields the requests and notifications of the message in order, with their
// indexes and with what came of each, once next has returned.
func (x *Exchange) Items() iter.Seq2[int, Item] {
	return func(yield func(int, Item) bool) {
		for i := range x.items {
			it := &x.items[i]
			if !yield(i, Item{
				Method: it.method, ID: it.id, Notification: it.notification, Idempotent: x.idempotent(it),
				Answered: it.answered, Err: it.err,
			}) {
				return
			}
		}
	}
}

// Part returns an exchange for the items of x with these indexes, in this order,
// or for all if there are none, to be given to next instead of x: to send some
// items of a batch again, or x itself while x must not change. The part of a batch
// is a batch. It has the same ids, headers and options, and keeps its reply in
// memory: the caller's variables are set by [Exchange.Adopt].
func (x *Exchange) Part(indexes ...int) *Exchange {
	part := &Exchange{
		client: x.client, set: x.set, secrets: x.secrets, header: x.header.Clone(), tracker: x.tracker,
		attempts: x.attempts, batch: x.batch, keep: true,
	}
	part.msg.Info = part
	if len(indexes) == 0 {
		indexes = make([]int, len(x.items))
		for i := range indexes {
			indexes[i] = i
		}
	}
	part.items, part.of = make([]item, 0, len(indexes)), indexes
	x.locate()
	var text []byte
	before := byte('[')
	for _, i := range indexes {
		it := &x.items[i]
		text = append(text, before)
		before = ','
		from := len(text)
		text = append(text, x.msg.Body[it.from:it.to]...)
		part.add(item{method: it.method, id: it.id, from: from, to: len(text), notification: it.notification})
	}
	if x.batch {
		part.msg.Body = append(text, ']')
	} else {
		part.msg.Body = text[1:]
		part.items[0].from, part.items[0].to = 0, len(text)-1
	}
	return part
}

// Copy is [Exchange.Part] of all items, with new ids, so that it can be under way
// on a connection at the same time as x. There is none of a request that makes or ends
// a subscription: nobody would end the second.
func (x *Exchange) Copy() (*Exchange, error) {
	if x.set.stream.link != nil {
		return nil, &MessageError{Reason: "a subscription is asked for once"}
	}
	part := x.Part()
	var text []byte
	if part.batch {
		text = []byte{'['}
	}
	for i := range part.items {
		it := &part.items[i]
		if i > 0 {
			text = append(text, ',')
		}
		from := len(text)
		old := part.msg.Body[it.from:it.to]
		if it.notification || it.id.IsNull() {
			text = append(text, old...)
		} else {
			id := x.set.ids()
			if id.IsZero() {
				return nil, errZeroID
			}
			idFrom, idTo := findID(old)
			text = append(id.append(append(text, old[:idFrom]...)), old[idTo:]...)
			it.id = id
		}
		it.from, it.to = from, len(text)
	}
	if part.batch {
		text = append(text, ']')
	}
	part.msg.Body = text
	return part, nil
}

// findID returns where the value of the member id of a request is, which is valid
// JSON and has one.
func findID(text []byte) (from, to int) {
	_, _ = scanObject(text, skipSpace(text, 0), func(name []byte, at int) (int, error) {
		end, err := skipValue(text, at)
		if string(name) == "id" {
			from, to = at, end
		}
		return end, err
	})
	return from, to
}

// locate finds where the items of a raw message are in its text.
func (x *Exchange) locate() {
	if x.items[0].to > 0 {
		return
	}
	text := x.msg.Body
	if !x.batch {
		x.items[0].to = len(text)
		return
	}
	i := skipSpace(text, 0) + 1
	for k := range x.items {
		if i = skipSpace(text, i); k > 0 {
			i = skipSpace(text, i+1) // after the comma
		}
		x.items[k].from = i
		i, _ = skipValue(text, i)
		x.items[k].to = i
	}
}

// Adopt takes over the outcome of a [Exchange.Part] or a [Exchange.Copy] of x,
// of which err is what next returned: the caller's results are decoded, and from
// then on each of its items has an outcome of its own. Several exchanges may
// adopt one part, at the same time too, if they ask the same. It returns the error
// for x: that of its item or, for a batch, err.
func (x *Exchange) Adopt(part *Exchange, err error) error { return x.adopt(part, err, true) }

// adopt is Adopt. If the part may be adopted by others too, what it keeps of the
// reply is copied.
func (x *Exchange) adopt(part *Exchange, err error, shared bool) error {
	x.response, x.secrets = part.response, x.secrets.and(part.secrets) // before errors are made of what the reply holds
	for k, i := range part.of {
		it, from := &x.items[i], &part.items[k]
		it.answered, it.decoded, it.raw = true, false, nil
		it.err = from.err
		if !x.batch || !from.answered && err != nil {
			it.err = err // which an interceptor may have changed
		}
		switch {
		case it.err != nil || it.notification:
		case !from.answered || from.err != nil:
			it.err = ErrNoResponse
		default:
			if it.raw = from.raw; shared && x.keep {
				it.raw = bytes.Clone(from.raw)
			}
			if it.result != nil {
				it.empty()
				it.err = x.decodeResult(&envelope{text: from.raw, result: from.raw}, it)
			}
		}
	}
	if len(part.of) == len(x.items) {
		x.text, x.strays, x.size = nil, nil, 0
		if part.endpoint != "" {
			x.endpoint = part.endpoint
		}
	}
	if len(x.text) > 0 && len(part.text) > 0 {
		x.text = append(x.text, '\n')
	}
	if x.keep {
		x.text = append(x.text, part.text...)
	}
	x.strays = append(x.strays, part.strays...)
	x.size += part.size
	if !x.batch {
		return x.items[0].err
	}
	return err
}

// Copyable reports whether the outcome of a copy can be that of x: not if its result
// is used up as it arrives ([Rows], [Open]) or its progress is told ([WithProgress]).
func (x *Exchange) Copyable() bool {
	return x.tracker == nil && len(x.items) > 0 && !x.usesUp()
}

// usesUp reports whether a result of the message is used up while it arrives.
func (x *Exchange) usesUp() bool {
	for i := range x.items {
		if usesUp(x.items[i].result) {
			return true
		}
	}
	return false
}

// usesUp reports whether a variable uses its result up while that arrives.
func usesUp(v any) bool {
	switch v.(type) {
	case streamer, *opened:
		return true
	}
	return false
}

// Key returns a text that two exchanges of one client share only if they ask the
// same in the same way, so that one reply can be the answer to both: the methods,
// params and other members of the requests, and what options and interceptors have
// changed for the call, but for headers and members of traces. Exchanges of two clients,
// which may have other credentials, never share it while both live. There is none, and
// ok is false, if x is not [Exchange.Copyable], if the call has a [WithAuth],
// [WithHTTPResponse] or [WithDeviations] of its own, or if it makes or ends a
// subscription. It does not tell what an [Auth] takes from the context, or the function
// of [Sticky].
func (x *Exchange) Key() (key string, ok bool) {
	s, session := x.set, &x.client.settings
	if !x.Copyable() || !s.sameAuth(session) || s.stream.link != nil || s != session && s.hooked {
		return "", false
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%p ", x.client)
	b.WriteString(strconv.FormatInt(s.maxReply, 10))
	b.WriteString(strconv.FormatBool(s.validate))
	b.WriteString(strconv.FormatBool(s.version1))
	b.WriteString(strconv.Quote(s.session))
	x.locate()
	for i := range x.items {
		writeAsked(&b, x.msg.Body[x.items[i].from:x.items[i].to])
	}
	write := func(kind string, all map[string][]string) {
		names := make([]string, 0, len(all))
		for name := range all {
			if kind != "header" || !traceHeader(name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			b.WriteString(kind)
			b.WriteString(strconv.Quote(name))
			for _, value := range all[name] {
				b.WriteString(strconv.Quote(value))
			}
		}
	}
	if s != session {
		write("header", s.header)
		write("query", s.query)
		for _, cookie := range s.cookieHeader(session) {
			b.WriteString(strconv.Quote(cookie))
		}
	}
	write("header", x.header)
	return b.String(), true
}

// writeAsked writes what a request asks: its members but for the id and those of a trace.
func writeAsked(b *strings.Builder, request []byte) {
	b.WriteByte('{')
	_, _ = scanObject(request, skipSpace(request, 0), func(name []byte, at int) (int, error) {
		end, err := skipValue(request, at)
		if string(name) != "id" && !traceHeader(string(name)) {
			b.WriteString(strconv.Quote(string(name)))
			b.Write(request[at:end])
		}
		return end, err
	})
	b.WriteByte('}')
}

// sameAuth reports whether s and o have their [Auth] from one option.
func (s *settings) sameAuth(o *settings) bool {
	return s.fixedAuth == o.fixedAuth && len(s.auths) == len(o.auths) && (len(s.auths) == 0 || &s.auths[0] == &o.auths[0])
}

// traceHeader reports whether a header, or a member, only tells whose trace a request belongs to
// (W3C Trace Context and Baggage).
func traceHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Traceparent", "Tracestate", "Baggage":
		return true
	}
	return false
}
