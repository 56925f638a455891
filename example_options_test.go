package jsonrpc_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

func ExampleWithBasicAuth() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "tom" || password != "jerry-1940" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		jsonrpctest.NewServer(pets).ServeHTTP(w, r)
	}))
	defer server.Close()

	client, err := jsonrpc.Dial(ctx, server.URL, jsonrpc.WithBasicAuth("tom", "jerry-1940"))
	if err != nil {
		panic(err)
	}
	fmt.Println(jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Args{"Tom"}))

	_, err = jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Args{"Tom"}, jsonrpc.WithBasicAuth("spike", "woof"))
	var page *jsonrpc.HTTPError
	fmt.Println(errors.As(err, &page), page.StatusCode)
	// Output:
	// meow <nil>
	// true 401
}

func ExampleWithLeanHTTP() {
	server := httptest.NewServer(jsonrpctest.NewServer(pets))
	defer server.Close()

	client, err := jsonrpc.Dial(ctx, server.URL, jsonrpc.WithLeanHTTP())
	if err != nil {
		panic(err)
	}
	defer client.Close()
	fmt.Println(jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Args{"Tom"}))
	// Output:
	// meow <nil>
}

func ExampleWithProxy() {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("the proxy is asked for", r.URL.Host)
		jsonrpctest.NewServer(pets).ServeHTTP(w, r)
	}))
	defer proxy.Close()

	client, err := jsonrpc.Dial(ctx, "http://pets.example", jsonrpc.WithProxy(proxy.URL))
	if err != nil {
		panic(err)
	}
	fmt.Println(jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Args{"Tom"}))
	// Output:
	// the proxy is asked for pets.example
	// meow <nil>
}

// A token in the params, as aria2 wants it, is in no error and in no log.
func ExampleWithSecrets() {
	client := jsonrpctest.Connect(jsonrpctest.Handlers{
		"login": jsonrpctest.Func(func(token string) (string, error) {
			return "", &jsonrpc.Error{Code: 1, Message: "bad token " + token}
		}),
	}, jsonrpc.WithSecrets("s3cret-token"))
	fmt.Println(client.Call(ctx, "login", jsonrpc.Args{"s3cret-token"}, nil))
	// Output: jsonrpc: login at jsonrpctest: bad token *** (code 1)
}

func ExampleRows() {
	client := jsonrpctest.Connect(jsonrpctest.Handlers{
		"numbers": jsonrpctest.Func(func() ([]int, error) { return []int{1, 2, 3}, nil }),
	})
	for n, err := range jsonrpc.Rows[int](ctx, client, "numbers", nil) {
		if err != nil {
			panic(err)
		}
		fmt.Println(n)
	}
	// Output:
	// 1
	// 2
	// 3
}

// Calls of many goroutines go out in few messages.
func ExampleWithCoalescing() {
	client := jsonrpctest.Connect(pets, jsonrpc.WithCoalescing(jsonrpc.Coalescing{}))
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if sound, err := jsonrpc.Call[string](ctx, client, "cat", jsonrpc.Args{"Tom"}); err != nil || sound != "meow" {
				fmt.Println(sound, err)
			}
		})
	}
	wg.Wait()
	fmt.Println("all have meowed")
	// Output: all have meowed
}
