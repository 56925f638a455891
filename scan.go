package jsonrpc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// This file reads JSON text (RFC 8259) without building anything of it. It is
// iterative, so that no reply can exhaust the stack, and allocates nothing but
// errors. It does not look at UTF-8: callers check the whole text once.

// maxDepth bounds how deep arrays and objects may be nested in a message.
const maxDepth = 1000

// syntaxError says where in a text the JSON ends being JSON.
type syntaxError struct {
	offset int
	reason string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.reason, e.offset) }

var (
	errTooDeep = fmt.Errorf("nested deeper than %d", maxDepth)
	errUTF8    = errors.New("invalid UTF-8")
)

// syntax returns the error for the byte at i, or for the text's end.
func syntax(text []byte, i int, wanted string) error {
	if i >= len(text) {
		return &syntaxError{len(text), "unexpected end, wanted " + wanted}
	}
	found := strconv.QuoteToASCII(string(text[i : i+1]))
	if text[i] >= utf8.RuneSelf {
		r, _ := utf8.DecodeRune(text[i:])
		found = strconv.QuoteRuneToASCII(r)
	}
	return &syntaxError{i, "unexpected " + found + ", wanted " + wanted}
}

// skipSpace returns the index of the first byte at or after i that is not
// insignificant white space.
func skipSpace(text []byte, i int) int {
	for i < len(text) && text[i] <= ' ' { // mostly it is not
		switch text[i] {
		case ' ', '\t', '\n', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// skipValue returns the index after the value that starts at i. The whole value
// is checked.
func skipValue(text []byte, i int) (int, error) { return skipNested(text, i, maxDepth) }

// skipNested is skipValue for a value that may be nested most deep, up to maxDepth.
func skipNested(text []byte, i, most int) (int, error) {
	// One bit a level: 1 for an object, 0 for an array.
	var nesting [(maxDepth + 63) / 64]uint64
	depth := 0
	for {
		// A value starts at i.
		if i >= len(text) {
			return i, syntax(text, i, "a value")
		}
		var err error
		switch c := text[i]; c {
		case '{', '[':
			if depth >= most {
				return i, errTooDeep
			}
			word, bit := depth/64, uint64(1)<<(depth%64)
			depth++
			i = skipSpace(text, i+1)
			if c == '[' {
				nesting[word] &^= bit
				if i < len(text) && text[i] == ']' {
					break
				}
				continue
			}
			nesting[word] |= bit
			if i < len(text) && text[i] == '}' {
				break
			}
			if i, err = skipName(text, i); err != nil {
				return i, err
			}
			continue
		case '"':
			i, err = skipString(text, i)
		default:
			i, err = skipScalar(text, i)
		}
		if err != nil {
			return i, err
		}
		// A value, or an opening that is empty, has ended before i.
		for {
			if depth == 0 {
				return i, nil
			}
			i = skipSpace(text, i)
			object := nesting[(depth-1)/64]>>((depth-1)%64)&1 == 1
			switch {
			case i < len(text) && text[i] == ',':
				if i = skipSpace(text, i+1); object {
					if i, err = skipName(text, i); err != nil {
						return i, err
					}
				}
			case i < len(text) && (object && text[i] == '}' || !object && text[i] == ']'):
				depth--
				i++
				continue
			case object:
				return i, syntax(text, i, "',' or '}'")
			default:
				return i, syntax(text, i, "',' or ']'")
			}
			break
		}
	}
}

// skipName skips a member's name, the colon and the space around it.
func skipName(text []byte, i int) (int, error) {
	if i >= len(text) || text[i] != '"' {
		return i, syntax(text, i, "a member's name")
	}
	i, err := skipString(text, i)
	if err != nil {
		return i, err
	}
	return skipColon(text, i)
}

func skipColon(text []byte, i int) (int, error) {
	if i = skipSpace(text, i); i >= len(text) || text[i] != ':' {
		return i, syntax(text, i, "':'")
	}
	return skipSpace(text, i+1), nil
}

// skipString returns the index after the string that starts at i with a quote.
func skipString(text []byte, i int) (int, error) {
	for i++; ; i++ {
		if i = indexSpecial(text, i); i >= len(text) {
			break
		}
		switch text[i] {
		case '"':
			return i + 1, nil
		case '\\':
		default:
			return i, syntax(text, i, "an escape")
		}
		if i++; i >= len(text) {
			break
		}
		switch text[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			for range 4 {
				if i++; i >= len(text) || !isHex(text[i]) {
					return i, syntax(text, i, "a hexadecimal digit")
				}
			}
		default:
			return i, syntax(text, i, "an escape")
		}
	}
	return i, syntax(text, i, "'\"'")
}

// indexSpecial returns the index of the first byte at or after i that is not
// itself in a string: a quote, a backslash, a control character, or the end.
func indexSpecial(text []byte, i int) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		quote, backslash := w^each*'"', w^each*'\\'
		// A byte's high bit is set if it is one. A borrow can set wrong ones, but
		// only above a right one.
		if found := ((quote-each)&^quote | (backslash-each)&^backslash | (w-each*' ')&^w) & high; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(text) && text[i] != '"' && text[i] != '\\' && text[i] >= ' ' {
		i++
	}
	return i
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// skipScalar skips a number, true, false or null.
func skipScalar(text []byte, i int) (int, error) {
	switch c := text[i]; {
	case c == 't':
		return skipWord(text, i, "true")
	case c == 'f':
		return skipWord(text, i, "false")
	case c == 'n':
		return skipWord(text, i, "null")
	case c == '-' || '0' <= c && c <= '9':
		return skipNumber(text, i)
	}
	return i, syntax(text, i, "a value")
}

func skipWord(text []byte, i int, word string) (int, error) {
	for j := range len(word) {
		if i+j >= len(text) || text[i+j] != word[j] {
			return i + j, syntax(text, i+j, word)
		}
	}
	return i + len(word), nil
}

func skipNumber(text []byte, i int) (int, error) {
	if text[i] == '-' {
		i++
	}
	end := skipDigits(text, i)
	switch {
	case end == i:
		return i, syntax(text, i, "a digit")
	case text[i] == '0':
		end = i + 1 // a further digit is for the caller to stumble over
	}
	if i = end; i < len(text) && text[i] == '.' {
		if end = skipDigits(text, i+1); end == i+1 {
			return end, syntax(text, end, "a digit")
		}
		i = end
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		if i++; i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if end = skipDigits(text, i); end == i {
			return end, syntax(text, end, "a digit")
		}
		i = end
	}
	return i, nil
}

func skipDigits(text []byte, i int) int {
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}

// skipUnchecked returns the index after the value that starts at i, going by
// quotes and brackets alone. It is for a value that the JSON engine reads next:
// if that finds one whole valid value in the slice, the slice was right, since
// the end of a valid value is never in doubt.
func skipUnchecked(text []byte, i int) (int, error) {
	if i >= len(text) {
		return i, syntax(text, i, "a value")
	}
	switch text[i] {
	case '{', '[':
	case '"':
		return skipString(text, i)
	default:
		return skipScalar(text, i)
	}
	for depth := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end, err := skipString(text, i)
			if err != nil {
				return end, err
			}
			i = end - 1
		case '{', '[':
			if depth++; depth > maxDepth {
				return i, errTooDeep
			}
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, nil
			}
		}
	}
	return i, syntax(text, i, "the end of a value")
}

