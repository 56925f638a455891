package jsonrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"example.com/jsonrpc/transport"
)

// read reads the reply to x and gives each request its outcome. The error is
// that of the exchange as a whole.
func (x *Exchange) read(ctx context.Context, reply io.ReadCloser) error {
	var resp *http.Response
	if r, ok := reply.(transport.HTTPReply); ok {
		resp = r.Response()
		x.response = resp
		if x.set.onResponse != nil {
			x.set.onResponse(resp)
		}
	}
	if events, ok := reply.(transport.EventsReply); ok {
		return x.httpOutcome(resp, nil, x.readEvents(ctx, events))
	}
	limit := x.set.maxReply
	if !x.msg.Reply {
		limit = min(limit, maxUnasked)
	}
	if resp != nil && resp.ContentLength > limit && x.msg.Reply {
		err := fmt.Errorf("%w: it says it has %d bytes, the limit is %d", ErrReplyTooLarge, resp.ContentLength, limit)
		return x.httpOutcome(resp, nil, err)
	}
	x.length = -1
	if resp != nil {
		x.length = resp.ContentLength
	}
	if _, whole := reply.(transport.BytesReply); !whole && x.mayStream(resp) {
		if done, err := x.stream(reply, limit); done {
			return x.httpOutcome(resp, x.in, err)
		}
	}
	text, err := x.readAll(reply, limit)
	if err != nil && x.msg.Reply {
		return x.httpOutcome(resp, nil, err)
	}
	x.size = int64(len(text))
	if x.keep {
		x.text = text
	}
	if !x.msg.Reply {
		err = x.readUnasked(text)
	} else {
		err = x.readText(text)
	}
	return x.httpOutcome(resp, text, err)
}

// maxUnasked is how much of an answer to a notification is looked at.
const maxUnasked = 64 << 10

// readAll reads a whole reply, of limit bytes at most. The text is valid until x
// is freed, or for ever if the reply is kept.
func (x *Exchange) readAll(reply io.Reader, limit int64) (text []byte, err error) {
	if r, ok := reply.(transport.BytesReply); ok {
		if text = r.Bytes(); int64(len(text)) > limit {
			return nil, tooLarge(limit)
		}
		if x.keep {
			text = bytes.Clone(text)
		}
		return text, nil
	}
	if x.keep { // it is given away
		x.in = nil
	}
	_, err = x.fill(reply, limit, limit+1)
	return x.in, err
}

