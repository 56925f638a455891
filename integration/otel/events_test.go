package otel_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/otel"
	"example.com/jsonrpc/transport"
)

// attemptsOf returns the numbers of the attempts that events tell of, in order.
func (r *recorder) attemptsOf() string {
	var numbers []string
	for _, span := range r.spans.GetSpans() {
		for _, event := range span.Events {
			for _, a := range event.Attributes {
				if a.Key == attribute.Key("jsonrpc.attempt.number") {
					numbers = append(numbers, a.Value.String())
				}
			}
		}
	}
	return strings.Join(numbers, " ")
}

// hedged sends a message again while the first is under way, which is so once begun is
// closed, and takes the answer of the first.
func hedged(begun, second chan struct{}) jsonrpc.Interceptor {
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			first, done := x.Part(), make(chan error)
			go func() { done <- next(ctx, first) }()
			<-begun
			again, err := x.Copy()
			if err != nil {
				return err
			}
			if err := next(ctx, again); err == nil {
				return fmt.Errorf("the second attempt has not failed")
			}
			close(second)
			return x.Adopt(first, <-done)
		}
	}
}

// Attempts that end in another order than they began in have an event each.
func TestAttemptsThatOvertake(t *testing.T) {
	r := newRecorder(t)
	o := r.options()
	begun, second := make(chan struct{}), make(chan struct{})
	server := tripper(func(m *transport.Message) string {
		if !strings.Contains(string(m.Body), `"id":1}`) {
			return "oops"
		}
		close(begun)
		<-second
		return `{"jsonrpc":"2.0","result":1,"id":1}`
	})
	c, err := jsonrpc.NewClient(server, jsonrpc.WithInterceptors(otel.Interceptor(&o), hedged(begun, second)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Call(t.Context(), "cat", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := r.attemptsOf(); got != "2 1" {
		t.Errorf("events tell of the attempts %q", got)
	}
}

// A span ends even if the call does not return: the loop over rows is the caller's.
func TestSpanOfPanic(t *testing.T) {
	r := newRecorder(t)
	o := r.options()
	server := tripper(func(*transport.Message) string { return `{"jsonrpc":"2.0","result":[1,2],"id":1}` })
	c, err := jsonrpc.NewClient(server, jsonrpc.WithInterceptors(otel.Interceptor(&o)))
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("there was no panic")
			}
		}()
		for _, err := range jsonrpc.Rows[int](t.Context(), c, "rows", nil) {
			panic(fmt.Sprint("oops ", err))
		}
	}()
	if n := len(r.spans.GetSpans()); n != 1 {
		t.Errorf("%d spans have ended", n)
	}
}
