package jsonrpc

import (
	"bytes"
	"fmt"

	"example.com/jsonrpc/transport"
)

// route gives a message to whom it is for. It reports whether f was handed on.
func (l *link) route(f *frame) bool {
	text := f.text
	i := skipSpace(text, skipMark(text)) // whose call it is judges the mark
	if i == len(text) {
		return false
	}
	if text[i] == '[' {
		return l.routeArray(f, i)
	}
	r, end, err := scanRoute(text, i)
	if err == nil && skipSpace(text, end) < len(text) {
		err = syntax(text, skipSpace(text, end), "nothing after the message")
	}
	switch {
	case err != nil && r.nameless(): // otherwise the caller sees what is wrong
		l.malformed(&ParseResponseError{Reply: l.secrets.start(text), Err: err})
	case r.own():
		l.incoming(text, i)
	case !r.response && r.id == nil:
		l.malformed(&ValidationError{Deviation: DeviationNotResponse, Reply: l.secrets.start(text)})
	default:
		return l.deliver(f, r.id, false)
	}
	return false
}

// A routed is an object of a message with what tells where it goes.
type routed struct {
	text     []byte
	id       []byte // nil if absent
	method   bool
	response bool // it has a result or an error
}

// own reports whether r is a message of the server's own.
func (r *routed) own() bool { return r.method && !r.response }

// nameless reports whether it cannot be told whose response r is.
func (r *routed) nameless() bool {
	return r.method || !r.response || r.id == nil || isNull(r.id)
}

// scanRoute finds what tells where the object at i goes. Values are checked
// later, by the one who decodes them. With an error, r holds what came before it.
func scanRoute(text []byte, i int) (r routed, end int, err error) {
	if i >= len(text) || text[i] != '{' {
		return r, i, syntax(text, i, "an object")
	}
	end, err = scanObject(text, i, func(name []byte, at int) (int, error) {
		end, err := skipUnchecked(text, at)
		switch string(name) {
		case "id":
			if err == nil {
				r.id = text[at:end]
			}
		case "method":
			r.method = true
		case "result", "error":
			r.response = true
		}
		return end, err
	})
	if err == nil {
		r.text = text[i:end]
	}
	return r, end, err
}

// eachRoute calls do with what scanRoute finds of each object of the array at i. They
// are not kept: a server may send millions of tiny ones.
func eachRoute(text []byte, i int, do func(routed)) error {
	if i = skipSpace(text, i+1); i < len(text) && text[i] == ']' {
		return nil
	}
	for {
		r, end, err := scanRoute(text, i)
		do(r)
		if err != nil {
			return err
		}
		if i = skipSpace(text, end); i < len(text) && text[i] == ']' {
			break
		}
		if i >= len(text) || text[i] != ',' {
			return syntax(text, i, "',' or ']'")
		}
		i = skipSpace(text, i+1)
	}
	if i = skipSpace(text, i+1); i < len(text) {
		return syntax(text, i, "nothing after the message")
	}
	return nil
}

// A survey is what an array holds.
type survey struct {
	own       int    // messages of the server's own
	responses int    // all others
	named     bool   // one of those has an id
	first     []byte // the first id that a message waits for
	several   bool   // there are others that other messages wait for
}

// survey looks at the objects of the array at i.
func (l *link) survey(text []byte, i int) (s survey, err error) {
	var found *waiter
	err = eachRoute(text, i, func(r routed) {
		if r.own() {
			s.own++
			return
		}
		s.responses++
		s.named = s.named || r.id != nil && !isNull(r.id)
		l.mu.Lock()
		w, _ := l.waiterLocked(r.id)
		l.mu.Unlock()
		switch {
		case w == nil, w == found:
		case found == nil:
			s.first, found = r.id, w
		default:
			s.several = true
		}
	})
	return s, err
}

