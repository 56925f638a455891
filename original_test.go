package jsonrpc_test

// The unit tests of the original, jsonrpcclient for Python, and their
// counterparts here. Names are those of its releases 3.3.6 (tests/) and 2.5.2
// (test/), which have most cases in common; test_main is about the command.
//
//	test_requests, test_request
//	  TestSortRequest                     TestOriginalRequests: the order is always the same
//	  TestNotification, all               TestOriginalRequests
//	  TestRequest, all                    TestOriginalRequests
//	  ….test_method_name_directly         ExampleBind: Go has no attributes made of nothing
//	  ….test_custom_iterator              TestIDGenerators
//	test_id_generators, test_id_iterators
//	  TestHexIterator                     TestIDGenerators, hex from 9
//	  TestRandomIterator, TestUUIDIterator  TestIDGenerators
//	test_prepared_request
//	  test_string                         TestOriginalSend: text is sent as it is
//	  test_dict, test_list                TestOriginalSend: a Request, a *Batch
//	  test_list_of_strings                TestOriginalSend: a Raw of the whole; Go has no lists of texts to join
//	test_client, test_async_client
//	  TestLogRequest, TestLogResponse     TestOriginalLog
//	  TestLogging (2.5.2)                 TestOriginalLog
//	  test_basic_logging…                 TestLogShowsArrows: a logger is given, none is global, so twice is no case
//	  test_send_string, _dict, _batch     TestOriginalSend
//	  test_request, test_notify           TestOriginalSend
//	  test_alternate_usage                ExampleBind
//	  test_send_single_request_error      TestOriginalResponses, "an error"
//	  TestProcessResponse (2.5.2), all    TestOriginalResponses
//	  test_json_encoded, _decoded         TestOriginalSend: a goroutine makes any call asynchronous
//	test_parse
//	  test_parse…                         TestOriginalResponses
//	  test_parse_batch…                   TestBatchReplies
//	  test_parse_empty_string_…, _none_…  TestOriginalResponses: an empty reply is fine for a notification alone
//	test_response
//	  test_success_response, test_error_… TestOriginalResponses
//	  test_notification_response          TestNotificationHasNoResultButMayFail
//	  test_total_responses…, _repr…       TestOriginalSend: a Reply has its responses counted by len
//	test_log                              TestLogTrimsLongValues
//	test_exceptions                       TestEachErrorHasItsType
//	test_http_client
//	  test_init_…, test_custom_headers…   TestOriginalHeaders
//	  test_body, test_success_200         TestOriginalHeaders
//	  test_connection_error               TestConnectionRefusedCanBeTriedAgain
//	  test_invalid_request                TestDialRefusesWhatItCannotReach
//	  test_non_2xx_response_error         TestHTTPStatuses
//	  test_ssl_verification               TestDialRefusesWhatItCannotReach, TestTLS
//	  TestRequest, TestNotify             TestOriginalHeaders, TestNotificationHasNoResultButMayFail
//	test_tornado_client
//	  test_request, test_success          TestOriginalHeaders
//	  test_failure                        TestHTTPStatuses, 500
//	  test_custom_headers                 TestOriginalHeaders
//	test_zeromq_client, test_zmq_client   in module integration/zmq
//
// Ours differs on purpose:
//   - The original took a reply with any id. Ours must have the request's: another
//     or null is a ValidationError, and null beside a result is accepted with
//     validation off.
//   - The original took null for the result of an object that is no response at
//     all, {"json": "2.0"}, with validation off. Nothing in it says that it is the
//     answer: ours refuses it.
//   - An empty reply to a request was None; ours is ErrNoResponse.
//   - The original put an ellipsis of three points into a trimmed value, after ten
//     characters and before ten; ours is one character, and the length is the
//     caller's.

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

