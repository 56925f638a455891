// Package bulk makes the calls of a file, millions if need be, and writes what
// came of each: in bounded memory, and so that an interrupted run can be
// continued without a call made twice or left out.
package bulk

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// A Call is one line of the input.
type Call struct {
	Line   int64           // its number, from 1
	ID     json.RawMessage // for the output: that of the input, or the line's number
	Method string
	Params json.RawMessage // nil if there are none
}

// A Source is where calls come from. Next returns io.EOF after the last. An
// *InputError costs one line: the next Next goes on after it.
type Source interface {
	Next() (Call, error)
	// Consumed returns how many bytes of the input have been read.
	Consumed() int64
}

// An InputError says what is wrong with a line.
type InputError struct {
	Line   int64
	Reason string
}

// Error names the line.
func (e *InputError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// MaxLine bounds a line of the input in bytes.
const MaxLine = 64 << 20

// Lines reads calls from lines of JSON:
//
//	{"method": "cat", "params": {"name": "Mittens"}, "id": "a"}
//
// Only method must be there; other members are ignored. Empty lines are skipped.
func Lines(r io.Reader) Source {
	l := &lines{}
	l.counter.r = r
	l.scanner = bufio.NewScanner(&l.counter)
	l.scanner.Buffer(make([]byte, 64<<10), MaxLine)
	return l
}

type lines struct {
	counter counter
	scanner *bufio.Scanner
	line    int64
}

func (l *lines) Consumed() int64 { return l.counter.n.Load() }

func (l *lines) Next() (Call, error) {
	for l.scanner.Scan() {
		l.line++
		text := bytes.TrimSpace(bytes.TrimPrefix(l.scanner.Bytes(), []byte("\ufeff")))
		if len(text) == 0 {
			continue
		}
		return l.parse(text)
	}
	if err := l.scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
		return Call{}, fmt.Errorf("line %d has more than %d bytes", l.line+1, MaxLine)
	} else if err != nil {
		return Call{}, err
	}
	return Call{}, io.EOF
}

func (l *lines) parse(text []byte) (Call, error) {
	var given struct {
		Method *string         `json:"method"`
		Params json.RawMessage `json:"params"`
		ID     json.RawMessage `json:"id"`
	}
	wrong := func(reason string) (Call, error) { return Call{Line: l.line}, &InputError{l.line, reason} }
	if !utf8.Valid(text) {
		return wrong("is not UTF-8 text")
	}
	if err := json.Unmarshal(text, &given); err != nil {
		return wrong(`is no call: write {"method": "NAME", "params": …}`)
	}
	c := Call{Line: l.line, ID: given.ID, Params: given.Params}
	switch {
	case given.Method == nil || *given.Method == "":
		return wrong("has no method")
	case len(c.Params) > 0 && c.Params[0] != '[' && c.Params[0] != '{' && string(c.Params) != "null":
		return wrong("has params that are neither an array nor an object")
	case len(c.ID) > 0 && (c.ID[0] == '[' || c.ID[0] == '{' || c.ID[0] == 't' || c.ID[0] == 'f'):
		return wrong("has an id that is neither a text nor a number")
	}
	if string(c.Params) == "null" {
		c.Params = nil
	}
	if len(c.ID) == 0 || string(c.ID) == "null" {
		c.ID = json.RawMessage(strconv.FormatInt(l.line, 10))
	}
	c.Method = *given.Method
	return c, nil
}

// Identify returns a text that tells an input from others, by how it begins.
func Identify(r *bufio.Reader) string {
	const enough = 4 << 10
	start, _ := r.Peek(enough) // a shorter input is all there
	sum := sha256.Sum256(start)
	return hex.EncodeToString(sum[:8])
}

// CSV reads calls of one method from comma-separated values (RFC 4180). The first
// line names the columns, which are the params: texts, or JSON where the name
// ends in :=. By position they are an array in the columns' order instead of an
// object.
func CSV(r io.Reader, method string, byPosition bool) (Source, error) {
	c := &csvSource{method: method, byPosition: byPosition}
	c.counter.r = r
	c.reader = csv.NewReader(&c.counter)
	c.reader.ReuseRecord = true
	header, err := c.reader.Read()
	if err != nil {
		return nil, fmt.Errorf("the first line must name the columns: %w", csvError(err))
	}
	seen := map[string]bool{}
	for i, name := range header {
		if i == 0 {
			name = strings.TrimPrefix(name, "\ufeff")
		}
		name, isJSON := strings.CutSuffix(name, ":=")
		if seen[name] || name == "" {
			return nil, fmt.Errorf("column %d is called %q: each needs a name of its own", i+1, name)
		}
		seen[name] = true
		quoted, _ := json.Marshal(name)
		c.columns = append(c.columns, column{string(quoted), name, isJSON})
	}
	return c, nil
}

type column struct {
	quoted, name string
	isJSON       bool
}

type csvSource struct {
	counter    counter
	reader     *csv.Reader
	method     string
	columns    []column
	byPosition bool
}

func (c *csvSource) Consumed() int64 { return c.counter.n.Load() }

func (c *csvSource) Next() (Call, error) {
	record, err := c.reader.Read()
	if err == io.EOF {
		return Call{}, err
	}
	if err != nil {
		parse := (*csv.ParseError)(nil)
		if errors.As(err, &parse) && errors.Is(err, csv.ErrFieldCount) {
			return Call{Line: int64(parse.Line)}, &InputError{int64(parse.Line), fmt.Sprintf("has %d columns, and the first line %d", len(record), len(c.columns))}
		}
		return Call{}, csvError(err)
	}
	line, _ := c.reader.FieldPos(0)
	at := int64(line)
	var b bytes.Buffer
	b.WriteByte("{["[btoi(c.byPosition)])
	for i, text := range record {
		if i > 0 {
			b.WriteByte(',')
		}
		if !c.byPosition {
			b.WriteString(c.columns[i].quoted)
			b.WriteByte(':')
		}
		switch {
		case !utf8.ValidString(text):
			return Call{Line: at}, &InputError{at, fmt.Sprintf("has a column %s that is not UTF-8 text", c.columns[i].name)}
		case !c.columns[i].isJSON:
			quoted, _ := json.Marshal(text)
			b.Write(quoted)
		case json.Valid([]byte(text)):
			b.WriteString(text)
		default:
			return Call{Line: at}, &InputError{at, fmt.Sprintf("has a column %s that is no JSON", c.columns[i].name)}
		}
	}
	b.WriteByte("}]"[btoi(c.byPosition)])
	return Call{Line: at, ID: json.RawMessage(strconv.FormatInt(at, 10)), Method: c.method, Params: b.Bytes()}, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// csvError is an error of package csv without its quotation of the input.
func csvError(err error) error {
	parse := (*csv.ParseError)(nil)
	if errors.As(err, &parse) {
		return fmt.Errorf("line %d: %w", parse.Line, parse.Err)
	}
	return err
}

// A counter counts what is read.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
