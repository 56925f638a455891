package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The server does not parse JSON, so that what is measured is the client. It
// looks for the bytes `"id":` and `"method":` and takes what stands behind them
// up to the next comma or brace. That is right for the requests that are sent
// here, whose params have neither in them, and for nothing else.

const (
	meow     = "meow" // the result of the small call, "cat"
	rowSize  = 128    // bytes of a row of a large result, with its comma
	blockLen = 8192   // rows, 1 MiB: larger results repeat them
	firstID  = 1000000
)

// A row of a large result is one of these: "rows/1048576" asks for a MiB of
// records, "rich/1048576" for one of rich records.
type (
	// record is what most tables are: a number and some text.
	record struct {
		ID    int    `json:"id"`
		Name  string `json:"name"`
		Owner string `json:"owner"`
	}
	// richRecord has more for the JSON engine to do in as many bytes.
	richRecord struct {
		ID     int      `json:"id"`
		Name   string   `json:"name"`
		Owner  string   `json:"owner"`
		Weight float64  `json:"weight"`
		Tags   []string `json:"tags"`
		Alive  bool     `json:"alive"`
	}
)

func (r *record) is(i int) bool {
	return r.ID == firstID+i && strings.HasPrefix(r.Name, "Mittens the ") && strings.HasSuffix(r.Owner, "@pets.example")
}

func (r *richRecord) is(i int) bool {
	return r.ID == firstID+i && len(r.Tags) == 2 && r.Tags[1] == "tabby" && r.Alive && r.Weight == float64(2+i%8)+0.25
}

// Blocks are blockLen rows of rowSize bytes each.
var blocks = map[string][]byte{
	"rows": newBlock(func(b []byte, i int) []byte {
		return fmt.Appendf(b, `{"id":%d,"name":"Mittens the %dth of the house by the river","owner":"%04d.somebody@pets.example"`, firstID+i, i, i)
	}),
	"rich": newBlock(func(b []byte, i int) []byte {
		return fmt.Appendf(b, `{"id":%d,"name":"Mittens the %dth","owner":"%04d@pets.example","weight":%d.25,"tags":["cat","tabby"],"alive":true`,
			firstID+i, i, i, 2+i%8)
	}),
}

func newBlock(appendRow func(b []byte, i int) []byte) []byte {
	text := make([]byte, 0, blockLen*rowSize)
	for i := range blockLen {
		start := len(text)
		text = appendRow(text, i)
		for len(text) < start+rowSize-2 {
			text = append(text, ' ')
		}
		text = append(text, "},"...)
	}
	return text
}

// rowsFor returns how many rows a result of so many bytes has.
func rowsFor(size int64) int { return max(1, int(size/rowSize)) }

// A checked row knows whether it is the one of its place in the block.
type checked[R any] interface {
	*R
	is(i int) bool
}

// checkRecords reports whether rows are what was asked for.
func checkRecords[R any, P checked[R]](rows []R, size int64) error {
	n := rowsFor(size)
	if len(rows) != n {
		return fmt.Errorf("%d rows, want %d", len(rows), n)
	}
	for _, i := range []int{0, n / 2, n - 1} {
		if r := P(&rows[i]); !r.is(i % blockLen) {
			return fmt.Errorf("row %d is %+v", i, *r)
		}
	}
	return nil
}

// A shape is the order of a response's members.
type shape struct{ before, between, after string }

var (
	version2 = shape{`{"jsonrpc":"2.0","result":`, `,"id":`, `}`}
	netRPC   = shape{`{"result":`, `,"error":null,"id":`, `}`} // of package net/rpc/jsonrpc, which is version 1
)

func (s *shape) append(dst []byte, result string, id []byte) []byte {
	dst = append(append(dst, s.before...), result...)
	return append(append(append(dst, s.between...), id...), s.after...)
}

// member returns the text that stands behind name, and the rest.
func member(text []byte, name string) (value, rest []byte) {
	i := bytes.Index(text, []byte(name))
	if i < 0 {
		return nil, nil
	}
	text = text[i+len(name):]
	end := bytes.IndexAny(text, ",}")
	if end < 0 {
		return text, nil
	}
	return text[:end], text[end:]
}

// appendSmall appends the answer to a request for "cat", or to a batch of them.
func appendSmall(dst, request []byte) []byte {
	if request[0] != '[' {
		id, _ := member(request, `"id":`)
		return version2.append(dst, `"`+meow+`"`, id)
	}
	separator := byte('[')
	for {
		id, rest := member(request, `"id":`)
		if id == nil {
			return append(dst, ']')
		}
		dst = version2.append(append(dst, separator), `"`+meow+`"`, id)
		request, separator = rest, ','
	}
}

// wantedRows returns the kind and the size of the large result that a request
// asks for, size 0 if it asks for another.
func wantedRows(request []byte) (kind string, size int64) {
	method, _ := member(request, `"method":"`)
	kind, digits, _ := strings.Cut(strings.TrimSuffix(string(method), `"`), "/")
	if blocks[kind] == nil {
		return "", 0
	}
	size, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return "", 0
	}
	return kind, size
}

// A large is the answer to a request for rows.
type large struct {
	before, after []byte
	block         []byte
	rows          int
}

func newLarge(request []byte) *large {
	kind, size := wantedRows(request)
	id, _ := member(request, `"id":`)
	return &large{
		block:  blocks[kind],
		before: append([]byte(version2.before), '['), rows: rowsFor(size),
		after: append(append(append([]byte{']'}, version2.between...), id...), version2.after...),
	}
}

// size is the number of bytes that WriteTo writes.
func (l *large) size() int64 {
	return int64(len(l.before)) + int64(l.rows)*rowSize - 1 + int64(len(l.after))
}

func (l *large) writeTo(w io.Writer) error {
	if _, err := w.Write(l.before); err != nil {
		return err
	}
	for left := l.rows; left > 0; {
		n := min(left, blockLen)
		left -= n
		text := l.block[:n*rowSize]
		if left == 0 {
			text = text[:len(text)-1] // the last comma
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	_, err := w.Write(l.after)
	return err
}
