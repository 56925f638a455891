package jsonrpc

import (
	"bytes"
	"encoding/json"
)

// readBatch reads the array that starts at i and gives each request of the batch
// the response with its id, in whatever order they came (clause 6).
func (x *Exchange) readBatch(text []byte, i int, found deviationSet) error {
	// Nothing is given to anybody until the whole text is known to be JSON.
	due := x.due()
	if cap(x.responses) < due {
		x.responses = make([]envelope, 0, due)
	}
	responses, err := scanBatch(x.responses[:0], text, i, due+maxStrays)
	if err != nil {
		return x.notJSON(text, err)
	}
	if len(responses) == 0 {
		found.add(DeviationEmptyArray)
	}
	if err := x.judge(text, found); err != nil {
		return err
	}
	var first error // what is wrong with the reply as a whole
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	var nameless []*envelope // errors with id null or none: whose?
	m := matcher{items: x.items}
	for k := range responses {
		e := &responses[k]
		if e.id == nil || isNull(e.id) || e.found.has(DeviationNotResponse) {
			nameless = append(nameless, e)
			continue
		}
		it := m.find(e.id)
		if it == nil {
			note(x.stray(e, DeviationUnknown))
			continue
		}
		note(x.readItem(it, e))
	}
	missing := x.missing()
	for _, e := range nameless {
		// One that has lost its id can only be the answer that is missing.
		if len(nameless) == 1 && len(missing) == 1 && !e.found.has(DeviationNotResponse) {
			note(x.readItem(missing[0], e))
			continue
		}
		note(x.stray(e, DeviationUnknown))
	}
	for _, it := range x.missing() {
		it.answered, it.err = true, ErrNoResponse // its own, whatever is wrong with the whole
	}
	if !x.set.validate {
		return nil
	}
	return first
}

// readItem gives it the response e. The error is what is wrong with e as a
// response, which concerns the whole reply if validation is on.
func (x *Exchange) readItem(it *item, e *envelope) error {
	if it.answered {
		// Neither can be trusted now.
		it.err = x.judge(e.text, 1<<DeviationTwice)
		it.raw = nil
		return it.err
	}
	serverError := e.response()
	e.matchID(it.id)
	if err := x.judge(e.text, e.found); err != nil {
		it.answered, it.err = true, err
		return err
	}
	_ = x.answer(it, e, serverError) // in the item
	return nil
}

// stray notes a response that belongs to no request.
func (x *Exchange) stray(e *envelope, d Deviation) error {
	x.strays = append(x.strays, json.RawMessage(bytes.Clone(e.text)))
	if e.found.has(DeviationNotResponse) {
		d = DeviationNotResponse
	}
	if x.set.deviations != nil && !x.set.validate {
		x.set.deviations(d)
	}
	return &ValidationError{Deviation: d, Reply: x.secrets.start(e.text)}
}

func (x *Exchange) missing() (missing []*item) {
	for k := range x.items {
		if it := &x.items[k]; !it.notification && !it.answered {
			missing = append(missing, it)
		}
	}
	return missing
}

// maxStrays is how many responses that nobody asked for are looked at: an array
// of small ones would take a hundred times its own memory.
const maxStrays = 100

// scanBatch takes the array that starts at i apart. It returns the first limit
// items of it; the rest is checked to be JSON.
func scanBatch(responses []envelope, text []byte, i, limit int) (_ []envelope, err error) {
	for i = skipSpace(text, i+1); i >= len(text) || text[i] != ']' || len(responses) > 0; i = skipSpace(text, i+1) {
		if len(responses) < limit {
			responses = append(responses, envelope{})
			i, err = responses[len(responses)-1].scan(text, i, false)
		} else {
			i, err = skipValue(text, i)
		}
		if err != nil {
			return nil, err
		}
		i = skipSpace(text, i)
		if i < len(text) && text[i] == ']' {
			break
		}
		if i >= len(text) || text[i] != ',' {
			return nil, syntax(text, i, "',' or ']'")
		}
	}
	if i = skipSpace(text, i+1); i < len(text) {
		return nil, syntax(text, i, "nothing after the reply")
	}
	return responses, nil
}

// readSingleForBatch reads one response to a whole batch: an error, which is
// then that of every request (clause 6), or the answer of a server that reads
// only the first request of a batch.
func (x *Exchange) readSingleForBatch(text []byte, i int, found deviationSet) error {
	var e envelope
	end, err := e.scan(text, i, false)
	if err != nil {
		return x.notJSON(text, err)
	}
	if err := x.checkEnd(text, end); err != nil {
		return err
	}
	e.found |= found
	serverError := e.response()
	named := e.id != nil && !isNull(e.id)
	switch {
	case serverError == nil:
		e.found.add(DeviationSingle)
	case e.id == nil:
		e.found.add(DeviationNoID)
	case named:
		e.found.add(DeviationSingle)
	}
	m := matcher{items: x.items}
	if !named {
		if serverError == nil {
			e.found.add(DeviationNotResponse)
		}
		if err := x.judge(text, e.found); err != nil {
			return err
		}
		return x.failBatch(serverError)
	}
	it := m.find(e.id)
	if it == nil {
		e.found.add(DeviationID)
	}
	if err := x.judge(text, e.found); err != nil {
		return err
	}
	if serverError != nil {
		return x.failBatch(serverError)
	}
	e.found = 0
	_ = x.readItem(it, &e)
	for _, other := range x.missing() {
		other.answered, other.err = true, ErrNoResponse
	}
	return nil
}

// failBatch gives the server's error to every request of the batch.
func (x *Exchange) failBatch(serverError *Error) error {
	serverError.Data = bytes.Clone(serverError.Data)
	return x.secrets.maskError(serverError)
}

// A matcher finds the request that a response belongs to.
type matcher struct {
	items []item
	next  int        // where the next is expected: most servers keep the order
	index map[ID]int // made when one does not
}

// find returns the request with the id whose text is given, or nil.
func (m *matcher) find(id []byte) *item {
	for m.next < len(m.items) && m.items[m.next].notification {
		m.next++
	}
	// Only the very id: a looser match must not be preferred to another request's.
	if m.next < len(m.items) && m.items[m.next].id.match(id) == idEqual {
		m.next++
		return &m.items[m.next-1]
	}
	if m.index == nil {
		m.index = make(map[ID]int, len(m.items))
		for i := range m.items {
			if it := &m.items[i]; !it.notification {
				m.index[it.id] = i
			}
		}
	}
	parsed, ok := parseID(id)
	if !ok {
		return nil
	}
	for _, form := range parsed.forms() {
		if i, found := m.index[form]; found {
			m.next = i + 1
			return &m.items[i]
		}
	}
	return nil
}

// forms returns id and the ids that servers turn into it, see [idLoose].
func (id ID) forms() []ID {
	forms := []ID{id}
	switch id.kind {
	case intID:
		forms = append(forms, StringID(id.String()))
	case stringID:
		if other, ok := parseID([]byte(id.text)); ok && (other.kind == intID || other.kind == numberID) {
			forms = append(forms, other)
		}
	case numberID:
		whole, _, _ := bytes.Cut([]byte(id.text), []byte("."))
		if n, ok := parseInt(whole); ok && IntID(n).match([]byte(id.text)) == idLoose {
			forms = append(forms, IntID(n))
		}
	}
	return forms
}
