package jsonrpc_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"example.com/jsonrpc"
)

// This file says what should come of a reply, by the rules for replies in the
// design and by nothing of the library: it reads with encoding/json, slowly and
// twice over, so that the two can be compared.

// A verdict is what should come of one request, or of a batch as a whole. One
// of the fields is set; none for a notification that went well.
type verdict struct {
	result  string              // the result's JSON text
	says    *jsonrpc.Error      // the server's own code and message
	refused []jsonrpc.Deviation // a ValidationError for one of these
	notJSON bool                // a ParseResponseError
	nothing bool                // ErrNoResponse
	http    int                 // an HTTPError with this status and nothing else
}

// verdicts are what should come of a message.
type verdicts struct {
	whole  verdict
	items  []verdict // of the requests in a batch
	strays int
}

// A member is a member of a JSON object.
type member struct {
	name  string
	value string
}

// objectMembers returns the members of an object in order, duplicates included,
// and false if text is another value.
func objectMembers(text string) ([]member, bool) {
	d := json.NewDecoder(strings.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	var members []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, false
		}
		members = append(members, member{name.(string), string(value)})
	}
	return members, true
}

// get returns the value of a member, "" if there is none.
func get(members []member, name string) (value string, twice bool) {
	for _, m := range members {
		if m.name == name {
			value, twice = m.value, value != ""
		}
	}
	return value, twice
}

// arrayItems returns the items of an array, and false if text is another value.
func arrayItems(text string) (items []string, ok bool) {
	var raw []json.RawMessage
	if !strings.HasPrefix(strings.TrimSpace(text), "[") || json.Unmarshal([]byte(text), &raw) != nil {
		return nil, false
	}
	for _, r := range raw {
		items = append(items, string(r))
	}
	return items, true
}

// A sent is a request as the oracle knows it.
type sent struct {
	id           string // JSON text; "null" if there is none
	notification bool
}

// readSent reads a message that the client sends.
func readSent(text string) (requests []sent, batch bool) {
	items, batch := arrayItems(text)
	if !batch {
		items = []string{text}
	}
	for _, item := range items {
		members, _ := objectMembers(item)
		id, _ := get(members, "id")
		method, _ := get(members, "method")
		if id == "" && method == "" { // no notification: a server that cannot read it answers
			id = "null"
		}
		requests = append(requests, sent{id, id == ""})
	}
	return requests, batch
}

// sameID compares ids. A loose one is what careless servers make of one: "1" or
// 1.0 for 1, and 1 for "1".
func sameID(sent, got string) (same, loose bool) {
	if number.MatchString(sent) && number.MatchString(got) {
		loose = integer.MatchString(sent) && strings.HasPrefix(got, sent+".") && strings.Trim(got[len(sent)+1:], "0") == ""
		return sent == got || loose, loose
	}
	var a, b string
	quotedA, quotedB := json.Unmarshal([]byte(sent), &a) == nil && sent != "null", json.Unmarshal([]byte(got), &b) == nil && got != "null"
	switch {
	case quotedA && quotedB:
		return a == b, false
	case quotedA:
		return integer.MatchString(got) && a == got, true
	case quotedB:
		return number.MatchString(sent) && sent == b, true
	}
	return sent == got && sent == "null", false
}

var (
	number  = regexp.MustCompile(`^-?\d`)
	integer = regexp.MustCompile(`^-?\d+$`)
)

// A judgement is a response taken apart: what deviates, and what it would give.
type judgement struct {
	id      string // "" if absent
	found   []jsonrpc.Deviation
	refused []jsonrpc.Deviation // even when validation is off
	verdict verdict
}

func (j *judgement) note(d jsonrpc.Deviation)   { j.found = append(j.found, d) }
func (j *judgement) refuse(d jsonrpc.Deviation) { j.note(d); j.refused = append(j.refused, d) }

// final returns the verdict on the response. What is refused always comes first:
// turning validation off would not help.
func (j *judgement) final(validate bool) verdict {
	switch {
	case len(j.refused) > 0:
		return verdict{refused: j.refused}
	case validate && len(j.found) > 0:
		return verdict{refused: j.found}
	}
	return j.verdict
}

