package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"unicode/utf8"

	engine "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"example.com/jsonrpc/transport"
)

// streamFrom is the size of a reply from which its result is decoded while it
// arrives, instead of afterwards.
const streamFrom = 64 << 10

// A streamer is a variable for a result that uses it up item by item.
type streamer interface {
	itemTaker
	itemRules() *rules
}

// mayStream reports whether the result may be decoded before the end of the reply
// is known. Where its length is not, a reply over the limit would fill the
// variable before it is found out, at many times the limit's memory; a streamer
// keeps nothing. What a variable holds already could not be put back for another
// attempt.
func (x *Exchange) mayStream(resp *http.Response) bool {
	if x.batch || !x.msg.Reply || x.keep || x.items[0].result == nil {
		return false
	}
	if resp != nil && (resp.StatusCode < 200 || resp.StatusCode > 299) {
		return false
	}
	switch x.items[0].result.(type) {
	case *json.RawMessage:
		return false
	case streamer, *opened:
		return true
	}
	if x.whole || x.mayRepeat() && !x.items[0].isFresh() {
		return false
	}
	if x.set.codec.decodes(x.items[0].result) {
		return false
	}
	if resp == nil || resp.ContentLength <= streamFrom {
		return false
	}
	r := rulesFor(reflect.TypeOf(x.items[0].result), x.set.numbers)
	if items, _ := takerOf(x.items[0].result, r); items == nil && r.plain != nil && resp.ContentLength <= maxIn {
		return false // without the engine it is faster, and the memory is there
	}
	return r.onePass != nil
}

// stream reads a reply and decodes its result while it arrives. If it cannot,
// because the reply is small or the result does not come early in it, done is
// false, nothing is decoded, and what was read is in x.in.
func (x *Exchange) stream(reply io.Reader, limit int64) (done bool, err error) {
	at, err := x.fillToResult(reply, limit)
	if at < 0 || err != nil {
		return err != nil, err
	}
	head := x.in[:at]
	rest := &resultReader{head: x.in[at:], r: reply, left: limit - int64(len(x.in)), limit: limit}
	placeholder := `""` // which nothing can go on behind
	if x.in[at] == 'n' {
		placeholder = "null"
	}
	it := &x.items[0]
	it.decoded = true
	it.filled = x.mayRepeat() && it.isFresh()
	unread, decodeErr := x.decodeArriving(rest, x.in[at] == '[', it.result)
	if rest.err != nil && rest.err != io.EOF {
		if rest.err == errUTF8 || rest.err == errTooDeep {
			return true, x.notJSON(nil, rest.err)
		}
		return true, rest.err
	}
	if syntax := syntaxOf(decodeErr); syntax != nil {
		return true, x.notJSON(nil, syntax)
	}
	if ended := (*transport.Error)(nil); errors.As(decodeErr, &ended) { // the context of Open
		return true, ended
	}
	if decodeErr != nil {
		it.answered, it.err = true, &DecodeError{Result: x.secrets.start(x.in[at:]), Err: decodeErr}
		return true, it.err
	}
	// What is left is read as a reply of which the result is known already.
	text := append(append([]byte(nil), head...), placeholder...)
	text = append(text, unread...)
	tail, err := io.ReadAll(rest)
	if err == errUTF8 || err == errTooDeep {
		err = x.notJSON(nil, err)
	}
	if err != nil {
		return true, err
	}
	x.size = limit - rest.left
	return true, x.readText(append(text, tail...))
}

// fillToResult reads until the result has begun to arrive, and returns where. It
// returns -1 if the reply is small, or the result does not come early in it.
func (x *Exchange) fillToResult(reply io.Reader, limit int64) (at int, err error) {
	enough := min(streamFrom, limit)
	switch x.items[0].result.(type) {
	case streamer, *opened: // whose user may wait for the first of it
		enough = 1
	}
	for {
		whole, err := x.fill(reply, limit, enough)
		if whole || err != nil {
			return -1, err
		}
		have := int64(len(x.in))
		if at = findResult(x.in); at < 0 && have >= min(streamFrom, limit) || at >= 0 && int64(at) < have {
			return at, nil
		}
		enough = have + 1
	}
}

