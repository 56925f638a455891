package jsonrpc_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"example.com/jsonrpc"
)

func TestTheCubesOfTenNumbers(t *testing.T) {
	client := converse(t, `
		--> [{"jsonrpc":"2.0","method":"cube","params":[0],"id":1},{"jsonrpc":"2.0","method":"cube","params":[1],"id":2},{"jsonrpc":"2.0","method":"cube","params":[2],"id":3}]
		<-- [{"jsonrpc":"2.0","result":8,"id":3},{"jsonrpc":"2.0","result":0,"id":1},{"jsonrpc":"2.0","result":1,"id":2}]
	`)
	var b jsonrpc.Batch
	cubes := make([]*jsonrpc.Result[int], 3)
	for i := range cubes {
		cubes[i] = jsonrpc.Queue[int](&b, "cube", jsonrpc.Args{i})
	}
	if _, err := cubes[2].Get(); !errors.Is(err, jsonrpc.ErrNotSent) {
		t.Errorf("before it is sent: %v", err)
	}
	reply, err := client.Send(t.Context(), &b)
	if err != nil {
		t.Fatal(err)
	}
	for i, cube := range cubes {
		if n, err := cube.Get(); n != i*i*i || err != nil {
			t.Errorf("cube %d is %d, %v", i, n, err)
		}
		// In the order of the requests.
		var n int
		if err := reply.Responses[i].Decode(&n); n != i*i*i || err != nil || reply.Responses[i].ID != jsonrpc.IntID(int64(i+1)) {
			t.Errorf("response %d is %d, %v", i, n, err)
		}
	}
}

// TestBatchReplies sends a batch of request a (id 1), notification n and
// request b (id 2).
func TestBatchReplies(t *testing.T) {
	const request = `--> [{"jsonrpc":"2.0","method":"a","id":1},{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","method":"b","id":2}]`
	const (
		ok1       = `{"jsonrpc":"2.0","result":"A","id":1}`
		ok2       = `{"jsonrpc":"2.0","result":"B","id":2}`
		no2       = `{"jsonrpc":"2.0","error":{"code":-32601,"message":"no b"},"id":2}`
		stray     = `{"jsonrpc":"2.0","result":"C","id":3}`
		nameless  = `{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}`
		missingA  = "jsonrpc: a at test:: the server sent no response to the request"
		missingB  = "jsonrpc: b at test:: the server sent no response to the request"
		batch     = "jsonrpc: batch of 3 at test:: "
		notValid  = batch + "the reply is not valid JSON-RPC 2.0: "
		itemNotOK = "the reply is not valid JSON-RPC 2.0: "
	)
	same := "the batch's"
	tests := map[string]struct {
		reply  string
		loose  bool   // validation is off
		err    string // of the batch
		a, b   string // results in quotes, errors, or same
		strays int
	}{
		"in order":               {reply: `[` + ok1 + `,` + ok2 + `]`, a: `"A"`, b: `"B"`},
		"in another order":       {reply: `[` + ok2 + `, ` + ok1 + ` ]`, a: `"A"`, b: `"B"`},
		"one fails alone":        {reply: `[` + no2 + `,` + ok1 + `]`, a: `"A"`, b: "jsonrpc: b at test:: no b (code -32601)"},
		"one is missing":         {reply: `[` + ok1 + `]`, a: `"A"`, b: missingB},
		"an array of none":       {reply: `[]`, loose: true, a: missingA, b: missingB},
		"an error without id":    {reply: `[` + nameless + `,` + ok2 + `]`, a: "jsonrpc: a at test:: Invalid Request (code -32600)", b: `"B"`},
		"whose error?":           {reply: `[` + nameless + `]`, err: notValid + `clause 6: an answer in the batch answers none of its requests: ` + nameless, a: missingA, b: missingB, strays: 1},
		"a stray":                {reply: `[` + ok1 + `,` + stray + `,` + no2 + `]`, err: notValid + `clause 6: an answer in the batch answers none of its requests: ` + stray, a: `"A"`, b: "jsonrpc: b at test:: no b (code -32601)", strays: 1},
		"a stray, tolerated":     {reply: `[` + ok1 + `,` + stray + `,` + ok2 + `]`, loose: true, a: `"A"`, b: `"B"`, strays: 1},
		"a stray instead":        {reply: `[` + ok1 + `,` + stray + `]`, err: notValid + `clause 6: an answer in the batch answers none of its requests: ` + stray, a: `"A"`, b: missingB, strays: 1},
		"no response at all":     {reply: `[7,` + ok1 + `,` + ok2 + `]`, err: notValid + `clause 5: it is not a response object: 7`, a: `"A"`, b: `"B"`, strays: 1},
		"one twice":              {reply: `[` + ok1 + `,` + ok2 + `,` + ok1 + `]`, err: notValid + `clause 6: a request of the batch is answered twice: ` + ok1, a: "jsonrpc: a at test:: " + itemNotOK + `clause 6: a request of the batch is answered twice: ` + ok1, b: `"B"`},
		"one twice, not forged":  {reply: `[` + ok1 + `,` + ok2 + `,` + ok1 + `]`, loose: true, a: "jsonrpc: a at test:: " + itemNotOK + `clause 6: a request of the batch is answered twice: ` + ok1, b: `"B"`},
		"one of version 1":       {reply: `[` + ok2 + `,{"result":"A","error":null,"id":1}]`, loose: true, a: `"A"`, b: `"B"`},
		"a single error":         {reply: nameless, err: batch + "Invalid Request (code -32600)", a: same, b: same},
		"a single error with id": {reply: no2, loose: true, err: batch + "no b (code -32601)", a: same, b: same},
		"a single result":        {reply: ok1, loose: true, a: `"A"`, b: missingB},
		"a single result, valid": {reply: ok1, err: notValid + `clause 6: one response answers a batch: ` + ok1 + ` (WithValidation(false) accepts it)`, a: same, b: same},
		"a single stray":         {reply: stray, loose: true, err: notValid + `clause 5: "id" is not the request's: ` + stray, a: same, b: same},
		"nothing":                {reply: ``, err: batch + "the server sent no response to the request", a: same, b: same},
		"not JSON":               {reply: `[` + ok1 + `,`, err: batch + `the reply is not JSON: unexpected end, wanted a value at byte 39: [` + ok1 + `,`, a: same, b: same},
		"bytes after it":         {reply: `[` + ok1 + `] x`, err: batch + `the reply is not JSON: unexpected "x", wanted nothing after the reply at byte 40: [` + ok1 + `] x`, a: same, b: same},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client := converse(t, request+"\n<-- "+test.reply, jsonrpc.WithValidation(!test.loose))
			var batch jsonrpc.Batch
			a := jsonrpc.Queue[string](&batch, "a", nil)
			batch.Notify("n", nil)
			b := jsonrpc.Queue[string](&batch, "b", nil)
			reply, err := client.Send(t.Context(), &batch)
			if test.err == "" {
				if err != nil {
					t.Errorf("error %v", err)
				}
			} else {
				wantError(t, err, test.err)
			}
			if reply == nil {
				t.Fatal("no Reply")
			}
			if len(reply.Responses) != 2 || len(reply.Strays) != test.strays || string(reply.Text) != test.reply {
				t.Errorf("%+v", reply)
			}
			for i, item := range []struct {
				result *jsonrpc.Result[string]
				want   string
			}{{a, test.a}, {b, test.b}} {
				got, itemErr := item.result.Get()
				response := reply.Responses[i]
				switch {
				case item.want[0] == '"':
					if itemErr != nil || response.Err != nil || `"`+got+`"` != item.want || string(response.Result) != item.want {
						t.Errorf("item %d: %q, %v; %+v", i, got, itemErr, response)
					}
					continue
				case item.want == same:
					item.want = test.err
				}
				wantError(t, itemErr, item.want)
				wantError(t, response.Err, item.want)
				if got != "" || response.Result != nil {
					t.Errorf("item %d has both: %q %s", i, got, response.Result)
				}
			}
		})
	}
}