func TestOriginalRequests(t *testing.T) {
	none := jsonrpc.ID{}
	one := jsonrpc.IntID(1)
	for _, test := range []struct {
		method string
		params any
		id     jsonrpc.ID
		want   string
	}{
		{"add", jsonrpc.Args{2, 3}, jsonrpc.IntID(2), `{"jsonrpc":"2.0","method":"add","params":[2,3],"id":2}`},
		{"get", nil, none, `{"jsonrpc":"2.0","method":"get"}`},
		{"sqrt", jsonrpc.Args{1}, none, `{"jsonrpc":"2.0","method":"sqrt","params":[1]}`},
		{"sqrt", jsonrpc.Args{[]int{1, 2, 3}}, none, `{"jsonrpc":"2.0","method":"sqrt","params":[[1,2,3]]}`},
		{"sqrt", jsonrpc.Args{jsonrpc.Named{"name": "Foo"}}, none, `{"jsonrpc":"2.0","method":"sqrt","params":[{"name":"Foo"}]}`},
		{"find", jsonrpc.Named{"name": "Foo"}, none, `{"jsonrpc":"2.0","method":"find","params":{"name":"Foo"}}`},
		{"find", jsonrpc.Args{"Foo", jsonrpc.Named{"age": 42}}, none, `{"jsonrpc":"2.0","method":"find","params":["Foo",{"age":42}]}`},
		{"get", nil, one, `{"jsonrpc":"2.0","method":"get","id":1}`},
		{"sqrt", jsonrpc.Args{1}, one, `{"jsonrpc":"2.0","method":"sqrt","params":[1],"id":1}`},
		{"sqrt", jsonrpc.Args{[]int{1, 2, 3}}, jsonrpc.IntID(2), `{"jsonrpc":"2.0","method":"sqrt","params":[[1,2,3]],"id":2}`},
		{"sqrt", jsonrpc.Args{jsonrpc.Named{"name": "Foo"}}, jsonrpc.IntID(3), `{"jsonrpc":"2.0","method":"sqrt","params":[{"name":"Foo"}],"id":3}`},
		{"find", jsonrpc.Named{"name": "Foo"}, one, `{"jsonrpc":"2.0","method":"find","params":{"name":"Foo"},"id":1}`},
		{"get", nil, jsonrpc.StringID("Request #1"), `{"jsonrpc":"2.0","method":"get","id":"Request #1"}`},
	} {
		got := jsonrpc.Notification{Method: test.method, Params: test.params}.String()
		if !test.id.IsZero() {
			got = jsonrpc.Request{Method: test.method, Params: test.params, ID: test.id}.String()
		}
		if got != test.want {
			t.Errorf("printed %s\nwant    %s", got, test.want)
		}
	}
	client := converse(t, ``)
	for _, want := range []string{`{"jsonrpc":"2.0","method":"go","id":1}`, `{"jsonrpc":"2.0","method":"go","id":2}`} {
		if got := client.NewRequest("go", nil).String(); got != want {
			t.Errorf("printed %s, want %s", got, want)
		}
	}
}

