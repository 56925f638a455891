package jsonrpc

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// An envelope is one object of a message, taken apart but not decoded: a
// response, or a request of the server's. Its slices are parts of the text.
type envelope struct {
	text   []byte // the whole object
	id     []byte // nil if absent; so are the others
	result []byte
	error  []byte
	method []byte
	params []byte
	found  deviationSet
	// The method or the params are there twice, which matters in a request only:
	// in a response they are strangers.
	twice bool
}

// scan reads the value that starts at i and returns the index after it. An
// error means that the text is not JSON. If unchecked, the result is taken by
// skipUnchecked and the caller must give it to the JSON engine.
func (e *envelope) scan(text []byte, i int, unchecked bool) (end int, err error) {
	*e = envelope{}
	if i >= len(text) || text[i] != '{' {
		end, err = skipValue(text, i)
		if err == nil {
			e.text = text[i:end]
			e.found.add(DeviationNotResponse)
		}
		return end, err
	}
	if end = e.scanUsual(text, i, unchecked); end >= 0 {
		return end, nil
	}
	version := []byte(nil)
	end, err = scanObject(text, i, func(name []byte, at int) (int, error) {
		var member *[]byte
		skip := skipValue
		switch string(name) {
		case "jsonrpc":
			member = &version
		case "id":
			member = &e.id
		case "result":
			if member = &e.result; unchecked {
				skip = skipUnchecked
			}
		case "error":
			member = &e.error
		case "method":
			member = &e.method
		case "params":
			member = &e.params
		}
		end, err := skip(text, at)
		if member != nil && err == nil {
			switch {
			case *member == nil:
			case member == &e.method, member == &e.params:
				e.twice = true
			default:
				e.found.add(DeviationDuplicate)
			}
			*member = text[at:end]
		}
		return end, err
	})
	if err != nil {
		return end, err
	}
	e.text = text[i:end]
	switch {
	case version == nil:
		e.found.add(DeviationNoVersion)
	case version[0] != '"' || !equalString(version, "2.0"):
		e.found.add(DeviationVersion)
	}
	return end, nil
}

// scanUsual is scan for results as most servers write them, without white space and
// with their members in one of two orders. It returns -1 for all else, which takes
// three times as long.
func (e *envelope) scanUsual(text []byte, i int, unchecked bool) int {
	const head, result, id = `{"jsonrpc":"2.0"`, `,"result":`, `,"id":`
	at := skipKnown(text, i, head)
	if at < 0 {
		return -1
	}
	first, second := result, id
	to, then := &e.result, &e.id
	if at+2 < len(text) && text[at+2] == 'i' {
		first, second, to, then = id, result, then, to
	}
	if at = scanMember(text, at, first, to, unchecked && first == result); at >= 0 {
		at = scanMember(text, at, second, then, unchecked && second == result)
	}
	if at < 0 || at >= len(text) || text[at] != '}' {
		e.result, e.id = nil, nil
		return -1
	}
	e.text = text[i : at+1]
	return at + 1
}

// scanMember reads a member whose name, with all around it, stands at i, and returns
// the index after its value, or -1.
func scanMember(text []byte, i int, name string, value *[]byte, unchecked bool) int {
	if i = skipKnown(text, i, name); i < 0 || i >= len(text) {
		return -1
	}
	var end int
	var err error
	switch c := text[i]; {
	case c == '"':
		end, err = skipString(text, i)
	case c != '{' && c != '[':
		end, err = skipScalar(text, i)
	case unchecked:
		end, err = skipUnchecked(text, i)
	default:
		end, err = skipValue(text, i)
	}
	if err != nil {
		return -1
	}
	*value = text[i:end]
	return end
}

// scanObject calls member for each member of the object that starts at i, with
// its name, unescaped, and the index of its value; member returns the index
// after the value.
func scanObject(text []byte, i int, member func(name []byte, at int) (int, error)) (end int, err error) {
	if i = skipSpace(text, i+1); i < len(text) && text[i] == '}' {
		return i + 1, nil
	}
	for {
		if i >= len(text) || text[i] != '"' {
			return i, syntax(text, i, "a member's name")
		}
		start := i
		if i, err = skipString(text, i); err != nil {
			return i, err
		}
		name := text[start+1 : i-1]
		if hasEscape(name) {
			name = []byte(unquote(text[start:i]))
		}
		if i, err = skipColon(text, i); err != nil {
			return i, err
		}
		if i, err = member(name, i); err != nil {
			return i, err
		}
		i = skipSpace(text, i)
		switch {
		case i < len(text) && text[i] == '}':
			return i + 1, nil
		case i >= len(text) || text[i] != ',':
			return i, syntax(text, i, "',' or '}'")
		}
		i = skipSpace(text, i+1)
	}
}

