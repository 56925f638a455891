package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// An outcome is what a request ends in.
type outcome int

const (
	resulted   outcome = iota // the server sent a result
	failed                    // the server sent an error
	unreadable                // the reply is not JSON, or too deep
	invalid                   // the reply is not the response to the request
	unanswered                // nothing answers the request
)

func (o outcome) String() string {
	return [...]string{"result", "error", "unreadable", "invalid", "unanswered"}[o]
}

// A verdict is an outcome and what came with it, if it was read.
type verdict struct {
	outcome outcome
	result  string // its JSON
	code    int64
	message string
	data    string // its JSON
}

func (v verdict) String() string {
	switch v.outcome {
	case resulted:
		return "result " + v.result
	case failed:
		return fmt.Sprintf("error %d %q %s", v.code, v.message, v.data)
	}
	return v.outcome.String()
}

// maxDepth is how deep the client reads the value of a member, and a text that
// is no envelope.
const maxDepth = 1000

// An oracle knows the right verdict on any reply.
type oracle struct{ schema *jsonschema.Schema }

func newOracle() (*oracle, error) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/response.schema.json")
	return &oracle{schema}, err
}

// judge returns the verdict on the reply to r as a whole and, for a batch that
// was accepted, on each of its requests. The whole of an accepted batch is
// "result".
func (o *oracle) judge(r *request, reply []byte) (whole verdict, items []verdict) {
	switch {
	case !utf8.Valid(reply):
		return verdict{outcome: unreadable}, nil
	case len(bytes.Trim(reply, " \t\r\n")) == 0:
		return verdict{outcome: unanswered}, nil
	case !json.Valid(reply):
		return verdict{outcome: unreadable}, nil
	}
	text := bytes.Trim(reply, " \t\r\n")
	if r.batch && text[0] == '[' {
		return o.judgeBatch(r, text)
	}
	if tooDeep(text) {
		return verdict{outcome: unreadable}, nil
	}
	if text[0] == '[' || !o.satisfied(text) {
		return verdict{outcome: invalid}, nil
	}
	response := parseResponse(text)
	if r.batch {
		// Clause 6: one error object answers a batch that the server could not read.
		if response.outcome != failed || response.id != "null" {
			return verdict{outcome: invalid}, nil
		}
		return response.verdict, nil
	}
	if !response.answers(r.ids[0]) {
		return verdict{outcome: invalid}, nil
	}
	return response.verdict, nil
}

func (o *oracle) judgeBatch(r *request, text []byte) (whole verdict, items []verdict) {
	var texts []json.RawMessage
	if err := json.Unmarshal(text, &texts); err != nil {
		panic(err) // it is valid
	}
	for _, text := range texts {
		if tooDeep(text) {
			return verdict{outcome: unreadable}, nil
		}
	}
	if !o.satisfied(text) {
		return verdict{outcome: invalid}, nil
	}
	items = make([]verdict, len(r.ids))
	for i := range items {
		items[i].outcome = unanswered
	}
	left := 0 // requests without an answer
	for _, id := range r.ids {
		if id != "" {
			left++
		}
	}
	var nameless []verdict
	for _, text := range texts {
		response := parseResponse(text)
		if response.outcome == failed && response.id == "null" {
			nameless = append(nameless, response.verdict)
			continue
		}
		i := r.find(response)
		if i < 0 || items[i].outcome != unanswered {
			return verdict{outcome: invalid}, nil
		}
		items[i] = response.verdict
		left--
	}
	// An error without an id answers a request if it can only be that one.
	switch {
	case len(nameless) == 1 && left == 1:
		for i, id := range r.ids {
			if id != "" && items[i].outcome == unanswered {
				items[i] = nameless[0]
			}
		}
	case len(nameless) > 0:
		return verdict{outcome: invalid}, nil
	}
	return verdict{outcome: resulted}, items
}

// satisfied reports whether text, which is JSON, satisfies the schema and has no
// member twice that a client goes by.
func (o *oracle) satisfied(text []byte) bool {
	var responses []json.RawMessage
	if text[0] != '[' {
		responses = []json.RawMessage{text}
	} else if err := json.Unmarshal(text, &responses); err != nil {
		panic(err)
	}
	for _, response := range responses {
		all, twice := members(response, "jsonrpc", "id", "result", "error")
		if twice {
			return false
		}
		if _, twice := members(all["error"], "code", "message", "data"); twice {
			return false
		}
	}
	return o.schema.Validate(instance(text)) == nil
}

// members returns the members of an object and whether one of those named is
// there twice. Of what is not an object it returns none.
func members(text []byte, named ...string) (all map[string]json.RawMessage, twice bool) {
	if len(text) == 0 || text[0] != '{' {
		return nil, false
	}
	all = make(map[string]json.RawMessage)
	dec := json.NewDecoder(bytes.NewReader(text))
	_, _ = dec.Token() // the brace; the text is valid
	for dec.More() {
		token, _ := dec.Token()
		name := token.(string)
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			panic(err)
		}
		if _, found := all[name]; found {
			for _, n := range named {
				twice = twice || n == name
			}
		}
		all[name] = value
	}
	return all, twice
}

// instance returns the value of a JSON text for the validator. The validator
// takes 1.0 for an integer, as later drafts of its language do; such numbers are
// replaced by one that no draft takes for an integer.
func instance(text []byte) any {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		panic(err)
	}
	return withoutFloats(value)
}

func withoutFloats(value any) any {
	switch v := value.(type) {
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			return json.Number("0.5")
		}
	case []any:
		for i := range v {
			v[i] = withoutFloats(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = withoutFloats(v[name])
		}
	}
	return value
}

// A response is a text that satisfies the schema, taken apart.
type response struct {
	verdict

	id string // its JSON
}

func parseResponse(text []byte) response {
	all, _ := members(text)
	r := response{id: string(all["id"])}
	if result, found := all["result"]; found {
		r.outcome, r.result = resulted, string(result)
		return r
	}
	object, _ := members(all["error"])
	r.outcome, r.data = failed, string(object["data"])
	r.code = nearest(string(object["code"]))
	if err := json.Unmarshal(object["message"], &r.message); err != nil {
		panic(err)
	}
	return r
}

// nearest returns the int64 nearest to an integer of any size.
func nearest(text string) int64 {
	n, ok := new(big.Int).SetString(text, 10)
	switch {
	case !ok:
		panic("not an integer: " + text)
	case n.IsInt64():
		return n.Int64()
	case n.Sign() < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}

// answers reports whether the response may be the one to the request with the
// id, given as JSON: it has the same id or, if it is an error, null (clause 5).
func (r *response) answers(id string) bool {
	return r.outcome == failed && r.id == "null" || sameID(r.id, id)
}

// sameID compares strings by their value and numbers by their text: -0 is not
// the 0 that was sent.
func sameID(a, b string) bool {
	if a[0] != '"' || len(b) == 0 || b[0] != '"' {
		return a == b
	}
	return decoded(a) == decoded(b)
}

// tooDeep reports whether a text, which is JSON, is nested too deep to be read.
func tooDeep(text []byte) bool {
	limit := maxDepth
	if text[0] == '{' {
		limit++ // the envelope itself
	}
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
