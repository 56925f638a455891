package support

import (
	"encoding/json"
	"fmt"
)

// unmarshalTupleRest is unmarshalTuple for an array that may go on with items of one
// type.
func unmarshalTupleRest[T any](data []byte, rest *[]T, to ...any) error {
	items, err := unmarshalTuple(data, to...)
	if err != nil {
		return err
	}
	*rest = nil
	for i, item := range items {
		var v T
		if err := json.Unmarshal(item, &v); err != nil {
			return fmt.Errorf("item %d: %w", len(to)+i, err)
		}
		*rest = append(*rest, v)
	}
	return nil
}

// marshalTupleRest encodes an array of the items and those of rest.
func marshalTupleRest[T any](rest []T, items ...any) ([]byte, error) {
	for _, item := range rest {
		items = append(items, item)
	}
	return json.Marshal(items)
}