// response reads e as a response. It returns the server's error, if it is one,
// and adds what deviates to e.found. The id is checked by matchID.
func (e *envelope) response() *Error {
	if e.found.has(DeviationNotResponse) {
		return nil
	}
	resultNull, errorNull := isNull(e.result), isNull(e.error)
	switch {
	case e.result != nil && e.error != nil:
		if resultNull || errorNull {
			e.found.add(DeviationBoth)
		} else {
			e.found.add(DeviationResultError)
		}
	case e.result == nil && e.error == nil:
		if e.found.add(DeviationNeither); e.id == nil || e.method != nil {
			e.found.add(DeviationNotResponse)
		}
	case errorNull: // and no result
		e.found.add(DeviationErrorType)
	}
	if e.error == nil || errorNull {
		if e.result == nil {
			e.result = []byte("null")
		}
		return nil
	}
	return e.serverError()
}

// serverError reads e.error, which is not null, whatever it is.
func (e *envelope) serverError() *Error {
	text := e.error
	if text[0] != '{' {
		e.found.add(DeviationErrorType)
		message := string(text)
		if text[0] == '"' {
			message = unquote(text)
		}
		return &Error{Message: message, Data: json.RawMessage(text)}
	}
	var code, message, data []byte
	_, _ = scanObject(text, 0, func(name []byte, at int) (int, error) {
		end, _ := skipValue(text, at) // checked already
		var member *[]byte
		switch string(name) {
		case "code":
			member = &code
		case "message":
			member = &message
		case "data":
			member = &data
		default:
			return end, nil
		}
		if *member != nil {
			e.found.add(DeviationDuplicate)
		}
		*member = text[at:end]
		return end, nil
	})
	err := &Error{Data: json.RawMessage(data)}
	if code == nil || !isInteger(code) {
		e.found.add(DeviationCode)
	}
	err.Code = looseCode(code)
	if len(message) > 0 && message[0] == '"' {
		err.Message = unquote(message)
	} else {
		e.found.add(DeviationMessage)
		err.Message = string(text)
		err.Data = json.RawMessage(text)
	}
	if code == nil && data == nil {
		err.Data = json.RawMessage(text)
	}
	return err
}

// ambiguous reports whether e, read as a request, could mean two things.
func (e *envelope) ambiguous() bool { return e.twice || e.found.has(DeviationDuplicate) }

// matchID compares e's id to that of the request it should answer and adds what
// deviates to e.found. Only the seam that brought the reply makes it safe to
// take one without an id for the answer.
func (e *envelope) matchID(id ID) {
	switch {
	case e.id == nil:
		e.found.add(DeviationNoID)
	case isNull(e.id):
		// Clause 5: null if the server could not read the request's id.
		if (e.error == nil || isNull(e.error)) && !id.IsNull() {
			e.found.add(DeviationNullID)
		}
	default:
		switch id.match(e.id) {
		case idDiffers:
			if !isInteger(e.id) && e.id[0] != '"' {
				e.found.add(DeviationIDType)
			}
			e.found.add(DeviationID)
		case idLoose:
			e.found.add(DeviationIDForm)
		case idEqual:
			if !isInteger(e.id) && e.id[0] != '"' {
				e.found.add(DeviationIDForm) // the caller's own 1.5
			}
		}
	}
}

// isNull reports whether text, a valid value or nil, is null.
func isNull(text []byte) bool { return len(text) == 4 && text[0] == 'n' }

// isInteger reports whether text, a valid value, is a number without fraction
// and exponent: what the schema language calls an integer (draft 4, 3.5).
func isInteger(text []byte) bool {
	if len(text) == 0 || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	for _, c := range text {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return true
}

// looseCode makes an error code of -32601, -32601.0 and "-32601", and 0 of
// anything else. What is beyond an int64 becomes the nearest one.
func looseCode(text []byte) int64 {
	s := string(text)
	if len(text) > 1 && text[0] == '"' {
		s = unquote(text)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil {
		return n
	}
	if len(text) > 0 && isInteger(text) { // too large
		return n
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<63 || strings.ContainsAny(s, "xXpP_") {
		return 0
	}
	return int64(f)
}
