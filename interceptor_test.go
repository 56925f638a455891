package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
)

func TestInterceptorsGoFromTheOutermostIn(t *testing.T) {
	var order []string
	note := func(name string) jsonrpc.Interceptor {
		return func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				order = append(order, name)
				defer func() { order = append(order, "/"+name) }()
				return next(ctx, x)
			}
		}
	}
	client := newClient(t, conversation1(`{"jsonrpc":"2.0","result":1,"id":1}`),
		jsonrpc.WithInterceptors(note("a"), note("b")), jsonrpc.WithInterceptors(note("c")))
	if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
		t.Fatal(err)
	}
	if want := "a b c /c /b /a"; strings.Join(order, " ") != want {
		t.Errorf("order %v, want %s", order, want)
	}
}

func TestInterceptorSeesMessageAndOutcome(t *testing.T) {
	var saw []string
	look := func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			x.KeepReply()
			x.Header().Set("X-Trace", "42")
			var requests []string
			for r := range x.Requests() {
				requests = append(requests, fmt.Sprintf("%s%s#%v", r.Method, r.Params, r.ID))
			}
			err := next(ctx, x)
			var codes []int64
			for _, r := range x.Responses() {
				codes = append(codes, jsonrpc.CodeOf(r.Err))
			}
			saw = append(saw, fmt.Sprintf("%s batch=%v due=%v %v sent=%d status=%d size=%d reply=%d codes=%v failed=%v", x.Method(), x.Batch(),
				x.ReplyDue(), requests, len(x.Text()), x.HTTPStatus(), x.ReplySize(), len(x.Reply()), codes, err != nil))
			return err
		}
	}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Trace") != "42" {
			t.Errorf("headers %v", r.Header)
		}
		if r.URL.Path == "/fail" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"jsonrpc":"2.0","error":{"code":-32601,"message":"m"},"id":null}`))
			return
		}
		_, _ = w.Write([]byte(`[{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","error":{"code":7,"message":"m"},"id":2}]`))
	})
	client := dial(t, server.URL, jsonrpc.WithInterceptors(look))
	var b jsonrpc.Batch
	b.Add(jsonrpc.Request{Method: "a", Params: jsonrpc.Args{1}}, jsonrpc.Request{Method: "b"})
	b.Notify("n", jsonrpc.Named{"x": 1})
	if _, err := client.Send(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	_ = dial(t, server.URL+"/fail", jsonrpc.WithInterceptors(look)).Call(t.Context(), "c", jsonrpc.Args{}, nil)
	want := []string{
		`batch batch=true due=true [a[1]#1 b%!s(<nil>)#2 n{"x":1}#] sent=138 status=200 size=95 reply=95 codes=[0 7] failed=false`,
		`c batch=false due=true [c[]#1] sent=49 status=404 size=65 reply=65 codes=[-32601] failed=true`,
	}
	if !slices.Equal(saw, want) {
		t.Errorf("saw\n%s\nwant\n%s", strings.Join(saw, "\n"), strings.Join(want, "\n"))
	}
}

func TestInterceptorMaySendAgain(t *testing.T) {
	retry := func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			err := next(ctx, x)
			for range 2 {
				if jsonrpc.CodeOf(err) != 503 && !slices.ContainsFunc(x.Responses(), func(r jsonrpc.Response) bool { return jsonrpc.CodeOf(r.Err) == 503 }) {
					break
				}
				err = next(ctx, x)
			}
			return err
		}
	}
	client := converse(t, `
		--> {"jsonrpc":"2.0","method":"cat","id":1}
		<-- {"jsonrpc":"2.0","error":{"code":503,"message":"busy"},"id":1}
		--> {"jsonrpc":"2.0","method":"cat","id":1}
		<-- {"jsonrpc":"2.0","result":"meow","id":1}
		--> [{"jsonrpc":"2.0","method":"a","id":2},{"jsonrpc":"2.0","method":"b","id":3}]
		<-- [{"jsonrpc":"2.0","error":{"code":503,"message":"busy"},"id":2},{"jsonrpc":"2.0","result":1,"id":3}]
		--> [{"jsonrpc":"2.0","method":"a","id":2},{"jsonrpc":"2.0","method":"b","id":3}]
		<-- [{"jsonrpc":"2.0","result":4,"id":2},{"jsonrpc":"2.0","result":5,"id":3}]
	`, jsonrpc.WithInterceptors(retry))
	if sound, err := jsonrpc.Call[string](t.Context(), client, "cat", nil); sound != "meow" || err != nil {
		t.Error(sound, err)
	}
	var batch jsonrpc.Batch
	a, b := jsonrpc.Queue[int](&batch, "a", nil), jsonrpc.Queue[int](&batch, "b", nil)
	if _, err := client.Send(t.Context(), &batch); err != nil {
		t.Fatal(err)
	}
	first, err1 := a.Get()
	second, err2 := b.Get()
	if first != 4 || second != 5 || err1 != nil || err2 != nil {
		t.Error(first, err1, second, err2)
	}
}

// TestInterceptorThatRefuses: a result must not seem to be there when an
// interceptor ended the call without sending anything.
func TestInterceptorThatRefuses(t *testing.T) {
	open := errors.New("the breaker is open")
	client := converse(t, ``, jsonrpc.WithInterceptors(func(jsonrpc.Invoker) jsonrpc.Invoker {
		return func(context.Context, *jsonrpc.Exchange) error { return open }
	}))
	err := client.Call(t.Context(), "cat", nil, nil)
	wantError(t, err, "jsonrpc: cat at test:: the breaker is open")
	var b jsonrpc.Batch
	a := jsonrpc.Queue[int](&b, "a", nil)
	if _, err := client.Send(t.Context(), &b); !errors.Is(err, open) {
		t.Error(err)
	}
	if n, err := a.Get(); !errors.Is(err, open) {
		t.Error(n, err)
	}
}
