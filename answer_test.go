package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/jsonrpc"
)

// answerer is a server's methods.
func answerer(noted *atomic.Int64) jsonrpc.Handler {
	var mux jsonrpc.Mux
	jsonrpc.Handle(&mux, "add", func(_ context.Context, p []int) (int, error) { return p[0] + p[1], nil })
	jsonrpc.Handle(&mux, "fail", func(context.Context, any) (any, error) { return nil, errors.New("no") })
	jsonrpc.Handle(&mux, "busy", func(context.Context, any) (any, error) {
		return nil, &jsonrpc.Error{Code: 7, Message: "busy", Data: json.RawMessage(`[1]`)}
	})
	jsonrpc.Handle(&mux, "panic", func(context.Context, any) (any, error) { panic("secret") })
	jsonrpc.Handle(&mux, "noted", func(context.Context, any) (any, error) { return noted.Add(1), nil })
	return &mux
}

func TestAnswer(t *testing.T) {
	const invalid = `{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":"%s"},"id":%s}`
	var noted atomic.Int64
	for _, test := range []struct{ message, want string }{
		{`{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}`, `{"jsonrpc":"2.0","result":3,"id":1}`},
		{" {\"id\":\"ä\",\n\"params\":[1,2],\"method\":\"\\u0061dd\",\"jsonrpc\":\"2.0\"}\n", `{"jsonrpc":"2.0","result":3,"id":"ä"}`},
		{`{"jsonrpc":"2.0","method":"fail","id":1.5}`, `{"jsonrpc":"2.0","error":{"code":-32603,"message":"no"},"id":1.5}`},
		{`{"jsonrpc":"2.0","method":"busy","id":1}`, `{"jsonrpc":"2.0","error":{"code":7,"message":"busy","data":[1]},"id":1}`},
		{`{"jsonrpc":"2.0","method":"panic","id":1}`, `{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"},"id":1}`},
		{`{"jsonrpc":"2.0","method":"nope","id":1}`, `{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}`},
		{`{"jsonrpc":"2.0","method":"add","params":[1,2],"id":null}`, `{"jsonrpc":"2.0","result":3,"id":null}`},
		{`{"jsonrpc":"2.0","method":"noted"}`, ``},
		{`{"jsonrpc":"2.0","method":"panic"}`, ``},
		{`{"jsonrpc":"2.0","method":"noted","id":1,"id":2}`, fmt.Sprintf(invalid, "a member is there twice", "null")},
		{`{"jsonrpc":"2.0","method":"add","method":"noted","id":1}`, fmt.Sprintf(invalid, "a member is there twice", "null")},
		{`{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1,"p\u0061rams":[3,4]}`, fmt.Sprintf(invalid, "a member is there twice", "null")},
		{`{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1,"result":4,"result":5}`, fmt.Sprintf(invalid, "a member is there twice", "null")},
		{`{"method":"noted","id":1}`, fmt.Sprintf(invalid, `jsonrpc must be \"2.0\"`, "1")},
		{`{"jsonrpc":"1.0","method":"noted","id":1}`, fmt.Sprintf(invalid, `jsonrpc must be \"2.0\"`, "1")},
		{`{"jsonrpc":"2.0","method":1,"id":1}`, fmt.Sprintf(invalid, "method must be a string", "1")},
		{`{"jsonrpc":"2.0","id":1}`, fmt.Sprintf(invalid, "method must be a string", "1")},
		{`{"jsonrpc":"2.0","method":"noted","params":1,"id":1}`, fmt.Sprintf(invalid, "params must be an array or an object", "1")},
		{`{"jsonrpc":"2.0","method":"noted","id":{}}`, fmt.Sprintf(invalid, "id must be a string, a number or null", "null")},
		{`1`, fmt.Sprintf(invalid, "a request must be an object", "null")},
		{`[]`, fmt.Sprintf(invalid, "a batch must not be empty", "null")},
		{`[1, {"jsonrpc":"2.0","method":"add","params":[1,2],"id":1} ,{"jsonrpc":"2.0","method":"noted"},{"jsonrpc":"2.0","method":"add","params":[3,4],"id":2}]`,
			`[` + fmt.Sprintf(invalid, "a request must be an object", "null") + `,{"jsonrpc":"2.0","result":3,"id":1},{"jsonrpc":"2.0","result":7,"id":2}]`},
		{`[{"jsonrpc":"2.0","method":"noted"},{"jsonrpc":"2.0","method":"noted"}]`, ``},
		{`{"jsonrpc":"2.0"`, `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"unexpected end, wanted ',' or '}' at byte 16"},"id":null}`},
		{``, `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"unexpected end, wanted a value at byte 0"},"id":null}`},
		{"\"\xff\"", `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"invalid UTF-8"},"id":null}`},
	} {
		if got := jsonrpc.Answer(t.Context(), answerer(&noted), []byte(test.message)); string(got) != test.want {
			t.Errorf("--> %s\n<-- %s\nwant %s", test.message, got, test.want)
		}
	}
	if noted.Load() != 4 {
		t.Errorf("%d notifications were handled, want 4", noted.Load())
	}
}

// TestAnswerBatch has the requests of a batch wait for each other.
func TestAnswerBatch(t *testing.T) {
	const size = 100
	var here atomic.Int64
	all := make(chan struct{})
	wait := jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) {
		if here.Add(1) == size {
			close(all)
		}
		<-all
		return true, nil
	})
	batch := "[" + strings.TrimSuffix(strings.Repeat(`{"jsonrpc":"2.0","method":"wait","id":1},`, size), ",") + "]"
	if got := jsonrpc.Answer(t.Context(), wait, []byte(batch)); strings.Count(string(got), `"result":true`) != size {
		t.Errorf("the answer is %s", got)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`[{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1},{"method":1}]`))
	f.Add([]byte(`{"jsonrpc":"2.0","method":"panic","id":"\ud800"}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		var noted atomic.Int64
		answer := jsonrpc.Answer(t.Context(), answerer(&noted), message)
		if answer != nil && !json.Valid(answer) {
			t.Errorf("--> %q\n<-- %q", message, answer)
		}
		if !json.Valid(message) && !strings.Contains(string(answer), `"code":-32700`) && answer == nil {
			t.Errorf("no answer to %q, which is not JSON", message)
		}
	})
}
