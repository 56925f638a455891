package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func TestResultGoesWhereItIsWanted(t *testing.T) {
	client := newClient(t, conversation1(`{"jsonrpc":"2.0","result":{"name":"Mittens","lives":9,"likes":["fish"]},"id":1}`))
	id := jsonrpc.WithID(jsonrpc.IntID(1))
	var mittens cat
	if err := client.Call(t.Context(), "cat", nil, &mittens, id); err != nil || mittens.Name != "Mittens" || mittens.Lives != 9 || len(mittens.Likes) != 1 {
		t.Error(mittens, err)
	}
	pointer, err := jsonrpc.Call[*cat](t.Context(), client, "cat", nil, id)
	if err != nil || pointer.Name != "Mittens" {
		t.Error(pointer, err)
	}
	value, err := jsonrpc.Call[any](t.Context(), client, "cat", nil, id)
	if err != nil || fmt.Sprint(value) != "map[likes:[fish] lives:9 name:Mittens]" {
		t.Error(value, err)
	}
	raw, err := client.Request(t.Context(), "cat", nil, id)
	if err != nil || string(raw) != `{"name":"Mittens","lives":9,"likes":["fish"]}` {
		t.Errorf("%s, %v", raw, err)
	}
	parts, err := jsonrpc.Call[map[string]json.RawMessage](t.Context(), client, "cat", nil, id)
	if err != nil || string(parts["likes"]) != `["fish"]` {
		t.Errorf("%s, %v", parts, err)
	}
	if err := client.Call(t.Context(), "cat", nil, nil, id); err != nil {
		t.Error(err)
	}
}

func TestNullLeavesTheVariableAlone(t *testing.T) {
	client := newClient(t, conversation1(`{"jsonrpc":"2.0","result":null,"id":1}`))
	n := 7
	if err := client.Call(t.Context(), "cat", nil, &n); err != nil || n != 7 {
		t.Error(n, err)
	}
}

func TestMethodIsTyped(t *testing.T) {
	var cube = jsonrpc.Method[jsonrpc.Args, int]("cube")
	client := converse(t, `
		--> {"jsonrpc":"2.0","method":"cube","params":[3],"id":1}
		<-- {"jsonrpc":"2.0","result":27,"id":1}
		--> {"jsonrpc":"2.0","method":"cube","params":[4]}
		--> [{"jsonrpc":"2.0","method":"cube","params":[5],"id":2}]
		<-- [{"jsonrpc":"2.0","result":125,"id":2}]
	`)
	if n, err := cube.Call(t.Context(), client, jsonrpc.Args{3}); n != 27 || err != nil {
		t.Error(n, err)
	}
	if err := cube.Notify(t.Context(), client, jsonrpc.Args{4}); err != nil {
		t.Error(err)
	}
	var b jsonrpc.Batch
	five := cube.Queue(&b, jsonrpc.Args{5})
	if _, err := client.Send(t.Context(), &b); err != nil {
		t.Error(err)
	}
	if n, err := five.Get(); n != 125 || err != nil {
		t.Error(n, err)
	}
}

func TestNotificationHasNoResultButMayFail(t *testing.T) {
	client := converse(t, `
		--> {"jsonrpc":"2.0","method":"log"}
		--> {"jsonrpc":"2.0","method":"log"}
		<--
		--> {"jsonrpc":"2.0","method":"log"}
		<-- {"jsonrpc":"2.0","result":true,"id":null}
		--> {"jsonrpc":"2.0","method":"log"}
		<-- {"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":null}
		--> {"jsonrpc":"2.0","method":"log"}
		<-- OK
	`)
	for i := range 5 {
		if err := client.Notify(t.Context(), "log", nil); jsonrpc.CodeOf(err) != 0 != (i == 3) || (err != nil) != (i == 3) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// closer is a transport that notes that it was closed.
type closer struct {
	tripper
	closed int
}

func (c *closer) Close() error { c.closed++; return nil }

func TestCallsAfterCloseEndInErrClosed(t *testing.T) {
	rt := &closer{tripper: says(`{"jsonrpc":"2.0","result":1,"id":1}`)}
	client := newClient(t, rt)
	if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(client.Close(), client.Close()); err != nil || rt.closed != 1 {
		t.Errorf("%v, closed %d times", err, rt.closed)
	}
	var b jsonrpc.Batch
	result := jsonrpc.Queue[int](&b, "cat", nil)
	_, batchErr := client.Send(t.Context(), &b)
	_, itemErr := result.Get()
	for _, err := range []error{client.Call(t.Context(), "cat", nil, nil), client.Notify(t.Context(), "cat", nil), batchErr, itemErr} {
		if !errors.Is(err, jsonrpc.ErrClosed) || jsonrpc.MaybeSent(err) {
			t.Error(err)
		}
	}
}

// What an interceptor holds back while the client is closed goes nowhere: it would make a
// connection that nobody closes.
func TestCloseWhileACallWaitsToBeSent(t *testing.T) {
	rt := &closer{tripper: func(context.Context, *transport.Message) (io.ReadCloser, error) {
		t.Error("it was sent")
		return nil, io.EOF
	}}
	var client *jsonrpc.Client
	client = newClient(t, rt, jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			_ = client.Close()
			return next(ctx, x)
		}
	}))
	if err := client.Call(t.Context(), "cat", nil, nil); !errors.Is(err, jsonrpc.ErrClosed) || jsonrpc.MaybeSent(err) {
		t.Error(err)
	}
}

