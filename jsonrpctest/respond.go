package jsonrpctest

import (
	"context"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// arrive notes a message, and decides what goes wrong with it.
func (s *Server) arrive(in *incoming) {
	in.fault = s.planned(in)
	if s.book == nil || checkJSON(in.text) != nil {
		return
	}
	items := []json.RawMessage{in.text}
	if oneOf(in.text, "[") {
		items = splitArray(in.text)
	}
	for _, item := range items {
		if r, problem := parseRequest(item); problem == "" {
			s.book.note(newCall(r, in.header))
		}
	}
}

// respond returns what goes back for a message, with what goes wrong.
func (s *Server) respond(ctx context.Context, in *incoming) *outgoing {
	f := in.fault
	if !pause(ctx, f.delay) {
		return &outgoing{fault: Fault{stall: true}} // the client has gone
	}
	if f.drop != nil {
		return &outgoing{fault: f}
	}
	if f.instead != nil {
		return f.instead(in.text)
	}
	chosen := &chosenFault{}
	ctx = context.WithValue(ctx, headerKey{}, in.header)
	ctx = context.WithValue(ctx, injectKey{}, chosen)
	ctx = context.WithValue(ctx, peerKey{}, in.peer)
	text := s.answer(ctx, in.text)
	own := chosen.get()
	if own.batches && !oneOf(in.text, "[") {
		own = Fault{}
	}
	if own.name != "" || own.delay > 0 {
		if f = own; !pause(ctx, f.delay) {
			return &outgoing{fault: Fault{stall: true}}
		}
	}
	if f.instead != nil {
		return f.instead(in.text)
	}
	out := replyOf(text)
	out.fault = f
	if f.edit != nil && out.messages != nil {
		out.messages = f.edit(out.messages)
	}
	return out
}

// replaceIDs returns a response, or an array of them, with each id, as JSON,
// replaced. What has no id, or is not JSON, stays as it is; so does all else of
// the text.
func replaceIDs(text []byte, replace func(id string) string) []byte {
	if checkJSON(text) != nil {
		return text
	}
	var edited []byte
	from := 0
	for _, span := range idSpans(text) {
		edited = append(edited, text[from:span[0]]...)
		edited = append(edited, replace(string(text[span[0]:span[1]]))...)
		from = span[1]
	}
	return append(edited, text[from:]...)
}

// idSpans returns where the ids of a valid message, or of each item of an array,
// stand in its text.
func idSpans(text []byte) (spans [][2]int) {
	d := newDecoder(text)
	depth := 1
	if d.PeekKind() == '[' {
		depth = 2
	}
	for {
		token, err := d.ReadToken()
		if err != nil {
			return spans // the end: it is valid
		}
		kind, length := d.StackIndex(d.StackDepth())
		isName := token.Kind() == '"' && d.StackDepth() == depth && kind == '{' && length%2 == 1
		if !isName || token.String() != "id" {
			continue
		}
		value, err := d.ReadValue()
		if err != nil {
			return spans
		}
		end := int(d.InputOffset())
		spans = append(spans, [2]int{end - len(value), end})
	}
}

// idsOf returns the ids of a valid message, or of the items of an array.
func idsOf(text []byte) (ids []string) {
	for _, span := range idSpans(text) {
		ids = append(ids, string(text[span[0]:span[1]]))
	}
	return ids
}

// isNotification reports whether a message is a single notification.
func isNotification(text []byte) bool {
	if checkJSON(text) != nil || jsontext.Value(text).Kind() != '{' {
		return false
	}
	r, problem := parseRequest(text)
	return problem == "" && r.id == nil
}

// asResponse takes a response apart: a message without a method, with an id.
func asResponse(text []byte) (id string, result, problem json.RawMessage, ok bool) {
	if checkJSON(text) != nil || !oneOf(text, "{") {
		return "", nil, nil, false
	}
	for name, value := range object(text) {
		switch name {
		case "method":
			return "", nil, nil, false
		case "id":
			id = string(value)
		case "result":
			result = value
		case "error":
			problem = value
		}
	}
	return id, result, problem, id != "" && (result != nil || problem != nil)
}
