package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// The examples call a server in the same process. A program would
//
//	client, err := jsonrpc.Dial(ctx, "https://pets.example")
var (
	ctx    = context.Background()
	client = jsonrpctest.Connect(pets)
)

var pets = jsonrpctest.Handlers{
	"cat": jsonrpctest.Func(func(name string) string { return "meow" }, "name"),
	"dog": jsonrpctest.Func(func() (string, error) {
		return "", &jsonrpc.Error{Code: 7, Message: "asleep", Data: []byte(`{"until":"noon"}`)}
	}),
	"cube":  jsonrpctest.Func(func(n int) int { return n * n * n }),
	"echo":  func(_ context.Context, params json.RawMessage) (any, error) { return params, nil },
	"log":   jsonrpctest.Func(func(line string) { fmt.Println("logged:", line) }),
	"sleep": jsonrpctest.Func(func(ctx context.Context) { <-ctx.Done() }),
	"whoami": jsonrpctest.Func(func(ctx context.Context) string {
		return jsonrpctest.Header(ctx).Get("Authorization")
	}),
}

func ExampleCall() {
	sound, err := jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Named{"name": "Mittens"})
	fmt.Println(sound, err)
	// Output: meow <nil>
}

func ExampleClient_Call() {
	var sound string
	err := client.Call(ctx, "cat", jsonrpc.Args{"Mittens"}, &sound)
	fmt.Println(sound, err)
	// Output: meow <nil>
}

func ExampleClient_Request() {
	result, err := client.Request(ctx, "echo", jsonrpc.Args{1.50, "a"})
	fmt.Println(string(result), err)
	// Output: [1.5,"a"] <nil>
}

func ExampleClient_Notify() {
	err := client.Notify(ctx, "log", jsonrpc.Args{"hello"})
	fmt.Println(err)
	// Output:
	// logged: hello
	// <nil>
}

func ExampleClient_Send() {
	for _, message := range []jsonrpc.Message{
		jsonrpc.Raw(`{"jsonrpc": "2.0", "method": "cube", "params": [3], "id": 1}`),
		jsonrpc.Request{Method: "cube", Params: jsonrpc.Args{4}},
		client.NewRequest("cube", jsonrpc.Args{5}),
		jsonrpc.Notification{Method: "cube", Params: jsonrpc.Args{6}},
	} {
		reply, err := client.Send(ctx, message)
		fmt.Println(string(reply.Result()), err)
	}
	// Output:
	// 27 <nil>
	// 64 <nil>
	// 125 <nil>
	//  <nil>
}

// Requests and notifications print exactly as they are sent.
func ExampleRequest() {
	fmt.Println(jsonrpc.Request{Method: "cat", Params: jsonrpc.Named{"name": "Mittens"}, ID: jsonrpc.IntID(1)})
	fmt.Println(jsonrpc.Request{Method: "cat", ID: jsonrpc.StringID("Request #1")})
	fmt.Println(jsonrpc.Notification{Method: "find", Params: jsonrpc.Args{"Foo", jsonrpc.Named{"age": 42}}})
	// Output:
	// {"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}
	// {"jsonrpc":"2.0","method":"cat","id":"Request #1"}
	// {"jsonrpc":"2.0","method":"find","params":["Foo",{"age":42}]}
}

func ExampleArgs() {
	type point struct {
		X int `json:"x"`
		Y int `json:"y,omitempty"`
	}
	for _, params := range []any{
		nil,
		jsonrpc.Args{1, "two", nil},
		jsonrpc.Named{"age": 9, "name": "Mittens"},
		jsonrpc.Args{"Foo", jsonrpc.Named{"age": 42}},
		point{X: 1},
		map[string]int{"a": 1},
		[]int{1, 2},
		json.RawMessage(`{"as":"it is"}`),
		"a scalar", // refused: it must be in an array or an object
	} {
		fmt.Println(jsonrpc.Notification{Method: "m", Params: params})
	}
	// Output:
	// {"jsonrpc":"2.0","method":"m"}
	// {"jsonrpc":"2.0","method":"m","params":[1,"two",null]}
	// {"jsonrpc":"2.0","method":"m","params":{"age":9,"name":"Mittens"}}
	// {"jsonrpc":"2.0","method":"m","params":["Foo",{"age":42}]}
	// {"jsonrpc":"2.0","method":"m","params":{"x":1}}
	// {"jsonrpc":"2.0","method":"m","params":{"a":1}}
	// {"jsonrpc":"2.0","method":"m","params":[1,2]}
	// {"jsonrpc":"2.0","method":"m","params":{"as":"it is"}}
	// %!(not sent: params must be an array or an object, and a string encodes as a string: use jsonrpc.Args{…})
}

