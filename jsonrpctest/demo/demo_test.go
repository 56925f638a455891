package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest/demo"
)

func connect(t *testing.T, opts ...jsonrpc.ClientOption) *jsonrpc.Client {
	t.Helper()
	client, err := jsonrpc.NewClient(demo.New(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// call returns the result, or the error's JSON.
func call(t *testing.T, client *jsonrpc.Client, method, params string) string {
	t.Helper()
	var p any
	if params != "" {
		p = json.RawMessage(params)
	}
	result, err := client.Request(t.Context(), method, p)
	if e := (*jsonrpc.Error)(nil); errors.As(err, &e) {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(result)
}

func TestMethods(t *testing.T) {
	nines := strings.Repeat("9", 1000)
	for _, test := range []struct{ method, params, want string }{
		{"ping", "", `"pong"`},
		{"ping", "[]", `"pong"`},
		{"cat", "", `"meow"`},
		{"cat", `["Mittens"]`, `"meow"`},
		{"cat", `{"name":"Mittens"}`, `"meow"`},
		{"cat", `[9]`, `{"code":-32602,"message":"Invalid params: name: got a number, expected optional name string"}`},
		{"dog", `{"name":"Rex"}`, `"woof"`},

		{"cube", "[3]", "27"},
		{"cube", `{"n":-3}`, "-27"},
		{"cube", "[0]", "0"},
		{"cube", "[-0]", "0"},
		{"cube", "[0.1]", "0.001"},
		{"cube", "[-0.5]", "-0.125"},
		{"cube", "[2.0]", "8"},
		{"cube", "[10.0]", "1000"},
		{"cube", "[1e2]", "1000000"},
		{"cube", "[1.5E-1]", "0.003375"},
		{"cube", "[9007199254740993]", "730750818665451702490757660178213618792745926657"},
		{"cube", `["3"]`, `{"code":-32602,"message":"Invalid params: n: got \"3\", expected n decimal"}`},
		{"cube", `[null]`, `{"code":-32602,"message":"Invalid params: n: got null, expected n decimal"}`},
		{"cube", `[1e1001]`, `{"code":-32602,"message":"Invalid params: n: got 1e1001, whose exponent is beyond 1000, expected n decimal"}`},
		{"cube", `[1e99999999999999999999]`, `{"code":-32602,"message":"Invalid params: n: got 1e99999999999999999999, whose exponent is beyond 1000, expected n decimal"}`},
		{"cube", "[1" + nines + "]", `{"code":-32602,"message":"Invalid params: n: got 1` + nines[:39] + `…, which has more than 1000 digits, expected n decimal"}`},

		{"sum", "", "0"},
		{"sum", "[]", "0"},
		{"sum", "[1,2,4]", "7"},
		{"sum", `{"numbers":[1,2,4]}`, "7"},
		{"sum", "[0.1,0.2]", "0.3"},
		{"sum", "[1.50,1.50]", "3"},
		{"sum", "[1e2,0.05,-0.05]", "100"},
		{"sum", "[9007199254740993,1]", "9007199254740994"},
		{"sum", "[" + nines + ",1]", "1" + strings.Repeat("0", 1000)},
		{"sum", `[1,"2"]`, `{"code":-32602,"message":"Invalid params: param 2: got \"2\", expected numbers decimal…"}`},

		{"subtract", "[42,23]", "19"},
		{"subtract", `{"subtrahend":23,"minuend":42}`, "19"},
		{"subtract", "[0.3,0.1]", "0.2"},
		{"subtract", "[1]", `{"code":-32602,"message":"Invalid params: got 1, expected minuend decimal, subtrahend decimal"}`},

		{"echo", "", "null"},
		{"echo", `{"a":[1.00,12345678901234567890]}`, `{"a":[1.00,12345678901234567890]}`},
		{"echo", `[]`, `[]`},

		{"sleep", `[0]`, "0"},
		{"sleep", `[-1]`, `{"code":-32602,"message":"Invalid params: seconds: got -1, expected 0 to 3600"}`},
		{"sleep", `[3601]`, `{"code":-32602,"message":"Invalid params: seconds: got 3601, expected 0 to 3600"}`},

		{"fail", "", `{"code":-32000,"message":"It failed"}`},
		{"fail", `[7]`, `{"code":7,"message":"It failed"}`},
		{"fail", `{"message":"no","data":{"a":1.0}}`, `{"code":-32000,"message":"no","data":{"a":1.0}}`},
		{"fail", `[7,"no",null]`, `{"code":7,"message":"no"}`},
		{"nosuch", "", `{"code":-32601,"message":"Method not found"}`},
	} {
		t.Run(test.method+" "+test.params[:min(len(test.params), 40)], func(t *testing.T) {
			if got := call(t, connect(t), test.method, test.params); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		if got := call(t, connect(t), "sleep", `{"seconds":1.5}`); got != "1.5" || time.Since(begin) != 1500*time.Millisecond {
			t.Errorf("%s after %v", got, time.Since(begin))
		}
		begin = time.Now()
		err := connect(t, jsonrpc.WithTimeout(time.Second)).Call(t.Context(), "sleep", jsonrpc.Args{60}, nil)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		synctest.Wait() // the handler is gone too, or the bubble would complain
	})
}

func TestName(t *testing.T) {
	err := connect(t).Call(t.Context(), "fail", nil, nil)
	if want := "jsonrpc: fail at demo: It failed (code -32000)"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