// unquote returns the value of a valid JSON string. A lone surrogate becomes
// U+FFFD, as in encoding/json.
func unquote(text []byte) string {
	text = text[1 : len(text)-1]
	if !hasEscape(text) {
		return string(text)
	}
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r := hexRune(text[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if i+6 < len(text) && text[i+1] == '\\' && text[i+2] == 'u' {
					low = hexRune(text[i+3:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			b.WriteRune(r)
		default: // quote, backslash, slash
			b.WriteByte(c)
		}
	}
	return b.String()
}

func hasEscape(text []byte) bool {
	return bytes.IndexByte(text, '\\') >= 0
}

func hexRune(text []byte) rune {
	n, _ := strconv.ParseUint(string(text[:4]), 16, 32)
	return rune(n)
}

// equalString reports whether text, a valid JSON string, has the value s.
func equalString(text []byte, s string) bool {
	if len(text) == len(s)+2 && string(text[1:len(text)-1]) == s {
		return !strings.Contains(s, `\`)
	}
	return len(text) > len(s)+2 && hasEscape(text) && unquote(text) == s
}

// checkSyntax reports what is wrong with text if it is not one valid JSON value
// with at most white space around it.
func checkSyntax(text []byte) error {
	if !utf8.Valid(text) {
		return errUTF8
	}
	end, err := skipValue(text, skipSpace(text, 0))
	if err != nil {
		return err
	}
	if end = skipSpace(text, end); end < len(text) {
		return syntax(text, end, "nothing more")
	}
	return nil
}
