package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"

	"example.com/jsonrpc/internal/forms"
	"example.com/jsonrpc/transport"
)

// masked stands for a secret in errors and logs.
const masked = "***"

// secrets are texts that never reach an error or a log. A nil *secrets has none.
type secrets struct {
	values   []string
	once     sync.Once // for the rest
	forms    []string
	replacer *strings.Replacer
}

// with returns secrets that hold values too.
func (s *secrets) with(values ...string) *secrets {
	if s != nil {
		values = append(slices.Clone(s.values), values...)
	}
	return &secrets{values: values}
}

// prepare makes the replacer, for each form in which a secret travels.
func (s *secrets) prepare() {
	s.forms = forms.Of(s.values...)
	pairs := make([]string, 0, 2*len(s.forms))
	for _, form := range s.forms {
		pairs = append(pairs, form, masked)
	}
	s.replacer = strings.NewReplacer(pairs...)
}

// and returns secrets that hold those of others too.
func (s *secrets) and(others *secrets) *secrets {
	switch {
	case s.holds(others):
		return s
	case others.holds(s):
		return others
	}
	return s.with(others.values...)
}

// holds reports whether s has all that others have.
func (s *secrets) holds(others *secrets) bool {
	if s == others || others == nil {
		return true
	}
	return s != nil && !slices.ContainsFunc(others.values, func(v string) bool { return !slices.Contains(s.values, v) })
}

// withFound is with for values that nobody marked: too short ones are left out,
// because they would be found everywhere.
func (s *secrets) withFound(values ...string) *secrets {
	const shortest = 4
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return len(v) < shortest })
	if len(values) == 0 {
		return s
	}
	return s.with(values...)
}

// mask returns text with each secret replaced. If one is in it whose characters are
// escaped in another way than those of the forms, the rest is without escapes too.
func (s *secrets) mask(text string) string {
	if s == nil {
		return text
	}
	s.once.Do(s.prepare)
	text = s.replacer.Replace(text)
	if plain := unescaped(text); plain != text {
		if again := s.replacer.Replace(plain); again != plain {
			return again
		}
	}
	return text
}

// unescaped returns a text without the escapes of JSON and of HTML that stand for a
// character by its number or its name: .NET has \u002B for +, and PHP &eacute;.
func unescaped(text string) string {
	if strings.Contains(text, `\u`) {
		text = escapes.ReplaceAllStringFunc(text, func(run string) string {
			var units []uint16
			for i := 2; i < len(run); i += 6 {
				n, _ := strconv.ParseUint(run[i:i+4], 16, 16)
				units = append(units, uint16(n))
			}
			return string(utf16.Decode(units))
		})
	}
	return html.UnescapeString(text)
}

var (
	escapes   = regexp.MustCompile(`(\\u[0-9A-Fa-f]{4})+`)
	cutEscape = regexp.MustCompile(`(\\(u[0-9A-Fa-f]{0,3})?|&#?[0-9A-Za-z]{0,8})$`)
)

// startOf bounds the part of a reply that goes into an error.
const startOf = 4 << 10

// start returns a copy of how text begins, for an error, with each secret
// replaced. One that the end cuts in two is left out.
func (s *secrets) start(text []byte) []byte {
	cut := len(text) > startOf
	if cut {
		text = text[:startOf]
	}
	return s.maskStart(text, cut)
}

// maskStart returns a copy of text with each secret replaced. If it is cut, so may
// be its last one, which is left out.
func (s *secrets) maskStart(text []byte, cut bool) []byte {
	if s == nil {
		return bytes.Clone(text)
	}
	masked := s.mask(string(text))
	if cut {
		n := s.begun(masked)
		if plain := unescaped(cutEscape.ReplaceAllString(masked, "")); s.begun(plain) > n {
			masked, n = plain, s.begun(plain)
		}
		masked = masked[:len(masked)-n]
	}
	return []byte(masked)
}

