package jsonrpc

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
)

// decode decodes the value at i into v, which must be zero, and returns the index
// after it. It returns -1 if the value is one for the engine, or for the engine to
// say what is wrong with it, or is cut off; v then holds anything. The text must
// be valid UTF-8. A number at its end may go on behind it. Short strings are those of
// known, which saves memory where they are the same again and again.
//
// What is decoded comes to the same as with encoding/json: FuzzPlain compares them.
func (p *plainType) decode(text []byte, i int, v reflect.Value, depth int, known *knownTexts) int {
	if i >= len(text) || depth > maxDepth {
		return -1
	}
	if text[i] == 'n' { // null: v stays zero
		return skipKnown(text, i, "null")
	}
	switch p.kind {
	case reflect.Bool:
		if text[i] == 'f' {
			return skipKnown(text, i, "false")
		}
		v.SetBool(true)
		return skipKnown(text, i, "true")
	case reflect.String:
		return decodePlainString(text, i, v, known)
	case reflect.Struct:
		return p.decodeStruct(text, i, v, depth, known)
	case reflect.Slice:
		return p.decodeSlice(text, i, v, depth, known)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return p.elem.decode(text, i, v.Elem(), depth+1, known)
	case reflect.Float32, reflect.Float64:
		return p.decodeFloat(text, i, v)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		end, n := plainDigits(text, i)
		if end < 0 || v.OverflowUint(n) {
			return -1
		}
		v.SetUint(n)
		return end
	}
	return decodePlainInt(text, i, v)
}

// skipKnown returns the index after word if it stands at i.
func skipKnown(text []byte, i int, word string) int {
	if len(text)-i < len(word) || string(text[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

func decodePlainString(text []byte, i int, v reflect.Value, known *knownTexts) int {
	if text[i] != '"' {
		return -1
	}
	end := indexSpecial(text, i+1)
	if end < len(text) && text[end] == '"' {
		v.SetString(known.text(text[i+1 : end]))
		return end + 1
	}
	end, err := skipString(text, i)
	if err != nil {
		return -1
	}
	v.SetString(unquote(text[i:end]))
	return end
}

// plainDigits reads an unsigned integer, and returns -1 for one that has more than
// digits, or too many of them.
func plainDigits(text []byte, i int) (end int, n uint64) {
	const most = 19 // of which no number overflows
	start := i
	for ; i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		n = n*10 + uint64(text[i]-'0')
	}
	switch {
	case i == start, i-start > most, text[start] == '0' && i > start+1,
		i < len(text) && (text[i] == '.' || text[i] == 'e' || text[i] == 'E'):
		return -1, 0
	}
	return i, n
}

func decodePlainInt(text []byte, i int, v reflect.Value) int {
	negative := text[i] == '-'
	if negative {
		i++
	}
	end, n := plainDigits(text, i)
	if end < 0 || n > 1<<63-1 {
		return -1
	}
	signed := int64(n)
	if negative {
		signed = -signed
	}
	if v.OverflowInt(signed) {
		return -1
	}
	v.SetInt(signed)
	return end
}

func (p *plainType) decodeFloat(text []byte, i int, v reflect.Value) int {
	if c := text[i]; c != '-' && (c < '0' || c > '9') {
		return -1
	}
	end, err := skipNumber(text, i)
	if err != nil {
		return -1
	}
	f, err := strconv.ParseFloat(string(text[i:end]), p.bits)
	if err != nil {
		return -1
	}
	v.SetFloat(f)
	return end
}

func (p *plainType) decodeSlice(text []byte, i int, v reflect.Value, depth int, known *knownTexts) int {
	if text[i] != '[' {
		return -1
	}
	if i = skipSpace(text, i+1); i < len(text) && text[i] == ']' {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return i + 1
	}
	n := 0
	for start := i; ; {
		if n == v.Cap() {
			v.Grow(p.room(text, start, i, n))
			v.SetLen(v.Cap())
		}
		if i = p.elem.decode(text, i, v.Index(n), depth+1, known); i < 0 {
			return -1
		}
		n++
		if i = skipSpace(text, i); i >= len(text) {
			return -1
		}
		switch text[i] {
		case ',':
			i = skipSpace(text, i+1)
		case ']':
			v.SetLen(n)
			return i + 1
		default:
			return -1
		}
	}
}

// room returns for how many more items a slice grows of which n were decoded from
// text[start:i]. It is by the length of those and the text that is there.
func (p *plainType) room(text []byte, start, i, n int) int {
	if n == 0 {
		const near, most = 256, 8
		items, _, _ := bytes.Cut(text[i:min(i+near, len(text))], []byte("]"))
		return 1 + min(bytes.Count(items, []byte(",")), most)
	}
	return roomFor(n, int64(i-start), int64(len(text)-i))
}

// roomFor returns for how many more items there should be room, if n took so many
// bytes and there are so many left: three times as many as there are at most.
func roomFor(n int, took, left int64) int {
	more := float64(left) / float64(max(1, took)) * float64(n)
	return 1 + int(min(more*1.02, float64(3*n)))
}

func (p *plainType) decodeStruct(text []byte, i int, v reflect.Value, depth int, known *knownTexts) int {
	if text[i] != '{' {
		return -1
	}
	if i = skipSpace(text, i+1); i < len(text) && text[i] == '}' {
		return i + 1
	}
	next, seen := 0, uint64(0)
	for {
		at, field := p.field(text, i, next)
		if at < 0 {
			return -1
		}
		if at = skipSpace(text, at); field < 0 {
			var err error
			if i, err = skipNested(text, at, maxDepth-depth); err != nil {
				return -1
			}
		} else {
			f := &p.fields[field]
			if seen>>field&1 != 0 {
				return -1
			}
			seen |= 1 << field
			if i = f.of.decode(text, at, v.Field(f.index), depth+1, known); i < 0 {
				return -1
			}
			next = field + 1
		}
		if i = skipSpace(text, i); i >= len(text) {
			return -1
		}
		switch text[i] {
		case ',':
			i = skipSpace(text, i+1)
		case '}':
			return i + 1
		default:
			return -1
		}
	}
}

// field returns the field whose name stands at i, -1 if there is none, and the
// index after the colon, or -1 if only the engine can tell. It is likely next.
func (p *plainType) field(text []byte, i, next int) (at, field int) {
	if next < len(p.fields) {
		if start := p.fields[next].start; len(text)-i > len(start) && string(text[i:i+len(start)]) == start {
			return i + len(start), next
		}
	}
	if i >= len(text) || text[i] != '"' {
		return -1, -1
	}
	end := indexSpecial(text, i+1)
	if end >= len(text) || text[end] != '"' {
		return -1, -1
	}
	name := text[i+1 : end]
	if at = skipSpace(text, end+1); at >= len(text) || text[at] != ':' {
		return -1, -1
	}
	for k := range p.fields {
		if p.fields[k].name == string(name) {
			return at + 1, k
		}
	}
	for k := range p.fields {
		if len(name) >= len(p.fields[k].name) && strings.EqualFold(p.fields[k].name, string(name)) {
			return -1, -1
		}
	}
	return at + 1, -1
}