func TestBatchOfNotificationsOnlyIsDueNoReply(t *testing.T) {
	client := converse(t, `
		--> [{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b","params":[1]}]
		--> [{"jsonrpc":"2.0","method":"a"}]
		<-- {"jsonrpc":"2.0","error":{"code":-32600,"message":"no batches"},"id":null}
	`)
	var b jsonrpc.Batch
	b.Notify("a", nil)
	b.Notify("b", jsonrpc.Args{1})
	reply, err := client.Send(t.Context(), &b)
	if err != nil || len(reply.Responses) != 0 || reply.Text != nil {
		t.Errorf("%+v, %v", reply, err)
	}
	b = jsonrpc.Batch{}
	b.Notify("a", nil)
	_, err = client.Send(t.Context(), &b)
	wantError(t, err, "jsonrpc: batch of 1 at test:: no batches (code -32600)")
}

func TestEmptyBatchIsRefused(t *testing.T) {
	_, err := converse(t, ``).Send(t.Context(), new(jsonrpc.Batch))
	wantError(t, err, "jsonrpc: test:: not sent: the batch is empty: add a request or a notification (clause 6)")
}

func TestBatchPrintsAndCounts(t *testing.T) {
	var b jsonrpc.Batch
	b.Add(jsonrpc.Request{Method: "a", ID: jsonrpc.IntID(7)}, jsonrpc.Request{Method: "b"})
	b.Notify("c", jsonrpc.Named{"x": 1})
	const want = `[{"jsonrpc":"2.0","method":"a","id":7},{"jsonrpc":"2.0","method":"b","id":null},{"jsonrpc":"2.0","method":"c","params":{"x":1}}]`
	if b.String() != want || b.Len() != 3 {
		t.Errorf("%s of %d", b.String(), b.Len())
	}
}