// fill reads into x.in until it holds the whole reply or enough bytes.
// A reply of more than limit bytes is an error. Memory grows with what has
// arrived: the length that a header promises is not believed.
func (x *Exchange) fill(reply io.Reader, limit, enough int64) (whole bool, err error) {
	for int64(len(x.in)) < enough {
		room := x.in[len(x.in):min(int64(cap(x.in)), limit, max(enough, streamFrom))]
		full := int64(len(x.in)) == limit
		switch {
		case full:
			room = make([]byte, 1) // for the byte that shows that it is too much
		case len(room) == 0:
			x.in = grow(x.in, limit, x.length)
			room = x.in[len(x.in):min(int64(cap(x.in)), max(enough, streamFrom))]
		}
		n, err := reply.Read(room)
		if full && n > 0 {
			return false, tooLarge(limit)
		}
		x.in = x.in[:len(x.in)+n]
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// grow returns buf with more room, for length bytes if that many are promised and an
// eighth of them has come. Otherwise the sizes that it goes through are limit, three
// eighths of it, and the halves of those: together less than twice the limit.
func grow(buf []byte, limit, length int64) []byte {
	const trusted = 64 << 10 // a promise that costs nothing
	have := int64(len(buf))
	if have < length && length < limit {
		size := min(length+1, max(trusted, 8*have)) // one more, to see the end
		return append(make([]byte, 0, size), buf...)
	}
	size := limit
	for next := limit / 8 * 3; next > int64(len(buf)) && next >= 2<<10; next /= 2 {
		size = next
	}
	return append(make([]byte, 0, size), buf...)
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: over the limit of %d bytes (WithMaxReply raises it)", ErrReplyTooLarge, limit)
}

// readText reads the text of a reply that is due.
func (x *Exchange) readText(text []byte) error {
	i, found, err := x.begin(text)
	if err != nil {
		x.fail(err)
		return err
	}
	switch {
	case i == len(text):
		err = ErrNoResponse
	case x.batch && text[i] == '[':
		err = x.readBatch(text, i, found)
	case x.batch:
		err = x.readSingleForBatch(text, i, found)
	default:
		err = x.readSingle(text, i, found)
	}
	if err != nil {
		x.fail(err)
	}
	return err
}

// begin checks what concerns the text as a whole and returns where its value
// begins.
func (x *Exchange) begin(text []byte) (i int, found deviationSet, err error) {
	if !utf8.Valid(text) {
		return 0, 0, x.notJSON(text, errUTF8)
	}
	if i = skipMark(text); i > 0 {
		if x.set.validate {
			return 0, 0, x.notJSON(text, errors.New("it begins with a byte order mark (WithValidation(false) accepts it)"))
		}
		found.add(DeviationByteOrder)
	}
	return skipSpace(text, i), found, nil
}

// skipMark returns the index after the byte order mark that text begins with, if
// it does.
func skipMark(text []byte) int {
	const mark = "\ufeff"
	return max(0, skipKnown(text, 0, mark))
}

// notJSON is the error for a text that is not JSON, or too deep to be read.
func (x *Exchange) notJSON(text []byte, err error) error {
	if errors.Is(err, errTooDeep) {
		return fmt.Errorf("%w: %w", ErrReplyTooLarge, err)
	}
	return &ParseResponseError{Reply: x.beginning(text), Err: err}
}

// checkEnd refuses anything but white space from i on.
func (x *Exchange) checkEnd(text []byte, i int) error {
	if i = skipSpace(text, i); i < len(text) {
		return x.notJSON(text, syntax(text, i, "nothing after the reply"))
	}
	return nil
}

// judge refuses a reply for what was found in it, or tells what was tolerated.
func (x *Exchange) judge(text []byte, found deviationSet) error {
	if x.set.version1 {
		found &^= ordinary1
	}
	if found == 0 {
		return nil
	}
	if d, refused := found.refused(x.set.validate); refused {
		return &ValidationError{Deviation: d, Reply: x.beginning(text)}
	}
	if x.set.deviations != nil {
		for d := range numDeviations {
			if found.has(d) {
				x.set.deviations(d)
			}
		}
	}
	return nil
}

// readSingle reads the reply to a single request.
func (x *Exchange) readSingle(text []byte, i int, found deviationSet) error {
	if text[i] == '[' {
		var err error
		if i, err = onlyItem(text, i); err != nil {
			return x.notJSON(text, err)
		}
		if i < 0 {
			return x.judge(text, 1<<DeviationArrayLength)
		}
		found.add(DeviationArray)
	}
	it := &x.items[0]
	unchecked := it.result != nil && !x.keep && !found.has(DeviationArray) && !x.set.codec.decodes(it.result) && (!x.mayRepeat() || it.isFresh()) // the engine finds what is no JSON
	switch it.result.(type) {
	case *json.RawMessage, *opened:
		unchecked = false
	}
	var e envelope
	end, err := e.scan(text, i, unchecked)
	if err != nil {
		return x.notJSON(text, err)
	}
	if !found.has(DeviationArray) { // onlyItem has seen the end
		if err := x.checkEnd(text, end); err != nil {
			return err
		}
	}
	serverError := e.response()
	e.matchID(it.id)
	err = x.judge(text, e.found|found)
	if unchecked && (err != nil || serverError != nil) {
		// The engine is not going to read the result.
		if _, err := new(envelope).scan(text, i, false); err != nil {
			return x.notJSON(text, err)
		}
	}
	if err != nil {
		return err
	}
	return x.answer(it, &e, serverError)
}

// onlyItem returns the index of the item of an array of one, or -1 if the array
// has another length. The whole text is checked.
func onlyItem(text []byte, i int) (int, error) {
	if err := checkSyntax(text[i:]); err != nil {
		return 0, err
	}
	first := skipSpace(text, i+1)
	if text[first] == ']' {
		return -1, nil
	}
	end, err := skipValue(text, first)
	if err == nil && text[skipSpace(text, end)] != ']' {
		first = -1
	}
	return first, err
}

// answer gives it its outcome: the result of e, or the server's error.
func (x *Exchange) answer(it *item, e *envelope, serverError *Error) error {
	it.answered = true
	if serverError != nil {
		// Its data is a part of the reply's buffer, which is used again.
		serverError.Data = bytes.Clone(serverError.Data)
		it.err = x.secrets.maskError(serverError)
		return it.err
	}
	if x.keep {
		it.raw = json.RawMessage(e.result)
	}
	if it.result != nil && !it.decoded {
		it.err = x.decodeResult(e, it)
	}
	return it.err
}

// decodeValue decodes by the codec of the call or, if it has none, the engine.
func (x *Exchange) decodeValue(text []byte, v any) error {
	if x.set.codec.decodes(v) {
		return x.set.codec.Unmarshal(text, v)
	}
	if s, ok := v.(*string); ok && s != nil && isPlainString(text) {
		*s = x.known.text(text[1 : len(text)-1])
		return nil
	}
	return decode(text, v, x.set.numbers)
}

// decodeResult decodes the result of e, which may not have been checked, into the
// variable of it.
func (x *Exchange) decodeResult(e *envelope, it *item) error {
	text, v := e.result, it.result
	it.filled = x.mayRepeat() && it.isFresh()
	if r, ok := v.(*json.RawMessage); ok {
		*r = append((*r)[:0], text...)
		return nil
	}
	if o, ok := v.(*opened); ok {
		return o.whole(text)
	}
	err := x.decodeValue(text, v)
	if err == nil {
		return nil
	}
	if _, syntax := new(envelope).scan(e.text, 0, false); syntax != nil {
		return x.notJSON(e.text, syntax)
	}
	return misfit(text, err, x.secrets)
}

// misfit returns err, which came of decoding text, as the error for the user.
func misfit(text []byte, err error, s *secrets) error {
	if err == nil {
		return nil
	}
	return s.maskTree(&DecodeError{Result: s.start(text), Err: err})
}

// readUnasked looks at an answer to notifications, which should not be there. An
// error in it is the outcome; what is not JSON is passed over.
func (x *Exchange) readUnasked(text []byte) error {
	i := skipSpace(text, 0)
	if i == len(text) || checkSyntax(text) != nil {
		return nil
	}
	if x.set.deviations != nil {
		x.set.deviations(DeviationAnswered)
	}
	array := text[i] == '['
	if array {
		i = skipSpace(text, i+1)
	}
	for text[i] != ']' {
		var e envelope
		end, _ := e.scan(text, i, false) // checked
		if serverError := e.response(); serverError != nil {
			serverError.Data = bytes.Clone(serverError.Data)
			return x.secrets.maskError(serverError)
		}
		if !array {
			break
		}
		if i = skipSpace(text, end); text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	return nil
}