func ExampleWithIDs() {
	n := 0
	for _, ids := range []jsonrpc.IDGenerator{
		jsonrpc.Decimal(1),
		jsonrpc.Hex(10),
		jsonrpc.Random(), // as "fubui5e6"
		jsonrpc.UUID(),   // as "9bfe2c93-717e-4a45-b91b-55422c5af4ff"
		func() jsonrpc.ID { n++; return jsonrpc.StringID(fmt.Sprint("mine-", n)) },
	} {
		client := jsonrpctest.Connect(pets, jsonrpc.WithIDs(ids))
		a, b := client.NewRequest("cat", nil), client.NewRequest("cat", nil)
		if len(a.ID.String()) < 9 {
			fmt.Println(a.ID, b.ID)
		} else {
			fmt.Println(len(a.ID.String()), a.ID != b.ID)
		}
	}
	// Output:
	// 1 2
	// "a" "b"
	// 10 true
	// 38 true
	// "mine-1" "mine-2"
}

// The cubes of ten numbers, in one message.
func ExampleBatch() {
	var b jsonrpc.Batch
	cubes := make([]*jsonrpc.Result[int], 10)
	for i := range cubes {
		cubes[i] = jsonrpc.Queue[int](&b, "cube", jsonrpc.Args{i})
	}
	b.Notify("log", jsonrpc.Args{"cubing"})
	if _, err := client.Send(ctx, &b); err != nil {
		panic(err)
	}
	for _, cube := range cubes {
		n, err := cube.Get()
		if err != nil {
			panic(err)
		}
		fmt.Print(n, " ")
	}
	// Output:
	// logged: cubing
	// 0 1 8 27 64 125 216 343 512 729
}

// A request that fails fails alone.
func ExampleBatch_errors() {
	var b jsonrpc.Batch
	b.Add(jsonrpc.Request{Method: "cube", Params: jsonrpc.Args{2}}, jsonrpc.Request{Method: "dog"})
	reply, err := client.Send(ctx, &b)
	fmt.Println(err)
	for _, r := range reply.Responses {
		fmt.Println(r.Method, string(r.Result), jsonrpc.CodeOf(r.Err))
	}
	_, err = client.Send(ctx, new(jsonrpc.Batch))
	fmt.Println(err)
	// Output:
	// <nil>
	// cube 8 0
	// dog  7
	// jsonrpc: jsonrpctest: not sent: the batch is empty: add a request or a notification (clause 6)
}

func ExampleMethod() {
	cube := jsonrpc.Method[jsonrpc.Args, int]("cube")
	n, err := cube.Call(ctx, client, jsonrpc.Args{3})
	fmt.Println(n, err)
	// Output: 27 <nil>
}

func ExampleError() {
	err := client.Call(ctx, "dog", nil, nil)
	if e, ok := errors.AsType[*jsonrpc.Error](err); ok {
		data, _ := jsonrpc.DataAs[struct{ Until string }](e)
		fmt.Println(e.Code, e.Message, data.Until)
	}
	fmt.Println(jsonrpc.CodeOf(err), err)
	// Output:
	// 7 asleep noon
	// 7 jsonrpc: dog at jsonrpctest: asleep (code 7)
}

// A server of another time: no version, and an error that is only a text.
func ExampleWithValidation() {
	client, _ := jsonrpc.NewClient(says(`{"result":null,"error":"boom","id":1}`))
	id := jsonrpc.WithID(jsonrpc.IntID(1))
	err := client.Call(ctx, "cat", nil, nil, id)
	fmt.Println(err)
	err = client.Call(ctx, "cat", nil, nil, id, jsonrpc.WithValidation(false))
	fmt.Println(err)
	// Output:
	// jsonrpc: cat: the reply is not valid JSON-RPC 2.0: clause 5: the member "jsonrpc" is missing: {"result":null,"error":"boom","id":1} (WithValidation(false) accepts it)
	// jsonrpc: cat: boom
}

func ExampleWithTimeout() {
	err := client.Call(ctx, "sleep", nil, nil, jsonrpc.WithTimeout(time.Millisecond))
	fmt.Println(errors.Is(err, context.DeadlineExceeded), jsonrpc.MaybeSent(err))
	fmt.Println(jsonrpc.Call[int](ctx, client, "cube", jsonrpc.Args{3})) // as if nothing had happened
	// Output:
	// true true
	// 27 <nil>
}

func ExampleWithInterceptors() {
	count := func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			err := next(ctx, x)
			fmt.Println(x.Method(), jsonrpc.CodeOf(err))
			return err
		}
	}
	client := jsonrpctest.Connect(pets, jsonrpc.WithInterceptors(count))
	_ = client.Call(ctx, "cat", jsonrpc.Args{"Tom"}, nil)
	_ = client.Call(ctx, "dog", nil, nil)
	// Output:
	// cat 0
	// dog 7
}
