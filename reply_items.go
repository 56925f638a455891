package jsonrpc

import (
	"io"
	"reflect"
	"sync"

	"github.com/go-json-experiment/json"
)

// An itemTaker takes the items of an array one by one, as they are decoded.
type itemTaker interface {
	// begin is called once the array has begun.
	begin() error
	// next returns the variable for the next item, which is zero. The items
	// before it took so many bytes of a text of size, which is -1 if not known.
	next(took, size int64) reflect.Value
	// take is called once the item is there.
	take() error
}

// takerOf returns what takes the items of the array that v points to, and their
// rules, if they are of a plain type; otherwise nil.
func takerOf(v any, r *rules) (itemTaker, *rules) {
	if rows, ok := v.(streamer); ok {
		if r = rows.itemRules(); r.plain != nil {
			return rows, r
		}
		return nil, nil
	}
	if r.plain != nil && r.plain.kind == reflect.Slice {
		if to := reflect.ValueOf(v).Elem(); to.IsValid() && to.IsZero() {
			return &sliceItems{to: to}, rulesFor(reflect.PointerTo(to.Type().Elem()), false)
		}
	}
	return nil, nil
}

// sliceItems appends the items to a slice.
type sliceItems struct {
	to reflect.Value
	n  int
}

func (s *sliceItems) begin() error {
	s.to.Set(reflect.MakeSlice(s.to.Type(), 0, 0))
	return nil
}

func (s *sliceItems) next(took, size int64) reflect.Value {
	if s.n == s.to.Cap() {
		left := took
		if size >= 0 {
			left = size - took
		}
		s.to.Grow(roomFor(s.n, took, left))
	}
	s.to.SetLen(s.n + 1)
	return s.to.Index(s.n)
}

func (s *sliceItems) take() error {
	s.n++
	return nil
}

// A window is the part of a text that has arrived and was not decoded yet.
type window struct {
	r    io.Reader // of what comes after it; nil if nothing does
	buf  []byte
	i    int   // where to go on
	gone int64 // bytes that were there before
	size int64 // of the whole, -1 if not known

	known knownTexts
}

const windowSize = 128 << 10

// windows holds buffers that are used again.
var windows = sync.Pool{New: func() any { return new([windowSize]byte) }}

// more reads more of the text. What was decoded is forgotten.
func (w *window) more() error {
	if w.r == nil {
		return syntax(w.buf, len(w.buf), "more of the result")
	}
	if w.i > 0 {
		w.gone += int64(w.i)
		w.buf, w.i = w.buf[:copy(w.buf, w.buf[w.i:])], 0
	}
	if len(w.buf) == cap(w.buf) {
		w.buf = append(make([]byte, 0, 2*cap(w.buf)), w.buf...)
	}
	n, err := w.r.Read(w.buf[len(w.buf):cap(w.buf)])
	w.buf = w.buf[:len(w.buf)+n]
	switch {
	case n > 0:
		return nil
	case err == io.EOF:
		return syntax(w.buf, len(w.buf), "more of the result")
	}
	return err
}

// peek skips white space and returns the byte after it.
func (w *window) peek() (byte, error) {
	for {
		if w.i = skipSpace(w.buf, w.i); w.i < len(w.buf) {
			return w.buf[w.i], nil
		}
		if err := w.more(); err != nil {
			return 0, err
		}
	}
}

// items decodes an array, whose items are of a plain type with the rules r.
func (w *window) items(taker itemTaker, r *rules) error {
	if err := taker.begin(); err != nil {
		return err
	}
	if _, err := w.peek(); err != nil { // the bracket
		return err
	}
	w.i++
	c, err := w.peek()
	if err != nil || c == ']' {
		w.i++
		return err
	}
	for start := w.gone + int64(w.i); ; {
		if err = w.item(taker.next(w.gone+int64(w.i)-start, w.size), r); err != nil {
			return err
		}
		if err = taker.take(); err != nil {
			return err
		}
		if c, err = w.peek(); err != nil {
			return err
		}
		if c != ',' && c != ']' {
			return syntax(w.buf, w.i, "',' or ']'")
		}
		w.i++
		if c == ']' {
			return nil
		}
		if _, err = w.peek(); err != nil {
			return err
		}
	}
}

// item decodes the item at w.i into v, which is zero.
func (w *window) item(v reflect.Value, r *rules) error {
	const depth = 2 // of the item's own members
	if end := r.plain.decode(w.buf, w.i, v, depth, &w.known); end >= 0 && end < len(w.buf) {
		w.i = end
		return nil
	}
	v.SetZero()
	cut := false
	end := valueEnd{at: w.i}
	for {
		ended := end.find(w.buf, w.i)
		if end.deepest > maxDepth-depth+1 {
			return errTooDeep
		}
		if ended {
			break
		}
		end.at -= w.i
		if err := w.more(); err != nil {
			return err
		}
		cut = true
	}
	text := w.buf[w.i:end.at]
	w.i = end.at
	if cut {
		if r.plain.decode(text, 0, v, depth, &w.known) == len(text) {
			return nil
		}
		v.SetZero()
	}
	return json.Unmarshal(text, v.Addr().Interface(), r.forItems())
}

// A valueEnd looks for the end of a value by quotes and brackets alone, as
// skipUnchecked does, in a text that grows.
type valueEnd struct {
	at      int // it is not before this
	depth   int
	deepest int
	quoted  bool
}

// find reports whether the value that starts at start ends in text, at e.at.
func (e *valueEnd) find(text []byte, start int) bool {
	if start < len(text) && !isOpening(text[start]) {
		for e.at < len(text) && !isAfterValue(text[e.at]) {
			e.at++
		}
		return e.at < len(text)
	}
	for e.at < len(text) {
		if e.quoted {
			if e.at = indexSpecial(text, e.at); e.at == len(text) || text[e.at] == '\\' && e.at+1 == len(text) {
				return false
			}
			switch text[e.at] {
			case '\\':
				e.at++ // with what is escaped
			case '"':
				e.quoted = false
			}
		} else {
			switch text[e.at] {
			case '"':
				e.quoted = true
			case '{', '[':
				e.depth++
				e.deepest = max(e.deepest, e.depth)
			case '}', ']':
				e.depth--
			}
		}
		if e.at++; e.depth == 0 && !e.quoted {
			return true
		}
	}
	return false
}

func isOpening(c byte) bool { return c == '{' || c == '[' || c == '"' }

func isAfterValue(c byte) bool { return c <= ' ' || c == ',' || c == ']' || c == '}' }
