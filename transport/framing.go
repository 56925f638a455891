package transport

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Framing says where in a flow of bytes a message ends and the next begins.
// The ones there are: [Newline], [Header], [Bare] and [Netstring].
type Framing struct {
	name   string
	append func(dst, msg []byte) []byte
	split  func(limit int64) Splitter
}

// NewFraming returns a framing of your own. appendFrame appends a message to dst
// as a frame; split returns a [Splitter] for one stream, whose messages may have
// limit bytes at most.
func NewFraming(name string, appendFrame func(dst, msg []byte) []byte, split func(limit int64) Splitter) *Framing {
	return &Framing{name, appendFrame, split}
}

// String returns the framing's name: newline, header, bare or netstring.
func (f *Framing) String() string { return f.name }

// AppendFrame appends msg, which must be valid JSON, to dst as a frame.
func (f *Framing) AppendFrame(dst, msg []byte) []byte { return f.append(dst, msg) }

// ParseFraming returns the framing with a name, as [Framing.String] returns it.
func ParseFraming(name string) (*Framing, error) {
	for _, f := range []*Framing{Newline, Header, Bare, Netstring} {
		if strings.EqualFold(name, f.name) {
			return f, nil
		}
	}
	return nil, fmt.Errorf("framing %.20q: use newline, header, bare or netstring", name)
}

var (
	// Newline puts each message on a line of its own, as MCP on stdio and most
	// services on TCP do. Messages are sent without line breaks in them, and
	// read with LF or CRLF at the end. U+2028 and its like are no line breaks.
	Newline = &Framing{"newline", appendNewline, func(limit int64) Splitter { return &newlineSplitter{limit: limit} }}

	// Header puts a Content-Length header before each message, as the Language
	// Server Protocol does. Names of headers are read in any case, lines with
	// either ending, and other headers are passed over.
	Header = &Framing{"header", appendHeader, func(limit int64) Splitter { return &headerSplitter{limit: limit} }}

	// Bare puts nothing between messages, as ovsdb-server and Go's net/rpc do:
	// the end of a JSON object or array is where its brackets close. Messages
	// are sent with a newline after each, for readers that wait for one.
	Bare = &Framing{"bare", appendNewline, func(limit int64) Splitter { return &bareSplitter{limit: limit} }}

	// Netstring puts each message into a netstring: [1,2] into 5:[1,2], say.
	Netstring = &Framing{"netstring", appendNetstring, func(limit int64) Splitter { return &netstringSplitter{limit: limit} }}
)

// A FrameError spoils one message and not the stream: the next Read goes on
// with the next message.
type FrameError struct {
	Reason string
	Data   []byte // how the spoilt frame begins, of one that is too large the message; 256 bytes at most
	Err    error  // [ErrTooLarge], or nil
}

// Error returns the reason and how the frame begins.
func (e *FrameError) Error() string {
	if len(e.Data) == 0 {
		return "malformed frame: " + e.Reason
	}
	return fmt.Sprintf("malformed frame: %s: %.100q", e.Reason, e.Data)
}

// Unwrap returns [ErrTooLarge] or nil.
func (e *FrameError) Unwrap() error { return e.Err }

func spoilt(data []byte, format string, args ...any) *FrameError {
	return &FrameError{Reason: fmt.Sprintf(format, args...), Data: bytes.Clone(data[:min(len(data), maxSpoilt)])}
}

// maxSpoilt is how much of a spoilt frame is kept.
const maxSpoilt = 256

// A beginning is how a message begins that is too long: of the rest, which is
// dropped, nobody could tell whose it was.
type beginning []byte

// add adds what has come of the message, as far as it is kept.
func (b *beginning) add(data []byte) {
	*b = append(*b, data[:min(len(data), maxSpoilt-len(*b))]...)
}

// tooLong is the error for the message, whose beginning is forgotten with it.
func (b *beginning) tooLong(limit int64) *FrameError {
	e := &FrameError{Reason: fmt.Sprintf("the message is over the limit of %d bytes", limit), Data: *b, Err: ErrTooLarge}
	*b = nil
	return e
}

