package jsonrpc_test

import (
	"testing"

	"example.com/jsonrpc"
)

// What version 1.0 has as a matter of course is no deviation under it.
func TestVersion1(t *testing.T) {
	var told []jsonrpc.Deviation
	client := converse(t, `
		--> {"method":"list_dbs","params":[],"id":1}
		<-- {"id":1,"result":["Demo"],"error":null}
		--> {"method":"get_schema","params":["Nope"],"id":2}
		<-- {"id":2,"result":null,"error":"unknown database"}
		--> {"method":"log","params":["hello"],"id":null}
		--> {"method":"echo","params":[],"id":3}
		<-- {"id":"3","result":[],"error":null}
	`, jsonrpc.WithVersion1(), jsonrpc.WithDeviations(func(d jsonrpc.Deviation) { told = append(told, d) }))
	names, err := jsonrpc.Call[[]string](t.Context(), client, "list_dbs", nil)
	if err != nil || len(names) != 1 {
		t.Error(names, err)
	}
	err = client.Call(t.Context(), "get_schema", jsonrpc.Args{"Nope"}, nil)
	if said := as[*jsonrpc.Error](t, err); said.Message != "unknown database" || said.Code != 0 {
		t.Errorf("%+v", said)
	}
	if err := client.Notify(t.Context(), "log", jsonrpc.Args{"hello"}); err != nil {
		t.Error(err)
	}
	if err := client.Call(t.Context(), "echo", nil, nil); err != nil {
		t.Error(err)
	}
	if len(told) != 1 || told[0] != jsonrpc.DeviationIDForm {
		t.Errorf("told %v", told)
	}
}
