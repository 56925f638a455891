package support

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// unmarshalRest decodes the members of an object that are not among the known.
func unmarshalRest[T any](data []byte, known ...string) (map[string]T, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	var rest map[string]T
	for name, value := range members {
		if slices.Contains(known, name) {
			continue
		}
		var v T
		if err := json.Unmarshal(value, &v); err != nil {
			return nil, fmt.Errorf("member %q: %w", name, err)
		}
		if rest == nil {
			rest = make(map[string]T)
		}
		rest[name] = v
	}
	return rest, nil
}

// marshalRest encodes an object with further members.
func marshalRest[T any](v any, rest map[string]T) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil || len(rest) == 0 {
		return data, err
	}
	more, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	if len(data) == len("{}") {
		return more, nil
	}
	return slices.Concat(bytes.TrimSuffix(data, []byte("}")), []byte(","), more[1:]), nil
}
