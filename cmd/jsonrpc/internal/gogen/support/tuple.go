package support

import (
	"encoding/json"
	"fmt"
)

// unmarshalTuple decodes the items of an array one by one. Items that are missing
// leave their variables alone. It returns those that are left over.
func unmarshalTuple(data []byte, to ...any) ([]json.RawMessage, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return nil, err
	}
	for i, v := range to {
		if i >= len(items) {
			return nil, nil
		}
		if err := json.Unmarshal(items[i], v); err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
	}
	return items[len(to):], nil
}
