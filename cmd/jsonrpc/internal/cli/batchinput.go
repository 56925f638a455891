package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"example.com/jsonrpc"
)

// A batchReader makes a batch of the text on stdin.
type batchReader struct {
	files  fileReader
	notify bool
	items  []batchItem
}

// A batchItem is a message as it stood in the input, or a request that gets its
// id once those of all others are known.
type batchItem struct {
	raw     json.RawMessage
	request jsonrpc.Request
}

// read returns the batch as a JSON array. The input is either one JSON text, or
// has a request on each line: JSON, or METHOD and its PARAMs.
func (r *batchReader) read(input string, generator jsonrpc.IDGenerator) (string, error) {
	if json.Valid([]byte(input)) {
		if err := r.addJSON(input); err != nil {
			return "", err
		}
	} else if err := r.addLines(input); err != nil {
		return "", err
	}
	if len(r.items) == 0 {
		return "", &usageError{"the batch is empty: write requests to stdin, a line each"}
	}
	taken, err := r.ownIDs()
	if err != nil {
		return "", err
	}
	texts := make([]string, len(r.items))
	for i, item := range r.items {
		switch {
		case item.raw != nil:
			texts[i] = compacted(string(item.raw))
		case r.notify:
			texts[i] = jsonrpc.Notification{Method: item.request.Method, Params: item.request.Params}.String()
		default:
			for item.request.ID = generator(); taken[item.request.ID]; {
				item.request.ID = generator()
			}
			texts[i] = item.request.String()
		}
	}
	return "[" + strings.Join(texts, ",") + "]", nil
}

func (r *batchReader) addLines(input string) error {
	number := 0
	for line := range strings.Lines(input) {
		number++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		add := r.addWords
		if line[0] == '{' || line[0] == '[' {
			add = r.addJSON
		}
		if err := add(line); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	return nil
}

// addJSON adds a message, or those of an array.
func (r *batchReader) addJSON(text string) error {
	var raw json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return &usageError{"it begins as JSON and is not: " + err.Error()}
	}
	messages := []json.RawMessage{raw}
	if raw[0] == '[' {
		_ = json.Unmarshal(raw, &messages) // an array, as was seen
	}
	for _, m := range messages {
		if m[0] != '{' {
			return &usageError{fmt.Sprintf("a request is a JSON object, and %s is none", shown(string(m)))}
		}
		r.items = append(r.items, batchItem{raw: m})
	}
	return nil
}

// addWords adds the request of a line METHOD [PARAM…].
func (r *batchReader) addWords(line string) error {
	words, err := splitWords(line)
	if err != nil {
		return &usageError{err.Error()}
	}
	if words[0] == "" {
		return &usageError{"METHOD is empty"}
	}
	p, err := parseParams(words[1:], r.files)
	if err != nil {
		return err
	}
	request := jsonrpc.Request{Method: words[0]}
	if text := p.json(); text != nil {
		request.Params = text
	}
	r.items = append(r.items, batchItem{request: request})
	return nil
}

// ownIDs returns the ids that messages brought along, and refuses two of the
// same, because nobody could tell their responses apart.
func (r *batchReader) ownIDs() (map[jsonrpc.ID]bool, error) {
	taken := map[jsonrpc.ID]bool{}
	for _, item := range r.items {
		var members struct {
			ID json.RawMessage `json:"id"`
		}
		if item.raw == nil || json.Unmarshal(item.raw, &members) != nil || members.ID == nil {
			continue
		}
		id, err := jsonrpc.ParseID(string(members.ID))
		if err != nil {
			continue // the library refuses it with the message
		}
		if taken[id] {
			return nil, &usageError{fmt.Sprintf("two requests of the batch have the id %v", id)}
		}
		taken[id] = true
	}
	return taken, nil
}
