package jsonrpctest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// t is the *testing.T of a test; examples have none.
var t fakeTB

var ctx = context.Background()

func Example() {
	// func TestCat(t *testing.T) {
	url := jsonrpctest.Start(&t, jsonrpctest.Handlers{
		"cat": jsonrpctest.Func(func(name string) string { return name + " says meow" }, "name"),
	})
	sound, err := jsonrpc.Call[string](ctx, jsonrpc.URL(url), "cat", jsonrpc.Named{"name": "Mittens"})
	// }
	fmt.Println(sound, err)
	// Output: Mittens says meow <nil>
}

func ExampleConnect() {
	client := jsonrpctest.Connect(jsonrpctest.Handlers{
		"ping": jsonrpctest.Func(func() string { return "pong" }),
	})
	pong, err := jsonrpc.Call[string](ctx, client, "ping", nil)
	fmt.Println(pong, err)
	// Output: pong <nil>
}

func ExampleFunc() {
	client := jsonrpctest.Connect(jsonrpctest.Handlers{
		"subtract": jsonrpctest.Func(func(minuend, subtrahend int) int {
			return minuend - subtrahend
		}, "minuend", "subtrahend"),
		"divide": jsonrpctest.Func(func(ctx context.Context, dividend, divisor float64) (float64, error) {
			if divisor == 0 {
				return 0, errors.New("division by zero")
			}
			return dividend / divisor, nil
		}),
	})
	fmt.Println(jsonrpc.Call[int](ctx, client, "subtract", jsonrpc.Args{42, 23}))
	fmt.Println(jsonrpc.Call[int](ctx, client, "subtract", jsonrpc.Named{"minuend": 42, "subtrahend": 23}))
	_, err := client.Request(ctx, "subtract", jsonrpc.Args{42})
	fmt.Println(err)
	_, err = client.Request(ctx, "divide", jsonrpc.Args{1, 0})
	fmt.Println(err)
	// Output:
	// 19 <nil>
	// 19 <nil>
	// jsonrpc: subtract at jsonrpctest: Invalid params: got 1, expected minuend integer, subtrahend integer (code -32602)
	// jsonrpc: divide at jsonrpctest: division by zero (code -32603)
}

func ExampleHandler() {
	client := jsonrpctest.Connect(jsonrpctest.Handlers{
		"echo": func(_ context.Context, params json.RawMessage) (any, error) { return params, nil },
		"refuse": func(context.Context, json.RawMessage) (any, error) {
			return nil, &jsonrpc.Error{Code: -32001, Message: "Come back tomorrow"}
		},
	})
	echo, err := client.Request(ctx, "echo", jsonrpc.Args{0.1, "a"})
	fmt.Printf("%s %v\n", echo, err)
	_, err = client.Request(ctx, "refuse", nil)
	fmt.Println(jsonrpc.CodeOf(err))
	// Output:
	// [0.1,"a"] <nil>
	// -32001
}

// A server is a transport by itself, and can be changed while it is in use.
func ExampleServer() {
	server := &jsonrpctest.Server{Name: "pets"}
	server.Handle("cat", jsonrpctest.Func(func() string { return "meow" }))
	client, err := jsonrpc.NewClient(server)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(jsonrpc.Call[string](ctx, client, "cat", nil))
	fmt.Println(client.Notify(ctx, "dog", nil))
	fmt.Println(client.Call(ctx, "dog", nil, nil))
	// Output:
	// meow <nil>
	// <nil>
	// jsonrpc: dog at pets: Method not found (code -32601)
}

func ExampleHeader() {
	client := jsonrpctest.Connect(jsonrpctest.Handlers{
		"whoami": jsonrpctest.Func(func(ctx context.Context) string {
			return jsonrpctest.Header(ctx).Get("Authorization")
		}),
	}, jsonrpc.WithBearerToken("let me in"))
	fmt.Println(jsonrpc.Call[string](ctx, client, "whoami", nil))
	// Output: Bearer let me in <nil>
}

// A server that bends the rules, and is asked twice.
func ExampleScript() {
	// func TestOldServer(t *testing.T) {
	url := jsonrpctest.Script(&t, `
		--> {"jsonrpc":"2.0","method":"cat","id":1}
		<-- HTTP 503 Retry-After: 1
		<-- HTTP Content-Type: text/plain
		<-- asleep

		--> {"jsonrpc":"2.0","method":"cat","id":2}
		<-- {"result":"meow","error":null,"id":2}
	`)
	client, err := jsonrpc.Dial(ctx, url, jsonrpc.WithValidation(false))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Request(ctx, "cat", nil)
	status := (*jsonrpc.HTTPError)(nil)
	fmt.Println(errors.As(err, &status), status)
	sound, err := jsonrpc.Call[string](ctx, client, "cat", nil)
	// }
	fmt.Println(sound, err)
	// Output:
	// true the server answered 503 text/plain: asleep
	// meow <nil>
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, failure := range t.end() {
		fmt.Println("in an example:", failure)
		code = 1
	}
	os.Exit(code)
}