func TestBatchCanBeSentAgain(t *testing.T) {
	client := converse(t, `
		--> [{"jsonrpc":"2.0","method":"a","id":1}]
		<-- [{"jsonrpc":"2.0","error":{"code":1,"message":"busy"},"id":1}]
		--> [{"jsonrpc":"2.0","method":"a","id":2}]
		<-- [{"jsonrpc":"2.0","result":"A","id":2}]
	`)
	var b jsonrpc.Batch
	a := jsonrpc.Queue[string](&b, "a", nil)
	for _, want := range []int64{1, 0} {
		if _, err := client.Send(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Get(); jsonrpc.CodeOf(err) != want || (err == nil) != (want == 0) {
			t.Errorf("%v, want code %d", err, want)
		}
	}
}

func TestBatchIDsMustDiffer(t *testing.T) {
	client := converse(t, ``)
	var b jsonrpc.Batch
	b.Add(jsonrpc.Request{Method: "a", ID: jsonrpc.StringID("x")}, jsonrpc.Request{Method: "b", ID: jsonrpc.StringID("x")})
	_, err := client.Send(t.Context(), &b)
	wantError(t, err, `jsonrpc: test:: not sent: two requests of the batch have the id "x"`)

	b = jsonrpc.Batch{}
	b.Add(jsonrpc.Request{Method: "a"}, jsonrpc.Request{Method: "b", ID: jsonrpc.IntID(1)})
	_, err = client.Send(t.Context(), &b)
	wantError(t, err, `jsonrpc: test:: not sent: the batch's own id 1 was drawn for another of its requests: choose ids of another form`)
}

// The newest outcome is all that is there.
func TestBatchSentAgainForgets(t *testing.T) {
	client := converse(t, `
		--> [{"jsonrpc":"2.0","method":"a","id":1}]
		<-- [{"jsonrpc":"2.0","result":{"x":1,"y":1},"id":1}]
		--> [{"jsonrpc":"2.0","method":"a","id":2}]
		<-- [{"jsonrpc":"2.0","result":{"y":2},"id":2}]
	`)
	var batch jsonrpc.Batch
	a := jsonrpc.Queue[map[string]int](&batch, "a", nil)
	for _, want := range []map[string]int{{"x": 1, "y": 1}, {"y": 2}} {
		if _, err := client.Send(t.Context(), &batch); err != nil {
			t.Fatal(err)
		}
		if got, err := a.Get(); err != nil || !maps.Equal(got, want) {
			t.Error(got, err)
		}
	}
}

// TestBatchTellsNumberFromString: ids 1 and "1" are two ids, whatever the order
// of the responses.
func TestBatchTellsNumberFromString(t *testing.T) {
	client := converse(t, `
		--> [{"jsonrpc":"2.0","method":"a","id":1},{"jsonrpc":"2.0","method":"b","id":"1"}]
		<-- [{"jsonrpc":"2.0","result":"string","id":"1"},{"jsonrpc":"2.0","result":"number","id":1}]
	`)
	var b jsonrpc.Batch
	b.Add(jsonrpc.Request{Method: "a", ID: jsonrpc.IntID(1)}, jsonrpc.Request{Method: "b", ID: jsonrpc.StringID("1")})
	reply, err := client.Send(t.Context(), &b)
	if err != nil || string(reply.Responses[0].Result) != `"number"` || string(reply.Responses[1].Result) != `"string"` {
		t.Errorf("%+v, %v", reply, err)
	}
}

func TestBatchResultThatDoesNotFitFailsAlone(t *testing.T) {
	client := converse(t, `
		--> [{"jsonrpc":"2.0","method":"a","id":1},{"jsonrpc":"2.0","method":"b","id":2}]
		<-- [{"jsonrpc":"2.0","result":"A","id":1},{"jsonrpc":"2.0","result":2,"id":2}]
	`)
	var batch jsonrpc.Batch
	a, b := jsonrpc.Queue[int](&batch, "a", nil), jsonrpc.Queue[int](&batch, "b", nil)
	if _, err := client.Send(t.Context(), &batch); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Get(); string(as[*jsonrpc.DecodeError](t, err).Result) != `"A"` {
		t.Error(err)
	}
	if n, err := b.Get(); n != 2 || err != nil {
		t.Error(n, err)
	}
}

func TestEmptyReplyDecodesToNoResponse(t *testing.T) {
	var v any
	if err := new(jsonrpc.Reply).Decode(&v); !errors.Is(err, jsonrpc.ErrNoResponse) {
		t.Error(err)
	}
}

func TestWithIDIsTheFirstRequestsOfABatch(t *testing.T) {
	client := converse(t, `
		--> [{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","method":"a","id":"mine"},{"jsonrpc":"2.0","method":"b","id":1}]
		<-- [{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","result":2,"id":"mine"}]
	`)
	var b jsonrpc.Batch
	b.Notify("n", nil)
	b.Add(jsonrpc.Request{Method: "a"}, jsonrpc.Request{Method: "b"})
	reply, err := client.Send(t.Context(), &b, jsonrpc.WithID(jsonrpc.StringID("mine")))
	if err != nil || !slices.EqualFunc(reply.Responses, []string{"2", "1"}, func(r jsonrpc.Response, want string) bool { return string(r.Result) == want }) {
		t.Errorf("%+v, %v", reply, err)
	}
}
