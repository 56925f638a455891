package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
)

func ExampleNew() {
	busy := &server{steps: []step{{status: 503, reply: "busy"}, fine}} // once, and then no more
	client, err := jsonrpc.NewClient(busy,
		jsonrpc.WithIdempotent("get*"), // which may be carried out twice
		resilience.New(
			resilience.Retry{First: time.Millisecond},
			resilience.Gate{},
			resilience.RateLimit{Calls: 25},
			resilience.Breaker{},
		))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(jsonrpc.Call[string](context.Background(), client, "get", nil))
	// Output: fine <nil>
}

// A server that is rate limited by a code of its own.
func ExampleClassifier() {
	classify := resilience.Classifier(func(err error) jsonrpc.Outcome {
		o := jsonrpc.Classify(err)
		if jsonrpc.CodeOf(err) == 7 {
			o.Class = jsonrpc.ClassRateLimited
		}
		return o
	})
	busy := &server{steps: []step{said, fine}}
	client, err := jsonrpc.NewClient(busy, jsonrpc.WithIdempotent("get*"),
		resilience.New(classify, resilience.Retry{First: time.Millisecond}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(jsonrpc.Call[string](context.Background(), client, "get", nil))
	// Output: fine <nil>
}

func ExampleRetryError() {
	down := &server{name: "https://node.example", steps: []step{unsent}}
	client, err := jsonrpc.NewClient(down, resilience.New(resilience.Retry{Attempts: 3, First: time.Millisecond}))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = client.Call(context.Background(), "put", nil, nil)
	fmt.Println(err)
	if gaveUp := (*resilience.RetryError)(nil); errors.As(err, &gaveUp) {
		fmt.Println(gaveUp.Attempts, jsonrpc.MaybeSent(err))
	}
	// Output:
	// jsonrpc: put at https://node.example: connect: connection refused (gave up after 3 attempts: no more are allowed)
	// 3 false
}
