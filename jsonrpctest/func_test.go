package jsonrpctest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

type pet struct {
	Name  string `json:"name"`
	Age   int    `json:"age,omitempty"`
	Owner *struct {
		Name string
	} `json:"owner"`
	Secret string `json:"-"`
}

func show(v ...any) string { return fmt.Sprint(v...) }

func TestFunc(t *testing.T) {
	subtract := func(minuend, subtrahend int) int { return minuend - subtrahend }
	optional := func(name string, age *int) string {
		if age == nil {
			return name
		}
		return fmt.Sprint(name, *age)
	}
	variadic := func(name string, tags ...string) string { return name + strings.Join(tags, "+") }
	ofPet := func(p pet) string { return show(p.Name, p.Age) }
	number := func(n json.Number) json.Number { return n }
	for _, test := range []struct {
		f            any
		names        string
		params, want string // params empty for none; want is the result, or the error's message
	}{
		{func() {}, "", "", "null"},
		{func() {}, "", "[]", "null"},
		{func() {}, "", "{}", "null"},
		{func() {}, "", "[1]", "Invalid params: got 1, expected none"},
		{func() {}, "", `{"a":1}`, "Invalid params: got params by name, expected none"},
		{func(ctx context.Context) bool { return ctx != nil }, "", "", "true"},
		{func() error { return nil }, "", "", "null"},
		{func() error { return errors.New("no") }, "", "", "no"},
		{func() (int, error) { return 7, nil }, "", "", "7"},
		{func() (int, error) { return 7, errors.New("no") }, "", "", "no"},

		{subtract, "", "[42,23]", "19"},
		{subtract, "", "[ 42 , 23 ]", "19"},
		{subtract, "", "[42]", "Invalid params: got 1, expected integer, integer"},
		{subtract, "", "", "Invalid params: got none, expected integer, integer"},
		{subtract, "", `{"minuend":42,"subtrahend":23}`, "Invalid params: got params by name, expected integer, integer"},
		{subtract, "", `[42,"x"]`, "Invalid params: param 2: got a string, expected integer, integer"},
		{subtract, "minuend subtrahend", `[42,23]`, "19"},
		{subtract, "minuend subtrahend", `{"subtrahend":23,"minuend":42}`, "19"},
		{subtract, "minuend subtrahend", `[42]`, "Invalid params: got 1, expected minuend integer, subtrahend integer"},
		{subtract, "minuend subtrahend", `[42,23,1]`, "Invalid params: got 3, expected minuend integer, subtrahend integer"},
		{subtract, "minuend subtrahend", `{"minuend":42}`, "Invalid params: subtrahend is missing, expected minuend integer, subtrahend integer"},
		{subtract, "minuend subtrahend", `{"Minuend":42,"subtrahend":1}`, `Invalid params: there is no param "Minuend", expected minuend integer, subtrahend integer`},
		{subtract, "minuend subtrahend", `{"minuend":42,"minuend":1}`, `Invalid params: minuend is given twice, expected minuend integer, subtrahend integer`},
		{subtract, "minuend subtrahend", `[2.5,true]`, "Invalid params: minuend: got the number 2.5, expected minuend integer, subtrahend integer"},
		{subtract, "minuend subtrahend", `[1,true]`, "Invalid params: subtrahend: got a boolean, expected minuend integer, subtrahend integer"},
		{subtract, "minuend subtrahend", `[null,1]`, "Invalid params: minuend: got null, expected minuend integer, subtrahend integer"},
		{subtract, "minuend subtrahend", `[[],1]`, "Invalid params: minuend: got an array, expected minuend integer, subtrahend integer"},

		{optional, "name age", `["Rex"]`, `"Rex"`},
		{optional, "name age", `["Rex",null]`, `"Rex"`},
		{optional, "name age", `["Rex",3]`, `"Rex3"`},
		{optional, "name age", `{"name":"Rex"}`, `"Rex"`},
		{optional, "name age", `{"name":"Rex","age":3}`, `"Rex3"`},
		{optional, "name age", `{"age":3}`, `Invalid params: name is missing, expected name string, optional age integer`},
		{optional, "name age", `{"age":"3","name":"Rex"}`, `Invalid params: age: got a string, expected name string, optional age integer`},

		{variadic, "", `["a"]`, `"a"`},
		{variadic, "", `["a","b","c"]`, `"ab+c"`},
		{variadic, "", `["a","b",1]`, `Invalid params: param 3: got a number, expected string, string…`},
		{variadic, "", `[]`, `Invalid params: got none, expected string, string…`},
		{variadic, "name tags", `{"name":"a","tags":["b","c"]}`, `"ab+c"`},
		{variadic, "name tags", `{"name":"a"}`, `"a"`},
		{variadic, "name tags", `{"name":"a","tags":"b"}`, `Invalid params: tags: got a string, expected name string, tags string…`},

		{ofPet, "", `{"name":"Rex","age":3}`, `"Rex3"`},
		{ofPet, "", `[{"name":"Rex","age":3}]`, `"Rex3"`},
		{ofPet, "", `{"name":"Rex","sex":"f"}`, `Invalid params: unknown field "sex", expected object{name, age, owner}`},
		{ofPet, "", `{"age":"3"}`, `Invalid params: age is a string, not integer, expected object{name, age, owner}`},
		{ofPet, "", `{"owner":{"Name":3}}`, `Invalid params: owner.Name is a number, not string, expected object{name, age, owner}`},
		{ofPet, "", "", `Invalid params: got none, expected object{name, age, owner}`},
		{func(p *pet) bool { return p == nil }, "", "", "true"},
		{func(p *pet) string { return p.Name }, "", `{"name":"Rex"}`, `"Rex"`},
		{func(m map[string]int) int { return m["a"] }, "", `{"a":3}`, "3"},
		{func(m map[string]int) int { return m["a"] }, "", `{"a":"x"}`, "Invalid params: there is a string in place of integer, expected object"},
		{func([]int) {}, "list", `[[1,"2"]]`, "Invalid params: list: there is a string in place of integer, expected list array"},

		// All digits, whatever the type.
		{func(v any) {}, "v", "", "Invalid params: got none, expected v any value"},
		{func(chan int) {}, "", "", "Invalid params: got none, expected chan int"},
		{func(struct{ A, b int }) {}, "", "", "Invalid params: got none, expected object{A}"},
		{func(v any) any { return v }, "", "[12345678901234567890.10]", "12345678901234567890.10"},
		{func(v any) any { return v }, "v", `{"v":{"n":[1e400]}}`, `{"n":[1e400]}`},
		{number, "", "[0.10]", "0.10"},
		{number, "", `["0.10"]`, "Invalid params: param 1: got a string, expected number"},
		{func(n *big.Int) *big.Int { return n }, "", "[12345678901234567890]", "12345678901234567890"},
		{func(r json.RawMessage) json.RawMessage { return r }, "", `[{ "a" : 1.0 }]`, `{ "a" : 1.0 }`},
		{func(d time.Time) int { return d.Year() }, "when", `["2026-01-02T03:04:05Z"]`, "2026"},
		{func(d time.Time, b bool, f float64, s []int, r json.RawMessage, u uint8, m map[string]any) {}, "", `[]`,
			"Invalid params: got none, expected Time, boolean, number, array, any value, integer, object"},
		{func() string { return "<&>" }, "", "", `"<&>"`},
	} {
		t.Run(fmt.Sprintf("%T %s %s", test.f, test.names, test.params), func(t *testing.T) {
			h := jsonrpctest.Func(test.f, strings.Fields(test.names)...)
			client := jsonrpctest.Connect(jsonrpctest.Handlers{"f": h})
			var params any
			if test.params != "" {
				params = json.RawMessage(test.params)
			}
			result, err := client.Request(t.Context(), "f", params)
			got := string(result)
			if e := (*jsonrpc.Error)(nil); errors.As(err, &e) {
				got = e.Message
				if strings.HasPrefix(got, "Invalid params") != (e.Code == jsonrpc.CodeInvalidParams) {
					t.Errorf("code %d of %s", e.Code, got)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestFuncPanics(t *testing.T) {
	for _, test := range []struct {
		f     any
		names []string
		want  string
	}{
		{nil, nil, "jsonrpctest: Func needs a function, got <nil>"},
		{3, nil, "jsonrpctest: Func needs a function, got int"},
		{(func())(nil), nil, "jsonrpctest: Func needs a function, got func()"},
		{func(context.Context, int) {}, []string{"a", "b"}, "jsonrpctest: Func got 2 names for the 1 params of func(context.Context, int)"},
		{func() (int, int) { return 0, 0 }, nil, "jsonrpctest: Func needs a function that returns a result, an error, or both in this order, got func() (int, int)"},
		{func() *jsonrpc.Error { return nil }, nil, "jsonrpctest: Func needs a function that returns a result, an error, or both in this order, got func() *jsonrpc.Error"},
	} {
		func() {
			defer func() {
				if p := recover(); p != test.want {
					t.Errorf("%T: panic %v\nwant %s", test.f, p, test.want)
				}
			}()
			jsonrpctest.Func(test.f, test.names...)
		}()
	}
}