// A Splitter takes messages out of a flow of bytes. It is one reader's.
type Splitter interface {
	// Split looks for a message at the start of data, the bytes that have
	// arrived and were not used up. It returns the message, a part of data, and
	// how many bytes are used up with it. If msg is nil, used bytes are dropped
	// and Split is called again: at once if used > 0, else when data has grown,
	// so that it may remember how far it has looked. A *FrameError drops the
	// used bytes too; any other error ends the stream.
	Split(data []byte) (msg []byte, used int, err error)
}

// appendNewline appends msg on a line of its own. A line break can stand in
// valid JSON only between tokens, where a space serves as well.
func appendNewline(dst, msg []byte) []byte {
	start := len(dst)
	dst = append(dst, msg...)
	for i, c := range dst[start:] {
		if c == '\n' || c == '\r' {
			dst[start+i] = ' '
		}
	}
	return append(dst, '\n')
}

type newlineSplitter struct {
	limit   int64
	scanned int
	skip    bool // the line is too long: drop the rest of it
	start   beginning
}

func (s *newlineSplitter) Split(data []byte) (msg []byte, used int, err error) {
	i := bytes.IndexByte(data[s.scanned:], '\n')
	if i < 0 {
		if s.skip || int64(len(data))-1 > s.limit { // it may end in a CR
			s.skip, s.scanned = true, 0
			s.start.add(data)
			return nil, len(data), nil
		}
		s.scanned = len(data)
		return nil, 0, nil
	}
	end := s.scanned + i
	s.scanned = 0
	line := bytes.TrimSuffix(data[:end], []byte("\r"))
	if s.skip || int64(len(line)) > s.limit {
		s.skip = false
		s.start.add(line)
		return nil, end + 1, s.start.tooLong(s.limit)
	}
	if line = bytes.Trim(line, " \t\r"); len(line) == 0 { // what JSON takes for space, and no more
		return nil, end + 1, nil
	}
	return line, end + 1, nil
}

func appendHeader(dst, msg []byte) []byte {
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(msg)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, msg...)
}

// maxHeader bounds the headers before one message.
const maxHeader = 16 << 10

type headerSplitter struct {
	limit  int64
	length int64 // of the message, once the headers are read
	body   bool
	skip   int64 // bytes of a message that is too long, to be dropped
	start  beginning
	lost   bool // in a message of unknown length: look for the next headers
}

func (s *headerSplitter) Split(data []byte) (msg []byte, used int, err error) {
	switch {
	case s.skip > 0:
		n := min(s.skip, int64(len(data)))
		s.start.add(data[:n])
		if s.skip -= n; s.skip == 0 && n > 0 {
			return nil, int(n), s.start.tooLong(s.limit)
		}
		return nil, int(n), nil
	case s.body:
		if int64(len(data)) < s.length {
			return nil, 0, nil
		}
		s.body = false
		return data[:s.length], int(s.length), nil
	}
	end, after := headerEnd(data)
	if end < 0 {
		if len(data) > maxHeader && s.lost {
			return nil, len(data) - maxHeader, nil
		}
		if len(data) > maxHeader {
			return nil, 0, errors.New("the headers before a message are over 16 KiB: this is not the Content-Length framing")
		}
		return nil, 0, nil
	}
	head := data[:end]
	if len(bytes.TrimSpace(head)) == 0 { // stray line ends
		return nil, after, nil
	}
	length, reason := contentLength(head, s.lost)
	if reason != "" {
		if s.lost {
			return nil, after, nil
		}
		s.lost = true
		return nil, after, spoilt(head, "%s", reason)
	}
	s.lost = false
	switch {
	case length > s.limit:
		s.skip = length
	case length == 0:
		return data[after:after], after, nil
	default:
		s.length, s.body = length, true
	}
	return nil, after, nil
}

// headerEnd returns where the headers end and where the message begins: after an
// empty line with either line end.
func headerEnd(data []byte) (end, after int) {
	for i := 0; ; {
		n := bytes.IndexByte(data[i:], '\n')
		if n < 0 {
			return -1, 0
		}
		line := bytes.TrimSuffix(data[i:i+n], []byte("\r"))
		if len(line) == 0 {
			return i, i + n + 1
		}
		i += n + 1
	}
}

