package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
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

// A record is a row of a large result: "rows/1048576" asks for a MiB of them.
type record struct {
	ID     int      `json:"id"`
	Name   string   `json:"name"`
	Owner  string   `json:"owner"`
	Weight float64  `json:"weight"`
	Tags   []string `json:"tags"`
	Alive  bool     `json:"alive"`
}

// block is blockLen rows of rowSize bytes each.
var block = func() []byte {
	text := make([]byte, 0, blockLen*rowSize)
	for i := range blockLen {
		start := len(text)
		text = fmt.Appendf(text, `{"id":%d,"name":"Mittens the %dth","owner":"%04d@pets.example","weight":%d.25,"tags":["cat","tabby"],"alive":true`,
			firstID+i, i, i, 2+i%8)
		for len(text) < start+rowSize-2 {
			text = append(text, ' ')
		}
		text = append(text, "},"...)
	}
	return text
}()

// rowsFor returns how many rows a result of so many bytes has.
func rowsFor(size int64) int { return max(1, int(size/rowSize)) }

// checkRecords reports whether rows are what was asked for.
func checkRecords(rows []record, size int64) error {
	n := rowsFor(size)
	if len(rows) != n {
		return fmt.Errorf("%d rows, want %d", len(rows), n)
	}
	for _, i := range []int{0, n / 2, n - 1} {
		if r := &rows[i]; r.ID != firstID+i%blockLen || len(r.Tags) != 2 || r.Tags[1] != "tabby" || !r.Alive || r.Weight < 2 {
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

// wantedSize returns the size of the large result that a request asks for, 0 if
// it asks for another.
func wantedSize(request []byte) int64 {
	method, _ := member(request, `"method":"rows/`)
	size, err := strconv.ParseInt(string(bytes.TrimSuffix(method, []byte{'"'})), 10, 64)
	if err != nil {
		return 0
	}
	return size
}

// A large is the answer to a request for rows.
type large struct {
	before, after []byte
	rows          int
}

func newLarge(request []byte, size int64) *large {
	id, _ := member(request, `"id":`)
	return &large{
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
		text := block[:n*rowSize]
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
