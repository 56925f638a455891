package jsonrpc

import (
	"bytes"
	crand "crypto/rand"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
)

// An ID identifies a request, so that the response to it can be told from
// others (clause 4). IDs can be compared with ==. The zero ID means "none yet":
// a request that has it gets one of the client's when it is sent.
type ID struct {
	kind idKind
	num  int64
	text string // a string's value, or the text of a number that is not an int64
}

type idKind uint8

const (
	noID idKind = iota
	nullID
	intID
	numberID
	stringID
)

// IntID returns an id that is a number. Small positive ones are safest: servers
// that keep numbers as floats return others above 2^53 than they were sent.
func IntID(n int64) ID { return ID{kind: intID, num: n} }

// StringID returns an id that is a string, the empty one included. Invalid UTF-8
// becomes U+FFFD, as it does on the way to the server.
func StringID(s string) ID { return ID{kind: stringID, text: strings.ToValidUTF8(s, "\ufffd")} }

// ParseID returns the id with the given JSON text: a string, a number of any
// form, or null.
func ParseID(text string) (ID, error) {
	id, ok := parseID([]byte(text))
	if !ok || len(id.text) > maxIDText {
		return ID{}, &MessageError{Reason: fmt.Sprintf("id %.40q: an id is a JSON string, number or null", text)}
	}
	return id, nil
}

// maxIDText bounds an id, without its escapes, in bytes. Nobody needs long ones, and
// they appear in every error.
const maxIDText = 4096

// IsZero reports whether id is the zero ID.
func (id ID) IsZero() bool { return id.kind == noID }

// IsNull reports whether id is JSON null, which a server uses when it could not
// read the request's id (clause 5).
func (id ID) IsNull() bool { return id.kind == nullID }

// String returns the id's JSON text: 1, "a", null; and nothing for the zero ID.
func (id ID) String() string { return string(id.append(nil)) }

// MarshalJSON returns the id's JSON text, null for the zero ID.
func (id ID) MarshalJSON() ([]byte, error) {
	if id.IsZero() {
		return []byte("null"), nil
	}
	return id.append(nil), nil
}

// UnmarshalJSON reads an id from its JSON text.
func (id *ID) UnmarshalJSON(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}

// append appends the id's JSON text to b.
func (id ID) append(b []byte) []byte {
	switch id.kind {
	case nullID:
		return append(b, "null"...)
	case intID:
		return strconv.AppendInt(b, id.num, 10)
	case numberID:
		return append(b, id.text...)
	case stringID:
		return appendString(b, id.text)
	}
	return b
}

// parseID reads an id from JSON text that is one value with nothing around it.
func parseID(text []byte) (id ID, ok bool) {
	if n, ok := parseInt(text); ok {
		return IntID(n), true
	}
	if end, err := skipValue(text, 0); err != nil || end != len(text) {
		return ID{}, false
	}
	switch c := text[0]; {
	case c == '"':
		return StringID(unquote(text)), true
	case c == 'n':
		return ID{kind: nullID}, true
	case c == '-' || '0' <= c && c <= '9':
		return ID{kind: numberID, text: string(text)}, true
	}
	return ID{}, false
}

// parseInt reads an integer in canonical form (no "-0", no leading zero) that
// fits an int64.
func parseInt(text []byte) (n int64, ok bool) {
	digits := text
	if len(text) > 0 && text[0] == '-' {
		digits = text[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && len(text) > 1 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	if len(digits) < 19 { // the common case: it cannot overflow
		for _, c := range digits {
			n = n*10 + int64(c-'0')
		}
		if len(digits) != len(text) {
			n = -n
		}
		return n, true
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil
}

// idMatch is how the id of a response compares to that of a request.
type idMatch uint8

const (
	idDiffers idMatch = iota
	idEqual           // the same JSON value
	idLoose           // 1 for "1", "1" for 1, or 1.0 for 1: what careless servers make of it
)

// match compares id to the text of an id in a response.
func (id ID) match(text []byte) idMatch {
	if n, ok := parseInt(text); ok {
		switch {
		case id.kind == intID && id.num == n:
			return idEqual
		case id.kind == stringID && id.text == string(text):
			return idLoose
		}
		return idDiffers
	}
	if len(text) == 0 {
		return idDiffers
	}
	switch c := text[0]; {
	case c == '"':
		switch {
		case id.kind == stringID && equalString(text, id.text):
			return idEqual
		case id.kind == intID || id.kind == numberID:
			if equalString(text, string(id.append(nil))) {
				return idLoose
			}
		}
	case c == 'n':
		if id.kind == nullID {
			return idEqual
		}
	case c == '-' || '0' <= c && c <= '9':
		switch {
		case id.kind == numberID && id.text == string(text):
			return idEqual
		case id.kind == intID:
			// 1.0 or 1.000; an exponent would be stranger than a server can be.
			whole, fraction, found := bytes.Cut(text, []byte("."))
			if n, ok := parseInt(whole); ok && found && n == id.num && len(bytes.Trim(fraction, "0")) == 0 {
				return idLoose
			}
		}
	}
	return idDiffers
}

// An IDGenerator draws ids for requests. It may be called by many goroutines at
// once, and each id it returns must differ from those of requests under way.
// Give one to [WithIDs].
type IDGenerator func() ID

// Decimal counts from start: 1, 2, 3. It is the default, from 1.
func Decimal(start int64) IDGenerator {
	var n atomic.Int64
	n.Store(start - 1)
	return func() ID { return IntID(n.Add(1)) }
}

// Hex counts from start in hexadecimal strings: "1", … "9", "a".
func Hex(start uint64) IDGenerator {
	var n atomic.Uint64
	n.Store(start - 1)
	return func() ID { return StringID(strconv.FormatUint(n.Add(1), 16)) }
}

// Random draws strings of eight characters out of 0-9 and a-z, as "fubui5e6".
// They cannot be guessed from one another; two in 2.8e12 are equal.
func Random() IDGenerator {
	const characters = "0123456789abcdefghijklmnopqrstuvwxyz"
	return func() ID {
		var s [8]byte
		for i := range s {
			s[i] = characters[rand.IntN(len(characters))] // ChaCha8, seeded by the system
		}
		return StringID(string(s[:]))
	}
}

// UUID draws random UUIDs, version 4 of RFC 9562, as
// "9bfe2c93-717e-4a45-b91b-55422c5af4ff".
func UUID() IDGenerator {
	return func() ID {
		var u [16]byte
		_, _ = crand.Read(u[:]) // never fails, see its documentation
		u[6] = u[6]&0x0f | 0x40
		u[8] = u[8]&0x3f | 0x80
		s := make([]byte, 0, 36)
		for i, part := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
			if i > 0 {
				s = append(s, '-')
			}
			s = hex.AppendEncode(s, part)
		}
		return StringID(string(s))
	}
}