func TestOriginalSend(t *testing.T) {
	client := converse(t, `
		--> {"jsonrpc": "2.0", "method": "foo", "id": 1}
		<-- {"jsonrpc": "2.0", "result": 1, "id": 1}
		--> {"jsonrpc":"2.0","method":"foo","id":1}
		<-- {"jsonrpc": "2.0", "result": 1, "id": 1}
		--> [{"jsonrpc": "2.0", "method": "foo", "id": 1}, {"jsonrpc": "2.0", "method": "foo", "id": 2}]
		<-- [{"jsonrpc": "2.0", "result": 1, "id": 1}, {"jsonrpc": "2.0", "result": 1, "id": 2}]
		--> [{"jsonrpc":"2.0","method":"foo","id":1},{"jsonrpc":"2.0","method":"bar","id":2}]
		<-- [{"jsonrpc": "2.0", "result": 1, "id": 1}, {"jsonrpc": "2.0", "result": 1, "id": 2}]
		--> {"jsonrpc":"2.0","method":"multiply","params":[3,5],"id":3}
		<-- {"jsonrpc": "2.0", "result": 15, "id": 3}
		--> {"jsonrpc":"2.0","method":"multiply","params":[3,5]}
		<-- {"jsonrpc": "2.0", "result": 15, "id": 1}
	`)
	var b jsonrpc.Batch
	b.Add(jsonrpc.Request{Method: "foo"}, jsonrpc.Request{Method: "bar"})
	for i, m := range []jsonrpc.Message{
		jsonrpc.Raw(`{"jsonrpc": "2.0", "method": "foo", "id": 1}`),
		jsonrpc.Request{Method: "foo", ID: jsonrpc.IntID(1)},
		jsonrpc.Raw(`[{"jsonrpc": "2.0", "method": "foo", "id": 1}, {"jsonrpc": "2.0", "method": "foo", "id": 2}]`),
		&b,
	} {
		reply, err := client.Send(t.Context(), m)
		if err != nil || string(reply.Result()) != "1" || len(reply.Responses) != 1+i/2 {
			t.Errorf("%d: %+v, %v", i, reply, err)
		}
	}
	if n, err := jsonrpc.Call[int](t.Context(), client, "multiply", jsonrpc.Args{3, 5}); n != 15 || err != nil {
		t.Error(n, err)
	}
	if err := client.Notify(t.Context(), "multiply", jsonrpc.Args{3, 5}); err != nil {
		t.Error(err)
	}
}

func TestOriginalResponses(t *testing.T) {
	const lorem = `"Lorem ipsum dolor sit amet, consectetur adipiscing elit"`
	isParse, isInvalid := isType[*jsonrpc.ParseResponseError], isType[*jsonrpc.ValidationError]
	tests := map[string]struct {
		reply  string
		loose  bool
		result string
		data   string // of an error -32000 "Not Found"
		err    func(error) bool
	}{
		"an empty string":       {reply: ``, err: isError(jsonrpc.ErrNoResponse)},
		"valid JSON":            {reply: `{"jsonrpc": "2.0", "result": 5, "id": 1}`, result: `5`},
		"valid JSON, loose":     {reply: `{"jsonrpc": "2.0", "result": "foo", "id": 1}`, loose: true, result: `"foo"`},
		"id null":               {reply: `{"jsonrpc": "2.0", "result": 5, "id": null}`, err: isInvalid},
		"id null, loose":        {reply: `{"jsonrpc": "2.0", "result": 5, "id": null}`, loose: true, result: `5`},
		"invalid JSON":          {reply: `{dodgy}`, err: isParse},
		"invalid JSON-RPC":      {reply: `{"json": "2.0"}`, err: isInvalid},
		"without validation":    {reply: `{"json": "2.0"}`, loose: true, err: isInvalid},
		"an error":              {reply: `{"jsonrpc": "2.0", "error": {"code": -32000, "message": "Not Found"}, "id": null}`, err: isType[*jsonrpc.Error]},
		"an error without id":   {reply: `{"jsonrpc": "2.0", "error": {"code": -32000, "message": "Not Found"}}`, loose: true, err: isType[*jsonrpc.Error]},
		"an error with data":    {reply: `{"jsonrpc": "2.0", "error": {"code": -32000, "message": "Not Found", "data": ` + lorem + `}, "id": 1}`, data: lorem, err: isType[*jsonrpc.Error]},
		"data that is no text":  {reply: `{"jsonrpc": "2.0", "error": {"code": -32000, "message": "Not Found", "data": {}}, "id": null}`, data: `{}`, err: isType[*jsonrpc.Error]},
		"a batch for a request": {reply: `[{"jsonrpc": "2.0", "result": 5, "id": 1}, {"jsonrpc": "2.0", "result": null, "id": 2}]`, err: isInvalid},
	}
	for name, test := range tests {
		client := newClient(t, says(test.reply), jsonrpc.WithValidation(!test.loose))
		result, err := client.Request(t.Context(), "get", nil)
		if test.err == nil {
			if err != nil || string(result) != test.result {
				t.Errorf("%s: %s, %v", name, result, err)
			}
			continue
		}
		if !test.err(err) {
			t.Errorf("%s: %s, %v", name, result, err)
		}
		if e := (*jsonrpc.Error)(nil); errors.As(err, &e) && (e.Code != -32000 || e.Message != "Not Found" || string(e.Data) != test.data) {
			t.Errorf("%s: %+v", name, *e)
		}
	}
	client := newClient(t, says(`[{"jsonrpc": "2.0", "result": 5, "id": 1}, {"jsonrpc": "2.0", "result": null, "id": 2}, {"jsonrpc": "2.0", "error": {"code": -32000, "message": "Not Found"}, "id": 3}]`))
	reply, err := client.Send(t.Context(), jsonrpc.Raw(`[{"method":"a","id":1},{"method":"b","id":2},{"method":"c","id":3}]`))
	if err != nil || string(reply.Responses[0].Result) != "5" || string(reply.Responses[1].Result) != "null" || jsonrpc.CodeOf(reply.Responses[2].Err) != -32000 {
		t.Errorf("%+v, %v", reply, err)
	}
}