// begun returns the length of what text ends with that a secret begins with.
func (s *secrets) begun(text string) (longest int) {
	for _, form := range s.forms {
		for n := min(len(form), len(text)); n > longest; n-- {
			if strings.HasSuffix(text, form[:n]) {
				longest = n
			}
		}
	}
	return longest
}

// maskJSON returns valid JSON with each secret replaced, in whatever way its
// characters are escaped.
func (s *secrets) maskJSON(text []byte) []byte {
	if s == nil || len(text) == 0 {
		return text
	}
	masked, _ := appendForLog(nil, text, skipSpace(text, 0), len(text), s)
	if again := s.mask(string(masked)); again != string(masked) { // it spans values
		return appendString(nil, again)
	}
	return masked
}

// maskError masks what a server echoed.
func (s *secrets) maskError(e *Error) *Error {
	if s != nil {
		e.Message = s.mask(e.Message)
		e.Data = json.RawMessage(s.maskJSON(e.Data))
	}
	return e
}

// maskFrame masks what a server sent instead of a message: the start of it, or of
// what had come of it.
func (s *secrets) maskFrame(e *transport.FrameError) *transport.FrameError {
	return &transport.FrameError{Reason: s.mask(e.Reason), Data: s.maskStart(e.Data, true), Err: e.Err}
}

// maskHeader masks what a server echoed.
func (s *secrets) maskHeader(header http.Header) http.Header {
	if s == nil {
		return header
	}
	all := make(http.Header, len(header))
	for name, values := range header {
		for _, v := range values {
			name := s.mask(name)
			all[name] = append(all[name], s.mask(v))
		}
	}
	return all
}

// maskTree returns err or, if its text or that of an error inside of it holds a
// secret, an error that is the same without.
func (s *secrets) maskTree(err error) error {
	if s == nil || err == nil || !s.leaks(err) {
		return err
	}
	switch e := err.(type) {
	case *transport.Error:
		return &transport.Error{Op: e.Op, Sent: e.Sent, Err: s.maskTree(e.Err)}
	case *DecodeError:
		return &DecodeError{Result: e.Result, Err: s.maskTree(e.Err)}
	case *MessageError:
		masked := &MessageError{Reason: s.mask(e.Reason)}
		if e.Err != nil {
			masked.Err = s.maskTree(e.Err)
		}
		return masked
	case *causeError:
		return &causeError{s.maskTree(e.err), e.ended}
	case *statusError:
		return &statusError{s.maskTree(e.err), e.http}
	}
	return &maskedError{s.mask(err.Error()), err}
}

// leaks reports whether the text of err, or of an error inside of it, holds a
// secret.
func (s *secrets) leaks(err error) bool {
	if text := err.Error(); s.mask(text) != text {
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		return inner != nil && s.leaks(inner)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), s.leaks)
	}
	return false
}

// A maskedError stands for an error of somebody else's whose text holds a
// secret. It can be compared with errors.Is, but not be taken out.
type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string        { return e.text }
func (e *maskedError) Is(target error) bool { return errors.Is(e.err, target) }

// publicHeaders are headers whose values are no secrets.
var publicHeaders = map[string]bool{
	"Accept": true, "Accept-Encoding": true, "Accept-Language": true, "Cache-Control": true,
	"Content-Encoding": true, "Content-Type": true, "Host": true, "Mcp-Protocol-Version": true,
	"Origin": true, "Referer": true, "Traceparent": true, "User-Agent": true,
}

// headerSecrets returns the secrets among the values of a header.
func headerSecrets(name string, values []string) (found []string) {
	if publicHeaders[http.CanonicalHeaderKey(name)] {
		return nil
	}
	for _, v := range values {
		found = append(found, v)
		// "Basic dXNlcjpw" and "Bearer abc" are secret without their scheme too.
		if _, credentials, ok := strings.Cut(v, " "); ok {
			found = append(found, credentials)
		}
	}
	return found
}

// IsSecretHeader reports whether this package takes the values of a header for
// secrets, as it does with all but some well-known names.
func IsSecretHeader(name string) bool { return !publicHeaders[http.CanonicalHeaderKey(name)] }
