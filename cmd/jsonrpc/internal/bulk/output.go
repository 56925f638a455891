package bulk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"example.com/jsonrpc"
)

// An Outcome is what came of a call: a result, or an error.
type Outcome struct {
	Result json.RawMessage
	Err    error
}

// Failure is why there is no response to a call.
type Failure struct {
	Class   string `json:"class"` // of jsonrpc.Classify, "input" or "unknown"
	Message string `json:"message"`
	// Sent says that the call may have been carried out.
	Sent bool `json:"sent"`
}

// errUnknown is the outcome of a call that an earlier run may have made.
var errUnknown = errors.New("an earlier run ended before the outcome was known: the call may have been carried out")

// appendRecord writes what came of a call as a line of JSON:
//
//	{"jsonrpc":"2.0","result":"meow","id":1}
//	{"jsonrpc":"2.0","error":{"code":-32601,"message":"method not found"},"id":2}
//	{"failure":{"class":"timeout","message":"…","sent":true},"id":3}
//
// with "line" in front if there is no order to tell by.
func appendRecord(buf []byte, c *Call, o *Outcome, ordered bool) []byte {
	buf = append(buf, '{')
	if !ordered {
		buf = fmt.Appendf(buf, `"line":%d,`, c.Line)
	}
	said := (*jsonrpc.Error)(nil)
	switch {
	case o.Err == nil:
		buf = append(append(buf, `"jsonrpc":"2.0","result":`...), compact(o.Result)...)
	case errors.As(o.Err, &said):
		text, err := json.Marshal(said)
		if err != nil {
			text = []byte(`{"code":0,"message":""}`)
		}
		buf = append(append(buf, `"jsonrpc":"2.0","error":`...), text...)
	default:
		text, _ := json.Marshal(failureOf(o.Err)) // strings and a bool
		buf = append(append(buf, `"failure":`...), text...)
	}
	buf = append(append(buf, `,"id":`...), compact(c.ID)...)
	return append(buf, '}', '\n')
}

func failureOf(err error) Failure {
	wrong := (*InputError)(nil)
	switch {
	case errors.Is(err, errUnknown):
		return Failure{"unknown", err.Error(), true}
	case errors.As(err, &wrong):
		return Failure{"input", err.Error(), false}
	}
	o := jsonrpc.Classify(err)
	return Failure{o.Class.String(), err.Error(), o.Sent}
}

// compact is JSON on one line.
func compact(text json.RawMessage) []byte {
	if len(text) == 0 {
		return []byte("null")
	}
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return []byte("null")
	}
	return b.Bytes()
}

// earlier is what the output of an interrupted run holds.
type earlier struct {
	calls int64 // in order: how many have an outcome
	lines bits  // otherwise: which lines have one
}

func (e *earlier) has(index, line int64, ordered bool) bool {
	if e == nil {
		return false
	}
	if ordered {
		return index < e.calls
	}
	return e.lines.has(line)
}

// continueOutput goes to the end of the output of an interrupted run, less a line
// that was cut.
func continueOutput(f *os.File, ordered bool) (*earlier, error) {
	e, whole, err := scanOutput(f, ordered)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(whole); err != nil {
		return nil, err
	}
	_, err = f.Seek(whole, io.SeekStart)
	return e, err
}

// scanOutput reads which calls have an outcome, and where the last whole line
// ends.
func scanOutput(r io.Reader, ordered bool) (e *earlier, whole int64, err error) {
	e = &earlier{}
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := readLine(in)
		if err == io.EOF {
			return e, whole, nil
		}
		if err != nil {
			return nil, 0, err
		}
		whole += int64(line.size)
		if e.calls++; ordered {
			continue
		}
		var n int64
		if _, err := fmt.Sscanf(string(line.start), `{"line":%d,`, &n); err != nil || n <= 0 {
			return nil, 0, fmt.Errorf("line %d of the output was not written by this command", e.calls)
		}
		e.lines.set(n)
	}
}

type outputLine struct {
	start []byte // its first bytes
	size  int
}

// readLine reads a line of any length, and keeps how it begins.
func readLine(in *bufio.Reader) (l outputLine, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if l.size += len(part); len(l.start) < 64 {
			l.start = append(l.start, part[:min(len(part), 64-len(l.start))]...)
		}
		if err != bufio.ErrBufferFull {
			return l, err
		}
	}
}

// bits is a set of numbers, most of which follow each other.
type bits struct{ pages map[int64]*[pageWords]uint64 }

const pageWords = 128

func (b *bits) set(n int64) {
	if b.pages == nil {
		b.pages = map[int64]*[pageWords]uint64{}
	}
	page := b.pages[n/64/pageWords]
	if page == nil {
		page = new([pageWords]uint64)
		b.pages[n/64/pageWords] = page
	}
	page[n/64%pageWords] |= 1 << (n % 64)
}

func (b *bits) has(n int64) bool {
	page := b.pages[n/64/pageWords]
	return page != nil && page[n/64%pageWords]>>(n%64)&1 == 1
}