// decodeArriving decodes the value that rest begins with into the variable v points
// to, and returns what it has read of what comes after it.
func (x *Exchange) decodeArriving(rest *resultReader, array bool, v any) (unread []byte, err error) {
	if o, ok := v.(*opened); ok {
		return o.arriving(rest)
	}
	r := rulesFor(reflect.TypeOf(v), x.set.numbers)
	items, itemRules := takerOf(v, r)
	if !array || items == nil {
		rest.depth = new(depthCounter)
		dec := jsontext.NewDecoder(rest, values)
		err = engine.UnmarshalDecode(dec, v, r.onePass)
		return dec.UnreadBuffer(), err
	}
	buf := windows.Get().(*[windowSize]byte)
	defer windows.Put(buf)
	w := window{r: rest, buf: buf[:0], size: -1}
	if x.response != nil {
		w.size = x.response.ContentLength
	}
	if err = w.items(items, itemRules); err != nil {
		if s, ok := items.(*sliceItems); ok {
			s.to.SetZero()
		}
	}
	return bytes.Clone(w.buf[min(w.i, len(w.buf)):]), err
}

// beginning returns how the reply begins, for an error: text, or what stream has
// read of one that text stands for.
func (x *Exchange) beginning(text []byte) []byte {
	if !x.batch && x.items[0].decoded {
		text = x.in
	}
	return x.secrets.start(text)
}

// findResult returns the index of the value of the member result in the reply
// that begins with text, or -1 if it is not there.
func findResult(text []byte) int {
	i := skipSpace(text, 0)
	if i == len(text) || text[i] != '{' {
		return -1
	}
	found := -1
	_, _ = scanObject(text, i, func(name []byte, at int) (int, error) {
		if string(name) == "result" {
			found = at
			return at, io.EOF // enough
		}
		return skipValue(text, at)
	})
	return found
}

// syntaxOf returns the error that says that a text is not JSON, if err does. One that
// is io.ErrUnexpectedEOF alone is of the caller's own type, as fmt.Sscan has it.
func syntaxOf(err error) error {
	var (
		syntactic *jsontext.SyntacticError
		syntax    *jsonv1.SyntaxError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooDeep):
		return errTooDeep
	case errors.As(err, new(*syntaxError)), errors.As(err, &syntactic), errors.As(err, &syntax):
		return err
	}
	return nil
}

// A resultReader reads the rest of a reply: it checks the limit, the UTF-8 and, if
// asked to, the depth of what goes through.
type resultReader struct {
	head  []byte // arrived already
	r     io.Reader
	left  int64 // of the limit
	limit int64
	cut   []byte // the beginning of a character that was cut
	depth *depthCounter
	err   error
}

func (r *resultReader) Read(p []byte) (n int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	if len(r.head) > 0 {
		n = copy(p, r.head)
		r.head = r.head[n:]
	} else {
		if n, err = r.r.Read(p); int64(n) > r.left {
			err = tooLarge(r.limit)
			n = 0
		}
		r.left -= int64(n)
	}
	if !r.valid(p[:n]) || err == io.EOF && len(r.cut) > 0 {
		n, err = 0, errUTF8
	}
	if r.depth != nil && r.depth.tooDeep(p[:n]) {
		n, err = 0, errTooDeep
	}
	r.err = err
	return n, err
}

// valid reports whether b goes on with valid UTF-8.
func (r *resultReader) valid(b []byte) bool {
	if len(r.cut) > 0 {
		for len(b) > 0 && len(r.cut) < utf8.UTFMax && !utf8.FullRune(r.cut) {
			r.cut, b = append(r.cut, b[0]), b[1:]
		}
		if !utf8.FullRune(r.cut) {
			return true
		}
		if !utf8.Valid(r.cut) {
			return false
		}
		r.cut = r.cut[:0]
	}
	end := len(b)
	for back := 1; back < utf8.UTFMax && back <= len(b); back++ {
		if c := b[len(b)-back]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-back:]) {
				end = len(b) - back
			}
			break
		}
	}
	r.cut = append(r.cut, b[end:]...)
	return utf8.Valid(b[:end])
}

// A depthCounter finds out that a text, which comes in parts, is nested deeper than
// maxDepth, going by quotes and brackets alone.
type depthCounter struct {
	depth           int
	quoted, escaped bool
}

// tooDeep reads on.
func (d *depthCounter) tooDeep(part []byte) bool {
	for i := 0; i < len(part); i++ {
		if d.escaped {
			d.escaped = false
			continue
		}
		if d.quoted {
			if i = indexSpecial(part, i); i == len(part) {
				return false
			}
			d.quoted, d.escaped = part[i] != '"', part[i] == '\\'
			continue
		}
		switch part[i] {
		case '"':
			d.quoted = true
		case '{', '[':
			if d.depth++; d.depth > maxDepth {
				return true
			}
		case '}', ']':
			d.depth--
		}
	}
	return false
}
