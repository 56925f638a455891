package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// A response is one response object, member by member.
type response map[string]json.RawMessage

// one returns the response that a is, or a finding that says what it is instead.
func (a *answer) one() (response, *Finding) {
	if a.err != nil {
		return nil, a.fail("%v", a.err)
	}
	text := bytes.TrimSpace(a.text)
	if len(text) == 0 {
		return nil, a.fail("no response%s", a.underStatus())
	}
	var r response
	if err := json.Unmarshal(text, &r); err != nil || r == nil {
		var array []json.RawMessage
		if json.Unmarshal(text, &array) == nil {
			return nil, a.fail("an array came for a single request")
		}
		return nil, a.fail("what came is no JSON object%s", a.underStatus())
	}
	return r, nil
}

// many returns the responses that a is, or a finding.
func (a *answer) many() ([]response, *Finding) {
	if a.err != nil {
		return nil, a.fail("%v", a.err)
	}
	text := bytes.TrimSpace(a.text)
	var all []response
	if err := json.Unmarshal(text, &all); err != nil {
		if r, f := a.one(); f == nil && r["error"] != nil {
			return nil, a.fail("one error object came for the batch: %s", r.errorText())
		}
		return nil, a.fail("no array came for the batch%s", a.underStatus())
	}
	return all, nil
}

func (a *answer) underStatus() string {
	if a.status == 0 || a.status == 200 {
		return ""
	}
	return fmt.Sprintf(", but HTTP %d", a.status)
}

func (a *answer) fail(format string, args ...any) *Finding {
	return &Finding{Verdict: Fail, Note: fmt.Sprintf(format, args...), Sent: start(a.sent), Got: start(string(a.text))}
}

func (a *answer) pass(format string, args ...any) Finding {
	return Finding{Verdict: Pass, Note: fmt.Sprintf(format, args...)}
}

// start is the beginning of a text, on a line and without what would command a
// terminal.
func start(text string) string {
	const most = 300
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '\ufffd'
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// id returns the text of the id, empty if there is none.
func (r response) id() string { return string(bytes.TrimSpace(r["id"])) }

// code returns the error's code and whether there is one.
func (r response) code() (code int, ok bool) {
	var e struct {
		Code *int `json:"code"`
	}
	if r["error"] == nil || json.Unmarshal(r["error"], &e) != nil || e.Code == nil {
		return 0, false
	}
	return *e.Code, true
}

func (r response) errorText() string { return start(string(r["error"])) }

// isNull reports whether a member is there and null.
func (r response) isNull(name string) bool { return string(bytes.TrimSpace(r[name])) == "null" }

// sameID reports whether two ids are the same value.
func sameID(a, b string) bool {
	if a == b {
		return true
	}
	var x, y string
	return strings.HasPrefix(a, `"`) && strings.HasPrefix(b, `"`) &&
		json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && x == y
}