func TestOriginalLog(t *testing.T) {
	long := strings.Repeat("foo", 100)
	for trim, want := range map[int]string{
		0:  `--> {"jsonrpc":"2.0","method":"go","params":{"foo":"` + long + `"},"id":1}` + "\n" + `<-- {"jsonrpc":"2.0","result":"` + long + `","id":1}` + "\n",
		20: `--> {"jsonrpc":"2.0","method":"go","params":{"foo":"foofoofoof…ofoofoofoo"},"id":1}` + "\n" + `<-- {"jsonrpc":"2.0","result":"foofoofoof…ofoofoofoo","id":1}` + "\n",
	} {
		logger, log := arrows()
		client := newClient(t, says(`{"jsonrpc": "2.0", "result": "`+long+`", "id": 1}`), jsonrpc.WithLogger(logger), jsonrpc.WithLogTrim(trim))
		if err := client.Call(t.Context(), "go", jsonrpc.Named{"foo": long}, nil); err != nil || log.String() != want {
			t.Errorf("%v, logged\n%swant\n%s", err, log, want)
		}
	}
}

func TestOriginalHeaders(t *testing.T) {
	var got http.Header
	var body any
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		_ = json.NewDecoder(r.Body).Decode(&body)
		_, _ = w.Write([]byte(`{"jsonrpc": "2.0", "result": [1, [2], {"3": 4, "5": true, "6": null}], "id": 1}`))
	})
	custom := jsonrpc.WithHeader("Content-Type", "application/json-rpc")
	for _, test := range []struct {
		client              []jsonrpc.DialOption
		call                []jsonrpc.CallOption
		contentType, accept string
	}{
		{nil, nil, "application/json", "application/json"},
		{[]jsonrpc.DialOption{custom}, nil, "application/json-rpc", "application/json"},
		{nil, []jsonrpc.CallOption{custom}, "application/json-rpc", "application/json"},
		{[]jsonrpc.DialOption{custom}, []jsonrpc.CallOption{jsonrpc.WithHeader("Accept", "application/json-rpc")}, "application/json-rpc", "application/json-rpc"},
	} {
		client := dial(t, server.URL, test.client...)
		raw, err := client.Request(t.Context(), "foo", jsonrpc.Args{1, []int{2}, jsonrpc.Named{"3": 4, "5": true, "6": nil}}, test.call...)
		if err != nil || string(raw) != `[1, [2], {"3": 4, "5": true, "6": null}]` {
			t.Errorf("%s, %v", raw, err)
		}
		if got.Get("Content-Type") != test.contentType || got.Get("Accept") != test.accept || got.Get("Content-Length") == "" {
			t.Errorf("sent %v", got)
		}
		if text, _ := json.Marshal(body); string(text) != `{"id":1,"jsonrpc":"2.0","method":"foo","params":[1,[2],{"3":4,"5":true,"6":null}]}` {
			t.Errorf("sent %s", text)
		}
	}
}
