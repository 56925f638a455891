package jsonrpc_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// editing is a client whose messages are edited on their way, twice, as a retry
// would have it, and the last text that was sent.
func editing(t *testing.T, edit func(x *jsonrpc.Exchange) error) (*jsonrpc.Client, *string) {
	t.Helper()
	sent := new(string)
	rt := tripper(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
		if *sent = string(m.Body); !m.Reply {
			return nil, nil
		}
		one := `{"jsonrpc":"2.0","result":1,"id":1}`
		if strings.HasPrefix(*sent, "[") {
			one = "[" + one + "]"
		}
		return io.NopCloser(strings.NewReader(one)), nil
	})
	again := func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			for range 2 {
				before := string(x.Text())
				kept := x.Text()
				if err := edit(x); err != nil {
					return err
				}
				if string(kept) != before {
					t.Error("the old text was changed, which a transport may still read")
				}
				if err := next(ctx, x); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return newClient(t, rt, jsonrpc.WithInterceptors(again)), sent
}

func TestSetMembers(t *testing.T) {
	set := jsonrpc.Named{"traceparent": "00-1-2-01", "a\"b": []int{1}}
	meta := func(x *jsonrpc.Exchange) error { return x.SetMeta(set) }
	members := func(x *jsonrpc.Exchange) error { return x.SetMembers(set) }
	const m = `"a\"b":[1],"traceparent":"00-1-2-01"`
	batch := func() *jsonrpc.Batch {
		var b jsonrpc.Batch
		b.Add(jsonrpc.Request{Method: "a", Params: jsonrpc.Named{"x": 1}})
		b.Notify("b", jsonrpc.Args{1})
		return &b
	}
	for _, test := range []struct {
		name string
		edit func(x *jsonrpc.Exchange) error
		send jsonrpc.Message
		want string
	}{
		{"members", members, jsonrpc.Request{Method: "a"}, `{"jsonrpc":"2.0","method":"a","id":1,` + m + `}`},
		{"members of a notification", members, jsonrpc.Notification{Method: "a", Params: jsonrpc.Args{}}, `{"jsonrpc":"2.0","method":"a","params":[],` + m + `}`},
		{"members of a batch", members, batch(), `[{"jsonrpc":"2.0","method":"a","params":{"x":1},"id":1,` + m + `},{"jsonrpc":"2.0","method":"b","params":[1],` + m + `}]`},
		{"meta", meta, jsonrpc.Request{Method: "a", Params: jsonrpc.Named{"x": 1}}, `{"jsonrpc":"2.0","method":"a","params":{"x":1,"_meta":{` + m + `}},"id":1}`},
		{"meta and no params", meta, jsonrpc.Request{Method: "a"}, `{"jsonrpc":"2.0","method":"a","id":1,"params":{"_meta":{` + m + `}}}`},
		{"meta that is there", meta, jsonrpc.Request{Method: "a", Params: jsonrpc.Named{"_meta": jsonrpc.Named{"p": 1, "traceparent": "old"}, "z": 2}},
			`{"jsonrpc":"2.0","method":"a","params":{"_meta":{"p":1,"traceparent":"00-1-2-01","a\"b":[1]},"z":2},"id":1}`},
		{"meta that is no object", meta, jsonrpc.Request{Method: "a", Params: jsonrpc.Named{"_meta": 1}}, `{"jsonrpc":"2.0","method":"a","params":{"_meta":{` + m + `}},"id":1}`},
		{"meta and params by position", meta, jsonrpc.Request{Method: "a", Params: jsonrpc.Args{1}}, `{"jsonrpc":"2.0","method":"a","params":[1],"id":1}`},
		{"meta of a batch", meta, batch(), `[{"jsonrpc":"2.0","method":"a","params":{"x":1,"_meta":{` + m + `}},"id":1},{"jsonrpc":"2.0","method":"b","params":[1]}]`},
		{"raw", members, jsonrpc.Raw(" {\"jsonrpc\":\"2.0\", \"method\":\"a\",\n\"id\":1}\n"), `{"jsonrpc":"2.0","method":"a","id":1,` + m + `}`},
		{"raw batch", meta, jsonrpc.Raw(`[ {"jsonrpc":"2.0","method":"a","id":1} , {"jsonrpc":"2.0","method":"b","params":{"x": [1]}}]`),
			`[{"jsonrpc":"2.0","method":"a","id":1,"params":{"_meta":{` + m + `}}},{"jsonrpc":"2.0","method":"b","params":{"x":[1],"_meta":{` + m + `}}}]`},
		{"nothing", func(x *jsonrpc.Exchange) error { return x.SetMeta(nil) }, jsonrpc.Request{Method: "a"}, `{"jsonrpc":"2.0","method":"a","id":1}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, sent := editing(t, test.edit)
			if _, err := client.Send(t.Context(), test.send); err != nil {
				// The answer has the id 1, and ids are drawn once.
				t.Fatal(err)
			}
			if *sent != test.want {
				t.Errorf("sent\n%s\nwant\n%s", *sent, test.want)
			}
		})
	}
}

// TestSetMembersKeepsParams reads the params of a message that was edited.
func TestSetMembersKeepsParams(t *testing.T) {
	var read []string
	client, _ := editing(t, func(x *jsonrpc.Exchange) error {
		err := x.SetMembers(jsonrpc.Named{"t": strings.Repeat("x", 100)})
		for r := range x.Requests() {
			read = append(read, r.String())
		}
		return err
	})
	var b jsonrpc.Batch
	b.Add(jsonrpc.Request{Method: "a", Params: jsonrpc.Args{1}})
	b.Notify("b", jsonrpc.Args{2})
	if _, err := client.Send(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	const want = `{"jsonrpc":"2.0","method":"a","params":[1],"id":1} {"jsonrpc":"2.0","method":"b","params":[2],"id":null}`
	if got := strings.Join(read, " "); got != want+" "+want {
		t.Errorf("read %s", got)
	}
}

func TestSetMembersRefuses(t *testing.T) {
	for _, set := range []jsonrpc.Named{{"id": 1}, {"params": nil}, {"x": func() {}}} {
		client, _ := editing(t, func(x *jsonrpc.Exchange) error { return x.SetMembers(set) })
		err := client.Call(t.Context(), "a", nil, nil)
		if _, ok := errors.AsType[*jsonrpc.MessageError](err); !ok {
			t.Errorf("%v: got %v, want a *MessageError", set, err)
		}
	}
}