// hang does not answer before ctx ends.
var hang = tripper(func(ctx context.Context, _ *transport.Message) (io.ReadCloser, error) {
	<-ctx.Done()
	return nil, &transport.Error{Op: "send", Sent: true, Err: context.Cause(ctx)}
})

func TestContextEndsACall(t *testing.T) {
	cause := errors.New("the user left")
	tests := map[string]struct {
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		opts []jsonrpc.CallOption
		is   []error
		want string
	}{
		"its deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, nil, []error{context.DeadlineExceeded}, "jsonrpc: cat: send: context deadline exceeded"},
		"the call's timeout": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithCancel(ctx)
		}, []jsonrpc.CallOption{jsonrpc.WithTimeout(time.Second)}, []error{context.DeadlineExceeded}, "jsonrpc: cat: send: context deadline exceeded"},
		"a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Second, func() { cancel(cause) })
			return ctx, func() { cancel(nil) }
		}, nil, []error{context.Canceled, cause}, "jsonrpc: cat: send: the user left"},
	}
	for name, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			client := newClient(t, hang)
			ctx, cancel := test.ctx(t.Context())
			defer cancel()
			begin := time.Now()
			err := client.Call(ctx, "cat", nil, nil, test.opts...)
			if took := time.Since(begin); took != time.Second {
				t.Errorf("%s: it took %v", name, took)
			}
			wantError(t, err, test.want)
			for _, target := range test.is {
				if !errors.Is(err, target) {
					t.Errorf("%s: %v is not %v", name, err, target)
				}
			}
			as[*transport.Error](t, err)
			if !jsonrpc.MaybeSent(err) {
				t.Error("it may have been sent")
			}
		})
	}
}

func TestContextThatHasEndedSendsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := converse(t, ``).Call(ctx, "cat", nil, nil)
	wantError(t, err, "jsonrpc: cat at test:: send: context canceled")
	if !errors.Is(err, context.Canceled) || jsonrpc.MaybeSent(err) {
		t.Error(err)
	}
}

// TestTimeoutOfACallCountsInsteadOfTheClients: longer, shorter, none.
func TestTimeoutOfACallCountsInsteadOfTheClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, hang, jsonrpc.WithTimeout(time.Minute))
		for _, d := range []time.Duration{time.Second, time.Hour} {
			begin := time.Now()
			_ = client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithTimeout(d))
			if took := time.Since(begin); took != d {
				t.Errorf("%v took %v", d, took)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		begin := time.Now()
		_ = client.Call(ctx, "cat", nil, nil, jsonrpc.WithTimeout(0))
		if took := time.Since(begin); took != 2*time.Hour {
			t.Errorf("none took %v", took)
		}
	})
}

func TestManyGoroutinesShareAClient(t *testing.T) {
	echo := tripper(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
		body := string(m.Body)
		if strings.HasPrefix(body, "[") {
			return io.NopCloser(strings.NewReader("[" + response(body, "true") + "]")), nil
		}
		_, params, _ := strings.Cut(body, `"params":`)
		params, _, found := strings.Cut(params, `,"id"`)
		if !found {
			return nil, nil
		}
		return io.NopCloser(strings.NewReader(response(body, params))), nil
	})
	logger, _ := arrows()
	for name, opts := range map[string][]jsonrpc.ClientOption{"plain": nil, "logging": {jsonrpc.WithLogger(logger)}} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, echo, opts...)
			var wg sync.WaitGroup
			for i := range 32 {
				wg.Go(func() {
					for j := range 50 {
						want := []int{i, j}
						got, err := jsonrpc.Call[[]int](t.Context(), client, "echo", want, jsonrpc.WithHeader("X-A", "1"))
						if err != nil || len(got) != 2 || got[0] != i || got[1] != j {
							t.Errorf("%v for %v, %v", got, want, err)
						}
						raw, err := client.Request(t.Context(), "echo", want)
						if err != nil || string(raw) != fmt.Sprintf("[%d,%d]", i, j) {
							t.Errorf("%s for %v, %v", raw, want, err)
						}
						var b jsonrpc.Batch
						ok := jsonrpc.Queue[bool](&b, "ok", nil)
						if _, err := client.Send(t.Context(), &b); err != nil {
							t.Error(err)
						}
						if yes, err := ok.Get(); !yes || err != nil {
							t.Error(yes, err)
						}
						if err := client.Notify(t.Context(), "n", nil); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}