// routeArray gives an array to the batch that it answers: the one with any of
// its ids. Servers send arrays of notifications too, and put the responses to
// several messages together.
func (l *link) routeArray(f *frame, i int) bool {
	text := f.text
	s, err := l.survey(text, i)
	if err == nil && s.own > 0 {
		_ = eachRoute(text, i, func(r routed) {
			if r.own() {
				l.incoming(r.text, 0)
			}
		})
	}
	switch {
	case s.first != nil && !s.several:
		return l.deliver(f, s.first, true)
	case err != nil:
		l.malformed(&ParseResponseError{Reply: l.secrets.start(text), Err: err})
	case s.several:
		_ = eachRoute(text, i, func(r routed) {
			if r.own() {
				return
			}
			item := frames.Get().(*frame)
			if item.text = append(item.text[:0], r.text...); !l.deliver(item, r.id, false) {
				_ = item.Close()
			}
		})
	case s.named: // and not by us
		l.conn.stats.strays.Add(int64(s.responses))
	case s.responses > 0 || s.own == 0:
		return l.deliver(f, nil, true)
	}
	return false
}

// waiterLocked returns the message that waits for a response with the id, and the
// form of the id that it was sent with. The caller must hold l.mu.
func (l *link) waiterLocked(id []byte) (*waiter, ID) {
	if id == nil || isNull(id) {
		return nil, ID{}
	}
	parsed, ok := parseID(id)
	if !ok {
		return nil, ID{}
	}
	if w := l.waiting[parsed]; w != nil {
		return w, parsed
	}
	for _, form := range parsed.forms() { // as careless servers send it
		if w := l.waiting[form]; w != nil {
			return w, form
		}
	}
	return nil, ID{}
}

// spoilt tells of a message that could not be read: the call that it was the reply to,
// if it was only too large and that can be seen, or else the error hook.
func (l *link) spoilt(e *transport.FrameError) {
	if e.Err == transport.ErrTooLarge {
		text := e.Data
		i := skipSpace(text, skipMark(text))
		array := i < len(text) && text[i] == '['
		if array {
			i = skipSpace(text, i+1)
		}
		r, _, _ := scanRoute(text, i)
		f := frames.Get().(*frame)
		f.text, f.err = append(f.text[:0], text...), fmt.Errorf("%w: %s", ErrReplyTooLarge, l.secrets.mask(e.Reason))
		cut := r.id != nil && bytes.HasSuffix(text, r.id) // 12 may be the start of 123
		if r.response && !r.method && !cut && l.deliver(f, r.id, array) {
			return
		}
		_ = f.Close()
	}
	l.malformed(l.secrets.maskFrame(e))
}

// deliver gives f to the message that waits for a response with the id; without
// one, to the only message that waits, if there is one only and the response can
// be to nothing else that was sent.
func (l *link) deliver(f *frame, id []byte, array bool) bool {
	nameless := id == nil || isNull(id)
	l.mu.Lock()
	w, form := l.waiterLocked(id)
	if nameless && l.calls == 1 && !l.owed && !l.pinged() {
		for _, w = range l.waiting {
			break
		}
	}
	late := l.answeredLocked(id)
	if w == nil {
		l.mu.Unlock()
		l.conn.stats.strays.Add(1)
		if late != nil {
			late(f.text)
		}
		if nameless && f.err == nil {
			l.conn.report(fmt.Errorf("jsonrpc: %s sent a response without an id: %s", l.conn.name, clean(string(l.secrets.start(f.text)), maxErrorText)))
		}
		return false
	}
	defer l.mu.Unlock()
	if array || !w.batch || nameless {
		l.forgetLocked(w) // that is all there will be
	} else {
		delete(l.waiting, form)
		if w.left--; w.left == 0 {
			l.calls--
		}
	}
	w.frames <- f
	return true
}

// pinged reports whether the stream has sent a ping: aria2 answers one with a pong
// and with an error that has no id.
func (l *link) pinged() bool {
	s, ok := l.stream.(interface{ Pinged() bool })
	return ok && s.Pinged()
}
