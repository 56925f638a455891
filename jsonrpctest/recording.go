package jsonrpctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Recording is a conversation that took place: what a [Recorder] has written
// and a [Player] repeats. Its text is that of a [Script], so that it can be read,
// mended by hand and kept with the tests:
//
//	--> HTTP Authorization: ***
//	--> {"jsonrpc":"2.0","method":"cat","params":["Mittens"],"id":1}
//	<-- {"jsonrpc":"2.0","result":"meow","id":1}
//
// A recording of streams has lines of the form //jsonrpc:stream NUMBER, which say
// to which connection the lines after them belong. There, each line is a message,
// in the order in which it came; responses belong to the request with their id,
// and what else a server sends to the message of the client before it. The number
// 0 is that of HTTP, for a conversation that had both.
type Recording struct {
	Exchanges []Recorded
}

// A Recorded is one message of a client and what came back.
type Recorded struct {
	// Stream is the number of the connection, from 1; 0 if it was none.
	Stream int
	// Request is the client's message. It is empty for what a server said first
	// on a stream.
	Request []byte
	// RequestHeader has headers that are not in every request, those that are
	// secret as ***.
	RequestHeader http.Header
	// Status and Header are those of the reply over HTTP, Header without what
	// each reply has. Status is 0 if it is 200, or if there was no HTTP.
	Status int
	Header http.Header
	// Replies are the messages that came back; over HTTP the body is one.
	Replies [][]byte
}

// ReadRecording reads a recording, or a script. An error names the line.
func ReadRecording(r io.Reader) (*Recording, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("jsonrpctest: %w", err)
	}
	exchanges, err := parseScript(string(text))
	if err != nil {
		return nil, fmt.Errorf("jsonrpctest: %w", err)
	}
	rec := &Recording{}
	last := map[int]int{} // of each stream, the index of its last exchange
	for i := range exchanges {
		x := &exchanges[i]
		e := Recorded{
			Stream: x.conn, Request: x.request.text(), RequestHeader: x.request.header,
			Status: x.reply.status, Header: x.reply.header,
		}
		switch {
		case x.conn > 0:
			for _, line := range x.reply.lines {
				e.Replies = append(e.Replies, []byte(line))
			}
		case x.reply.lines != nil:
			e.Replies = [][]byte{x.reply.text()}
		}
		if before, found := last[e.Stream]; e.Stream > 0 && len(e.Request) == 0 && (found || len(e.Replies) == 0) {
			if found { // an empty line is no message
				rec.Exchanges[before].Replies = append(rec.Exchanges[before].Replies, e.Replies...)
			}
			continue
		}
		last[e.Stream] = len(rec.Exchanges)
		rec.Exchanges = append(rec.Exchanges, e)
	}
	rec.sortOut()
	return rec, nil
}

// sortOut gives each response of a stream to the request with its id, but for one
// that the server gave after the client had answered a question of its own.
func (rec *Recording) sortOut() {
	waiting := map[string]*Recorded{}
	for i := range rec.Exchanges {
		e := &rec.Exchanges[i]
		if e.Stream == 0 {
			continue
		}
		key := func(id string) string { return fmt.Sprintf("%d %s", e.Stream, id) }
		if isResponse(e.Request) {
			continue
		}
		for _, id := range idsIn(e.Request) {
			waiting[key(id)] = e
		}
		e.Replies = slices.DeleteFunc(e.Replies, func(text []byte) bool {
			if !isResponse(text) {
				return false
			}
			for _, id := range idsIn(text) {
				if asked := waiting[key(id)]; asked != nil && asked != e {
					asked.Replies = append(asked.Replies, text)
					return true
				}
			}
			return false
		})
	}
}

// idsIn returns the ids of a message, none if it is not JSON.
func idsIn(text []byte) []string {
	if checkJSON(text) != nil {
		return nil
	}
	return idsOf(text)
}

// isResponse reports whether a message is a response, or an array of them.
func isResponse(text []byte) bool {
	if checkJSON(text) != nil {
		return false
	}
	items := []json.RawMessage{text}
	if oneOf(text, "[") {
		items = splitArray(text)
	}
	return len(items) > 0 && !slices.ContainsFunc(items, func(item json.RawMessage) bool {
		_, _, _, ok := asResponse(item)
		return !ok
	})
}

// String returns the recording's text, which [ReadRecording] reads.
func (rec *Recording) String() string {
	var b strings.Builder
	stream := 0
	for i := range rec.Exchanges {
		e := &rec.Exchanges[i]
		if i > 0 {
			b.WriteByte('\n')
		}
		if e.Stream != stream {
			stream = e.Stream
			fmt.Fprintf(&b, "%s%d\n", streamMark, stream)
		}
		e.write(&b)
	}
	return b.String()
}

// write writes one exchange.
func (e *Recorded) write(b *strings.Builder) {
	writeHeader(b, "-->", 0, e.RequestHeader)
	if len(e.Request) > 0 || e.Stream == 0 {
		writeMessage(b, "-->", e.Request)
	}
	switch {
	case e.Stream > 0:
		for _, text := range e.Replies {
			writeMessage(b, "<--", text)
		}
		return
	case len(e.Replies) == 0 && e.Status == 0 && e.Header == nil:
		return
	}
	writeHeader(b, "<--", e.Status, e.Header)
	for _, text := range e.Replies {
		for line := range strings.SplitSeq(string(text), "\n") {
			writeLine(b, "<--", line)
		}
	}
}

func writeHeader(b *strings.Builder, arrow string, status int, header http.Header) {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	var lines []string
	for _, name := range names {
		for _, value := range header[name] {
			lines = append(lines, name+": "+value)
		}
	}
	if status != 0 {
		if len(lines) == 0 {
			lines = []string{""}
		}
		lines[0] = strings.TrimSpace(fmt.Sprintf("%d %s", status, lines[0]))
	}
	for _, line := range lines {
		fmt.Fprintf(b, "%s HTTP %s\n", arrow, line)
	}
}

// writeMessage writes a message on one line: a line break can stand in JSON only
// between tokens, where a space serves as well.
func writeMessage(b *strings.Builder, arrow string, text []byte) {
	if bytes.ContainsAny(text, "\r\n") && checkJSON(text) == nil {
		text = bytes.TrimSpace(bytes.Map(func(r rune) rune {
			if r == '\r' || r == '\n' {
				return ' '
			}
			return r
		}, text))
	}
	writeLine(b, arrow, string(text))
}

// writeLine writes a line with its arrow, quoted if it would not be read as it is.
func writeLine(b *strings.Builder, arrow, line string) {
	switch {
	case isPlain(line):
		b.WriteString(strings.TrimSuffix(arrow+" "+line, " ") + "\n")
	case arrow == "-->":
		b.WriteString("~~> " + strconv.Quote(line) + "\n")
	default:
		b.WriteString("<~~ " + strconv.Quote(line) + "\n")
	}
}

// isPlain reports whether a line stands in a script as it is.
func isPlain(line string) bool {
	return utf8.ValidString(line) && !strings.HasPrefix(line, "HTTP ") && !strings.HasSuffix(line, " ") &&
		!strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && !unicode.IsPrint(r) })
}