// judgeResponse judges everything but the id.
func judgeResponse(text string) *judgement {
	j := &judgement{}
	members, ok := objectMembers(text)
	if !ok {
		j.refuse(jsonrpc.DeviationNotResponse)
		return j
	}
	values := map[string]string{}
	for _, name := range []string{"jsonrpc", "result", "error", "id", "method"} {
		value, twice := get(members, name)
		if values[name] = value; twice {
			j.refuse(jsonrpc.DeviationDuplicate)
		}
	}
	j.id = values["id"]
	if values["jsonrpc"] == "" {
		j.note(jsonrpc.DeviationNoVersion)
	} else if values["jsonrpc"] != `"2.0"` {
		j.note(jsonrpc.DeviationVersion)
	}
	result, failure := values["result"], values["error"]
	switch {
	case result == "" && failure == "":
		if j.note(jsonrpc.DeviationNeither); j.id == "" || values["method"] != "" {
			j.refuse(jsonrpc.DeviationNotResponse)
		}
	case result != "" && failure != "" && (result == "null" || failure == "null"):
		j.note(jsonrpc.DeviationBoth)
	case result != "" && failure != "":
		j.note(jsonrpc.DeviationResultError)
	case failure == "null":
		j.note(jsonrpc.DeviationErrorType)
	}
	if failure != "" && failure != "null" {
		j.verdict.says = j.failure(failure)
		return j
	}
	if j.verdict.result = result; result == "" {
		j.verdict.result = "null"
	}
	return j
}

// failure reads an error, whatever it is.
func (j *judgement) failure(text string) *jsonrpc.Error {
	members, ok := objectMembers(text)
	if !ok {
		j.note(jsonrpc.DeviationErrorType)
		e := &jsonrpc.Error{Message: text}
		_ = json.Unmarshal([]byte(text), &e.Message) // if it is a string
		return e
	}
	e := &jsonrpc.Error{Message: text}
	code, twice := get(members, "code")
	message, again := get(members, "message")
	if twice || again {
		j.refuse(jsonrpc.DeviationDuplicate)
	}
	if !integer.MatchString(code) {
		j.note(jsonrpc.DeviationCode)
	}
	if f, err := strconv.ParseFloat(strings.Trim(code, `"`), 64); err == nil && f == float64(int64(f)) {
		e.Code = int64(f)
	}
	if !strings.HasPrefix(message, `"`) || json.Unmarshal([]byte(message), &e.Message) != nil {
		j.note(jsonrpc.DeviationMessage)
	}
	return e
}

// answers judges the id of a response to one request.
func (j *judgement) answers(request sent) *judgement {
	same, loose := sameID(request.id, j.id)
	switch {
	case j.id == "":
		j.note(jsonrpc.DeviationNoID)
	case j.id == "null":
		if j.verdict.says == nil && request.id != "null" {
			j.note(jsonrpc.DeviationNullID)
		}
	case !same:
		j.refuse(jsonrpc.DeviationID)
		if strings.ContainsAny(j.id[:1], "tf[{") {
			j.refuse(jsonrpc.DeviationIDType)
		}
	case loose, number.MatchString(j.id) && !integer.MatchString(j.id):
		j.note(jsonrpc.DeviationIDForm)
	}
	return j
}

// judge says what should come of the reply text to a message.
func judge(request, text string, validate bool) verdicts {
	requests, batch := readSent(request)
	due := requests[:0:0]
	for _, r := range requests {
		if !r.notification {
			due = append(due, r)
		}
	}
	if len(due) == 0 {
		return verdicts{whole: judgeUnasked(text)}
	}
	var v verdicts
	text = strings.TrimSpace(text)
	items, isArray := arrayItems(text)
	switch {
	case text == "":
		v.whole.nothing = true
	case !json.Valid([]byte(text)):
		v.whole.notJSON = true
	case batch && isArray:
		return judgeBatch(due, items, validate)
	case batch:
		return judgeOneForAll(due, text, validate)
	case isArray && len(items) != 1:
		v.whole.refused = []jsonrpc.Deviation{jsonrpc.DeviationArrayLength}
	case isArray:
		j := judgeResponse(items[0]).answers(due[0])
		j.note(jsonrpc.DeviationArray)
		v.whole = j.final(validate)
	default:
		v.whole = judgeResponse(text).answers(due[0]).final(validate)
	}
	if batch {
		for range due {
			v.items = append(v.items, v.whole)
		}
	}
	return v
}

// judgeUnasked: an error is told, anything else that answers a notification is
// of no interest.
func judgeUnasked(text string) verdict {
	responses, ok := arrayItems(text)
	if !ok {
		responses = []string{text}
	}
	for _, response := range responses {
		if j := judgeResponse(response); j.verdict.says != nil {
			return verdict{says: j.verdict.says}
		}
	}
	return verdict{}
}