const lengthName = "Content-Length"

// contentLength reads the one header that matters. A second one would let two
// readers see different messages. If lost, a message of unknown length goes
// before the headers. As it is JSON, it cannot hold a header at the end of a line.
func contentLength(head []byte, lost bool) (length int64, reason string) {
	found := false
	for line := range bytes.Lines(head) {
		for lost && len(line) > len(lengthName) && !strings.EqualFold(string(line[:len(lengthName)]), lengthName) {
			line = line[1:]
		}
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		if !strings.EqualFold(string(bytes.TrimSpace(name)), lengthName) {
			continue
		}
		if found {
			return 0, "two Content-Length headers"
		}
		found = true
		n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 62)
		if err != nil {
			return 0, "a Content-Length that is not a number"
		}
		length = int64(n)
	}
	if !found {
		return 0, "no Content-Length header"
	}
	return length, ""
}

type bareSplitter struct {
	limit   int64
	scanned int
	depth   int
	quoted  bool // inside of a string
	escaped bool // after a backslash in it
	skip    bool // the message is too long: drop it
	start   beginning
	stray   bool // other bytes have come since the last message, and were reported
}

func (s *bareSplitter) Split(data []byte) (msg []byte, used int, err error) {
	if s.depth == 0 {
		start := bytes.IndexAny(data, "{[")
		garbage := data
		if start >= 0 {
			garbage = data[:start]
		}
		if len(bytes.TrimSpace(garbage)) > 0 && !s.stray {
			s.stray = true
			return nil, len(garbage), spoilt(garbage, "bytes that belong to no object or array")
		}
		if start != 0 {
			return nil, len(garbage), nil
		}
		s.stray = false
	}
	for ; s.scanned < len(data); s.scanned++ {
		switch c := data[s.scanned]; {
		case s.escaped:
			s.escaped = false
		case s.quoted:
			s.quoted, s.escaped = c != '"', c == '\\'
		case c == '"':
			s.quoted = true
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			if s.depth--; s.depth == 0 {
				end, skip := s.scanned+1, s.skip || int64(s.scanned) >= s.limit
				s.scanned, s.skip = 0, false
				if skip {
					s.start.add(data[:end])
					return nil, end, s.start.tooLong(s.limit)
				}
				return data[:end], end, nil
			}
		}
	}
	if s.skip || int64(len(data)) > s.limit {
		s.skip, s.scanned = true, 0
		s.start.add(data)
		return nil, len(data), nil
	}
	return nil, 0, nil
}

func appendNetstring(dst, msg []byte) []byte {
	dst = strconv.AppendInt(dst, int64(len(msg)), 10)
	dst = append(dst, ':')
	return append(append(dst, msg...), ',')
}

type netstringSplitter struct {
	limit int64
	skip  int64 // bytes of a message that is too long, to be dropped with its comma
	start beginning
}

func (s *netstringSplitter) Split(data []byte) (msg []byte, used int, err error) {
	if s.skip > 0 {
		n := min(s.skip, int64(len(data)))
		s.start.add(data[:min(n, s.skip-1)])
		if s.skip -= n; s.skip == 0 {
			return nil, int(n), s.start.tooLong(s.limit)
		}
		return nil, int(n), nil
	}
	colon := bytes.IndexByte(data[:min(len(data), 20)], ':')
	if colon < 0 {
		if len(data) >= 20 {
			return nil, 0, errors.New("no length where a netstring should begin: this is another framing")
		}
		return nil, 0, nil
	}
	length, err := strconv.ParseUint(string(bytes.TrimSpace(data[:colon])), 10, 62)
	if err != nil {
		return nil, 0, fmt.Errorf("a netstring's length is %.20q: this is another framing", data[:colon])
	}
	end := int64(colon) + 1 + int64(length)
	switch {
	case int64(length) > s.limit:
		s.skip = int64(length) + 1
		return nil, colon + 1, nil
	case int64(len(data)) <= end:
		return nil, 0, nil
	case data[end] != ',':
		return nil, 0, errors.New("no comma where a netstring should end: the stream is out of step")
	}
	return data[colon+1 : end], int(end) + 1, nil
}
