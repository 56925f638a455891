package jsonrpc_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

// WithNumbers has its effect on items too.
func TestRowsWithNumbers(t *testing.T) {
	const big = "12345678901234567890"
	client := newClient(t, says(`{"jsonrpc":"2.0","result":[`+big+`,{"n":`+big+`},null],"id":1}`))
	var got []string
	for item, err := range jsonrpc.Rows[any](t.Context(), client, "all", nil, jsonrpc.WithNumbers(), jsonrpc.WithID(jsonrpc.IntID(1))) {
		if err != nil {
			t.Fatal(err)
		}
		if object, ok := item.(map[string]any); ok {
			item = object["n"]
		}
		got = append(got, fmt.Sprintf("%T %v", item, item))
	}
	if want := "json.Number " + big + ", json.Number " + big + ", <nil> <nil>"; strings.Join(got, ", ") != want {
		t.Errorf("%v, want %v", got, want)
	}
	type both struct {
		N json.Number
		A any
	}
	client = newClient(t, says(`{"jsonrpc":"2.0","result":[{"N":`+big+`,"A":`+big+`}],"id":1}`))
	for item, err := range jsonrpc.Rows[both](t.Context(), client, "all", nil, jsonrpc.WithNumbers(), jsonrpc.WithID(jsonrpc.IntID(1))) {
		if err != nil || item != (both{big, json.Number(big)}) {
			t.Errorf("%#v, %v", item, err)
		}
	}
}
