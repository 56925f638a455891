package jsonrpc

import (
	"bytes"
	"fmt"
)

// SetMembers sets members of each request and notification of the message,
// beside method and params, in the place of those that have these names already.
// It is for what travels with a request and is no param of it, such as the
// context of a trace: the specification does not forbid such members. The values
// are encoded by the rules of encoding/json.
//
// Call it before next. A [Raw] message is changed too. The members of the
// specification itself cannot be set.
func (x *Exchange) SetMembers(members Named) error {
	for _, name := range []string{"jsonrpc", "method", "params", "id", "result", "error"} {
		if _, found := members[name]; found {
			return &MessageError{Reason: fmt.Sprintf("the member %q is the specification's own and cannot be set", name)}
		}
	}
	return x.edit(members, func(dst, request []byte, _ span, set []member) []byte {
		return setMembers(dst, request, set)
	})
}

// SetMeta sets members of the object _meta in the params of each request and
// notification of the message, as the Model Context Protocol has it. Where there
// are no params, or no _meta, they are added; params by position have no place for
// it and stay as they are. Otherwise it is [Exchange.SetMembers].
func (x *Exchange) SetMeta(members Named) error {
	return x.edit(members, func(dst, request []byte, params span, set []member) []byte {
		if params.to == 0 {
			return setMembers(dst, request, []member{{"params", setMembers(nil, []byte(`{}`), []member{{"_meta", object(set)}})}})
		}
		if request[params.from] != '{' {
			return append(dst, request...)
		}
		text := request[params.from:params.to]
		meta := object(set)
		_, _ = scanObject(text, 0, func(name []byte, at int) (int, error) {
			end, err := skipValue(text, at)
			if string(name) == "_meta" && text[at] == '{' {
				meta = setMembers(nil, text[at:end], set)
			}
			return end, err
		})
		dst = append(dst, request[:params.from]...)
		dst = setMembers(dst, text, []member{{"_meta", meta}})
		return append(dst, request[params.to:]...)
	})
}

// A member is one of an object, its value as JSON.
type member struct {
	name  string
	value []byte
}

// A span is a part of a text; to is 0 if there is none.
type span struct{ from, to int }

// edit writes the message anew, each request of it by change, which appends it
// to dst. The old text is left alone: a transport may still read it.
func (x *Exchange) edit(members Named, change func(dst, request []byte, params span, set []member) []byte) error {
	if len(members) == 0 || len(x.items) == 0 {
		return nil
	}
	set := make([]member, 0, len(members))
	for _, name := range sortedNames(members) {
		value, err := appendValue(nil, members[name])
		if err != nil {
			return &MessageError{Reason: fmt.Sprintf("the member %q does not encode as JSON", name), Err: err}
		}
		set = append(set, member{name, value})
	}
	x.locate()
	old := x.msg.Body
	text := make([]byte, 0, len(old)+64*len(x.items)*len(set))
	if x.batch {
		text = append(text, '[')
	}
	for i := range x.items {
		it := &x.items[i]
		if i > 0 {
			text = append(text, ',')
		}
		from := len(text)
		request := bytes.TrimSpace(old[it.from:it.to]) // a raw one may have some around it
		text = change(text, request, paramsSpan(request), set)
		it.from, it.to = from, len(text)
		it.params = nil // those of a raw message are in the text from now on
	}
	if x.batch {
		text = append(text, ']')
	}
	x.buf, x.msg.Body = text, text
	return nil
}

// lend lets the interceptors of a pool's endpoint change headers and members. The
// function it returns takes that back, because the next endpoint is another server.
func (x *Exchange) lend() (restore func()) {
	header, buf, body := x.header, x.buf, x.msg.Body
	places := make([]span, len(x.items))
	for i := range x.items {
		places[i] = span{x.items[i].from, x.items[i].to}
	}
	x.header = header.Clone()
	return func() {
		x.header, x.buf, x.msg.Body = header, buf, body
		for i, at := range places {
			x.items[i].from, x.items[i].to = at.from, at.to
		}
	}
}

// paramsSpan returns where the params of a request are.
func paramsSpan(request []byte) (params span) {
	_, _ = scanObject(request, 0, func(name []byte, at int) (int, error) {
		end, err := skipValue(request, at)
		if string(name) == "params" {
			params = span{at, end}
		}
		return end, err
	})
	return params
}

// setMembers appends an object, which is valid, with members set: those that it
// has already in their place, others at its end.
func setMembers(dst, text []byte, set []member) []byte {
	dst = append(dst, '{')
	first := true
	add := func(name, value []byte) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(append(dst, name...), ':'), value...)
	}
	done := make([]bool, len(set))
	_, _ = scanObject(text, 0, func(name []byte, at int) (int, error) {
		end, err := skipValue(text, at)
		value := text[at:end]
		for i := range set {
			if string(name) == set[i].name {
				value, done[i] = set[i].value, true
			}
		}
		add(appendString(nil, string(name)), value)
		return end, err
	})
	for i := range set {
		if !done[i] {
			add(appendString(nil, set[i].name), set[i].value)
		}
	}
	return append(dst, '}')
}

// object is an object of these members.
func object(members []member) []byte { return setMembers(nil, []byte("{}"), members) }
