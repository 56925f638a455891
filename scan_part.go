package jsonrpc

import "strings"

// A partScanner checks a JSON value that comes in parts, as skipValue checks one
// that is there. It keeps nothing of it.
type partScanner struct {
	nesting [(maxDepth + 63) / 64]uint64 // 1 for an object, 0 for an array
	depth   int
	state   partState
	name    bool   // the string is a member's name
	rest    string // of a word
	hex     int    // digits that are to come
	seen    int    // bytes
}

// partState is what the next byte is read as.
type partState uint8

const (
	partValue     partState = iota
	partFirstItem           // or the end of the array
	partFirstName           // or the end of the object
	partName
	partColon
	partAfter // a value, in an array or an object
	partString
	partEscape
	partHex
	partWord
	partMinus
	partZero
	partDigits
	partPoint
	partFraction
	partExponent
	partSign
	partPower
	partEnd
)

// scan reads on and returns how many bytes of text are the value's, and whether it
// has ended. A number ends with a byte that is no part of it.
func (s *partScanner) scan(text []byte) (n int, ended bool, err error) {
	i := 0
	for ; i < len(text) && s.state != partEnd; i++ {
		switch c := text[i]; s.state {
		case partString:
			if i = indexSpecial(text, i); i == len(text) {
				s.seen += i
				return i, false, nil
			}
			switch text[i] {
			case '"':
				s.endString()
			case '\\':
				s.state = partEscape
			default:
				return 0, false, s.wrong(text, i, "an escape")
			}
		case partEscape:
			switch {
			case c == 'u':
				s.state, s.hex = partHex, 4
			case strings.IndexByte(`"\/bfnrt`, c) >= 0:
				s.state = partString
			default:
				return 0, false, s.wrong(text, i, "an escape")
			}
		case partHex:
			if !isHex(c) {
				return 0, false, s.wrong(text, i, "a hexadecimal digit")
			}
			if s.hex--; s.hex == 0 {
				s.state = partString
			}
		case partWord:
			if c != s.rest[0] {
				return 0, false, s.wrong(text, i, s.rest)
			}
			if s.rest = s.rest[1:]; s.rest == "" {
				s.endValue()
			}
		default:
			if s.state >= partMinus {
				if s.number(c) {
					continue
				}
				if s.state != partZero && s.state != partDigits && s.state != partFraction && s.state != partPower {
					return 0, false, s.wrong(text, i, "a digit")
				}
				if s.endValue(); s.state == partEnd {
					s.seen += i
					return i, true, nil
				}
			}
			if wanted := s.structure(c); wanted == tooDeep {
				return 0, false, errTooDeep
			} else if wanted != "" {
				return 0, false, s.wrong(text, i, wanted)
			}
		}
	}
	s.seen += i
	return i, s.state == partEnd, nil
}

const tooDeep = "no more brackets"

// structure reads a byte that is in no string, number or word. It returns what was
// wanted, if not that.
func (s *partScanner) structure(c byte) (wanted string) {
	if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
		return ""
	}
	object := s.depth > 0 && s.nesting[(s.depth-1)/64]>>((s.depth-1)%64)&1 == 1
	switch s.state {
	case partColon:
		if c != ':' {
			return "':'"
		}
		s.state = partValue
		return ""
	case partName, partFirstName:
		switch {
		case c == '"':
			s.state, s.name = partString, true
		case c == '}' && s.state == partFirstName:
			s.close()
		default:
			return "a member's name"
		}
		return ""
	case partAfter:
		switch {
		case c == ',' && object:
			s.state = partName
		case c == ',':
			s.state = partValue
		case object && c == '}', !object && c == ']':
			s.close()
		case object:
			return "',' or '}'"
		default:
			return "',' or ']'"
		}
		return ""
	case partFirstItem:
		if c == ']' {
			s.close()
			return ""
		}
	}
	return s.value(c)
}

// value reads the first byte of a value.
func (s *partScanner) value(c byte) (wanted string) {
	switch {
	case c == '"':
		s.state, s.name = partString, false
	case c == '{' || c == '[':
		if s.depth == maxDepth {
			return tooDeep
		}
		bit := uint64(1) << (s.depth % 64)
		s.nesting[s.depth/64] &^= bit
		if s.state = partFirstItem; c == '{' {
			s.nesting[s.depth/64] |= bit
			s.state = partFirstName
		}
		s.depth++
	case c == 't':
		s.state, s.rest = partWord, "true"[1:]
	case c == 'f':
		s.state, s.rest = partWord, "false"[1:]
	case c == 'n':
		s.state, s.rest = partWord, "null"[1:]
	case c == '-':
		s.state = partMinus
	case c == '0':
		s.state = partZero
	case '1' <= c && c <= '9':
		s.state = partDigits
	default:
		return "a value"
	}
	return ""
}

// number reads a byte behind one of a number and reports whether it belongs to it.
func (s *partScanner) number(c byte) bool {
	digit := '0' <= c && c <= '9'
	next := s.state
	switch s.state {
	case partMinus:
		if next = partDigits; c == '0' {
			next = partZero
		}
	case partPoint:
		next = partFraction
	case partExponent, partSign:
		if next = partPower; s.state == partExponent && (c == '+' || c == '-') {
			s.state = partSign
			return true
		}
	case partZero:
		digit = false
	}
	switch {
	case digit:
	case c == '.' && (s.state == partZero || s.state == partDigits):
		next = partPoint
	case (c == 'e' || c == 'E') && (s.state == partZero || s.state == partDigits || s.state == partFraction):
		next = partExponent
	default:
		return false
	}
	s.state = next
	return true
}

func (s *partScanner) endString() {
	if s.name {
		s.state = partColon
		return
	}
	s.endValue()
}

func (s *partScanner) close() {
	s.depth--
	s.endValue()
}

func (s *partScanner) endValue() {
	if s.state = partAfter; s.depth == 0 {
		s.state = partEnd
	}
}

// wrong is the error for the byte at i of text.
func (s *partScanner) wrong(text []byte, i int, wanted string) error {
	err := syntax(text, i, wanted).(*syntaxError)
	err.offset += s.seen
	return err
}
