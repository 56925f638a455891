package transport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// eventReader takes the messages out of an event stream (WHATWG HTML, "9.2
// Server-sent events"). MCP servers answer with these. Each event's data is one
// message; events of other types than "message", comments and events without
// data are passed over.
type eventReader struct {
	r    *bufio.Reader
	buf  []byte // the event's data so far, then the line being read
	data int    // how much of buf is data
	read int64  // bytes of the event so far, fields that are not data included

	begun bool
}

func newEventReader(r io.Reader) *eventReader { return &eventReader{r: bufio.NewReader(r)} }

// next returns the data of the next event, which may take at most limit bytes
// with all its fields. At the end of the stream it returns io.EOF: an event
// that was not finished is discarded, as the standard says.
func (e *eventReader) next(limit int64) ([]byte, error) {
	if !e.begun { // "One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present."
		e.begun = true
		const mark = "\ufeff"
		if start, _ := e.r.Peek(len(mark)); string(start) == mark {
			_, _ = e.r.Discard(len(mark)) // it is in the buffer
		}
	}
	for {
		e.data, e.read = 0, 0
		message, err := e.event(limit)
		if err != nil {
			return nil, err
		}
		// The data ends with the newline that joins its lines.
		if data := bytes.TrimSuffix(e.buf[:e.data], []byte("\n")); message && len(bytes.TrimSpace(data)) > 0 {
			return data, nil
		}
	}
}

// event reads one event's data and reports whether its type is "message".
func (e *eventReader) event(limit int64) (message bool, err error) {
	message = true
	for {
		line, err := e.line(limit)
		if err != nil {
			return false, err
		}
		if len(line) == 0 {
			return message, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "data":
			// The value moves down: the line is longer than it by the name.
			e.data = len(append(append(e.buf[:e.data], value...), '\n'))
		case "event":
			message = len(value) == 0 || string(value) == "message"
		}
	}
}

// line reads a line without its end, which is CRLF or LF. (The standard allows
// a lone CR too. It could not be told from a CRLF cut in half without waiting
// for the next byte, and no server sends it.)
func (e *eventReader) line(limit int64) ([]byte, error) {
	e.buf = e.buf[:e.data]
	for {
		part, err := e.r.ReadSlice('\n')
		if e.read += int64(len(part)); e.read > limit {
			return nil, &Error{Op: "read", Sent: true, Err: fmt.Errorf("%w: an event is over the limit of %d bytes", ErrTooLarge, limit)}
		}
		e.append(part, limit)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return nil, err
		}
		line := e.buf[e.data : len(e.buf)-1]
		return bytes.TrimSuffix(line, []byte("\r")), nil
	}
}

// append appends part, with which e.buf is not longer than limit. The sizes that
// e.buf goes through are limit, three eighths of it, and the halves of those:
// together less than twice the limit.
func (e *eventReader) append(part []byte, limit int64) {
	if need := int64(len(e.buf) + len(part)); need > int64(cap(e.buf)) {
		size := limit
		for next := limit / 8 * 3; next >= need && next >= 1<<10; next /= 2 {
			size = next
		}
		e.buf = append(make([]byte, 0, size), e.buf...)
	}
	e.buf = append(e.buf, part...)
}
