package jsonrpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// around returns an option for an interceptor that is this function.
func around(f func(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error) jsonrpc.ClientOption {
	return jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error { return f(ctx, x, next) }
	})
}

func TestWithIdempotent(t *testing.T) {
	var got []string
	client := newClient(t, says(`[]`), jsonrpc.WithValidation(false), jsonrpc.WithIdempotent("get*", "a*b*c", "exact"),
		around(func(_ context.Context, x *jsonrpc.Exchange, _ jsonrpc.Invoker) error {
			for _, it := range x.Items() {
				if it.Idempotent {
					got = append(got, it.Method)
				}
			}
			got = append(got, fmt.Sprint(x.Idempotent()))
			return nil
		}))
	send := func(opts []jsonrpc.CallOption, methods ...string) {
		var b jsonrpc.Batch
		for _, m := range methods {
			b.Add(jsonrpc.Request{Method: m})
		}
		_, _ = client.Send(t.Context(), &b, opts...)
	}
	for _, test := range []struct {
		opts    []jsonrpc.CallOption
		methods string
		want    string
	}{
		{nil, "get getBalance forget Get", "get getBalance false"},
		{nil, "abc axbxcxbc abcd ab aabbcc exact exactly", "abc axbxcxbc aabbcc exact false"},
		{nil, "get exact", "get exact true"},
		{[]jsonrpc.CallOption{jsonrpc.WithIdempotent("put*")}, "put putAll get post", "put putAll get false"},
		{[]jsonrpc.CallOption{jsonrpc.WithIdempotent()}, "put delete", "put delete true"},
	} {
		got = nil
		if send(test.opts, strings.Fields(test.methods)...); strings.Join(got, " ") != test.want {
			t.Errorf("%s: %v, want %s", test.methods, got, test.want)
		}
	}
	got = nil
	_ = client.Notify(t.Context(), "get", nil, jsonrpc.WithIdempotent())
	if !slices.Equal(got, []string{"false"}) {
		t.Errorf("a notification is idempotent: %v", got)
	}
}

// sendAgain sends the items with errors once more, as a part.
func sendAgain(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error {
	err := next(ctx, x)
	var again []int
	for i, it := range x.Items() {
		if it.Err != nil {
			again = append(again, i)
		}
	}
	if len(again) == 0 {
		return err
	}
	part := x.Part(again...)
	return x.Adopt(part, next(ctx, part))
}

func TestPartOfABatch(t *testing.T) {
	client := converse(t, `
		--> [{"jsonrpc":"2.0","method":"a","params":[1],"id":1},{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","method":"b","id":2},{"jsonrpc":"2.0","method":"c","id":3}]
		<-- [{"jsonrpc":"2.0","error":{"code":1,"message":"x"},"id":1},{"jsonrpc":"2.0","result":2,"id":2},{"jsonrpc":"2.0","error":{"code":1,"message":"x"},"id":3}]
		--> [{"jsonrpc":"2.0","method":"a","params":[1],"id":1},{"jsonrpc":"2.0","method":"c","id":3}]
		<-- [{"jsonrpc":"2.0","error":{"code":9,"message":"still"},"id":3},{"jsonrpc":"2.0","result":1,"id":1}]
	`, around(sendAgain))
	var batch jsonrpc.Batch
	a := jsonrpc.Queue[int](&batch, "a", jsonrpc.Args{1})
	batch.Notify("n", nil)
	b, c := jsonrpc.Queue[int](&batch, "b", nil), jsonrpc.Queue[int](&batch, "c", nil)
	reply, err := client.Send(t.Context(), &batch)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range []*jsonrpc.Result[int]{a, b} {
		if n, err := r.Get(); n != i+1 || err != nil {
			t.Error(n, err)
		}
	}
	if _, err := c.Get(); jsonrpc.CodeOf(err) != 9 {
		t.Error(err)
	}
	if len(reply.Responses) != 3 || string(reply.Responses[0].Result) != "1" || string(reply.Responses[1].Result) != "2" {
		t.Errorf("%+v", reply.Responses)
	}
	if bytes.Count(reply.Text, []byte("\n")) != 1 {
		t.Errorf("the text has not both replies: %s", reply.Text)
	}
}

// TestPartOfARawBatch: the items of a raw message are sent as they were written.
func TestPartOfARawBatch(t *testing.T) {
	client := converse(t, `
		--> [ {"jsonrpc":"2.0","method":"a","id":"x","auth":1} , {"method":"b", "id":7} ]
		<-- [{"jsonrpc":"2.0","result":1,"id":"x"},{"jsonrpc":"2.0","error":{"code":1,"message":"x"},"id":7}]
		--> [{"method":"b", "id":7}]
		<-- [{"jsonrpc":"2.0","result":2,"id":7}]
	`, around(sendAgain))
	reply, err := client.Send(t.Context(), jsonrpc.Raw(`[ {"jsonrpc":"2.0","method":"a","id":"x","auth":1} , {"method":"b", "id":7} ]`))
	if err != nil || string(reply.Responses[1].Result) != "2" {
		t.Error(reply, err)
	}
}

// TestPartThatFails: each item has the error of the part as its own.
func TestPartThatFails(t *testing.T) {
	broken := &transport.Error{Op: "read", Sent: true, Err: io.ErrUnexpectedEOF}
	calls := 0
	client := newClient(t, tripper(func(context.Context, *transport.Message) (io.ReadCloser, error) {
		if calls++; calls == 1 {
			return io.NopCloser(strings.NewReader(`[{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","error":{"code":1,"message":"x"},"id":2}]`)), nil
		}
		return nil, broken
	}), around(func(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error {
		if err := sendAgain(ctx, x, next); !errors.Is(err, broken) {
			t.Error(err)
		}
		return nil
	}))
	var batch jsonrpc.Batch
	a, b := jsonrpc.Queue[int](&batch, "a", nil), jsonrpc.Queue[int](&batch, "b", nil)
	if _, err := client.Send(t.Context(), &batch); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Get(); n != 1 || err != nil {
		t.Error(n, err)
	}
	if _, err := b.Get(); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestCopy: a copy has ids of its own, and the caller sees its own.
func TestCopy(t *testing.T) {
	twice := around(func(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error {
		first := x.Part()
		_ = next(ctx, first)
		second, err := x.Copy()
		if err != nil {
			return err
		}
		return x.Adopt(second, next(ctx, second))
	})
	client := converse(t, `
		--> {"jsonrpc":"2.0","method":"a","params":{"id":5},"id":1}
		<-- {"jsonrpc":"2.0","result":"first","id":1}
		--> {"jsonrpc":"2.0","method":"a","params":{"id":5},"id":2}
		<-- {"jsonrpc":"2.0","result":"second","id":2}
		--> [{"jsonrpc":"2.0","method":"b","id":"own"},{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","method":"c","id":3}]
		<-- [{"jsonrpc":"2.0","result":0,"id":"own"},{"jsonrpc":"2.0","result":0,"id":3}]
		--> [{"jsonrpc":"2.0","method":"b","id":4},{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","method":"c","id":5}]
		<-- [{"jsonrpc":"2.0","result":5,"id":5},{"jsonrpc":"2.0","result":4,"id":4}]
	`, twice)
	if s, err := jsonrpc.Call[string](t.Context(), client, "a", jsonrpc.Named{"id": 5}); s != "second" || err != nil {
		t.Error(s, err)
	}
	var batch jsonrpc.Batch
	batch.Add(jsonrpc.Request{Method: "b", ID: jsonrpc.StringID("own")})
	batch.Notify("n", nil)
	c := jsonrpc.Queue[int](&batch, "c", nil)
	reply, err := client.Send(t.Context(), &batch)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Get(); n != 5 || err != nil {
		t.Error(n, err)
	}
	if r := reply.Responses[0]; r.ID != jsonrpc.StringID("own") || string(r.Result) != "4" {
		t.Errorf("%+v", r)
	}
}

func TestKeysAndCopies(t *testing.T) {
	var keys []string
	var copyable bool
	var members, meta jsonrpc.Named // that an interceptor sets
	client := newClient(t, says(`{"jsonrpc":"2.0","result":[],"id":1}`), jsonrpc.WithHeader("X", "session"),
		around(func(_ context.Context, x *jsonrpc.Exchange, _ jsonrpc.Invoker) error {
			if err := errors.Join(x.SetMembers(members), x.SetMeta(meta)); err != nil {
				t.Error(err)
			}
			copyable = x.Copyable()
			key, ok := x.Key()
			if !ok {
				key = "none"
			}
			keys = append(keys, key)
			return nil
		}))
	ask := func(params any, opts ...jsonrpc.CallOption) string {
		_ = client.Call(t.Context(), "m", params, nil, opts...)
		return keys[len(keys)-1]
	}
	with := func(m jsonrpc.Named) string {
		members = m
		defer func() { members = nil }()
		return ask(jsonrpc.Args{1})
	}
	raw := func(text string, m jsonrpc.Named) string {
		meta = m
		defer func() { meta = nil }()
		_, _ = client.Send(t.Context(), jsonrpc.Raw(text))
		return keys[len(keys)-1]
	}
	base := ask(jsonrpc.Args{1})
	same := map[string]string{
		"again":                  ask(jsonrpc.Args{1}),
		"as idempotent":          ask(jsonrpc.Args{1}, jsonrpc.WithIdempotent()),
		"with another id":        ask(jsonrpc.Args{1}, jsonrpc.WithID(jsonrpc.StringID("x"))),
		"of another trace":       ask(jsonrpc.Args{1}, jsonrpc.WithHeader("Traceparent", "00-1")),
		"of a trace, as members": with(jsonrpc.Named{"traceparent": "00-1", "tracestate": "a=b"}),
		"raw":                    raw(` {"jsonrpc":"2.0","method":"m","params":[1],"id":9} `, nil),
	}
	for name, key := range same {
		if key != base {
			t.Errorf("%s: %q and %q", name, key, base)
		}
	}
	seen := map[string]string{base: "the first"}
	for name, key := range map[string]string{
		"other params":      ask(jsonrpc.Args{2}),
		"no params":         ask(nil),
		"another header":    ask(jsonrpc.Args{1}, jsonrpc.WithHeader("X-Tenant", "b")),
		"a header less":     ask(jsonrpc.Args{1}, jsonrpc.WithHeader("X")),
		"another cookie":    ask(jsonrpc.Args{1}, jsonrpc.WithCookie("c", "1")),
		"another query":     ask(jsonrpc.Args{1}, jsonrpc.WithQuery("q", "1")),
		"another check":     ask(jsonrpc.Args{1}, jsonrpc.WithValidation(false)),
		"another session":   ask(jsonrpc.Args{1}, jsonrpc.WithSession("s")),
		"a member":          with(jsonrpc.Named{"auth": "a"}),
		"another member":    with(jsonrpc.Named{"auth": "b"}),
		"a raw member":      raw(`{"jsonrpc":"2.0","method":"m","params":[1],"id":1,"auth":"c"}`, nil),
		"raw, with meta":    raw(`{"jsonrpc":"2.0","method":"m","params":{},"id":1}`, jsonrpc.Named{"user": "a"}),
		"raw, another meta": raw(`{"jsonrpc":"2.0","method":"m","params":{},"id":1}`, jsonrpc.Named{"user": "b"}),
		"a token of itself": ask(jsonrpc.Args{1}, jsonrpc.WithBearer(func(context.Context) (string, error) { return "t", nil })),
	} {
		if other, known := seen[key]; known {
			t.Errorf("%s has the key of %s: %q", name, other, key)
		}
		seen[key] = name
	}
	if seen["none"] != "a token of itself" {
		t.Error("a call with a token of its own has a key")
	}
	if !copyable {
		t.Error("a call cannot be copied")
	}
	for _, err := range jsonrpc.Rows[int](t.Context(), client, "m", nil) {
		_ = err
	}
	if copyable || keys[len(keys)-1] != "none" {
		t.Error("the items of Rows can be copied")
	}
}

func TestOnAttempt(t *testing.T) {
	var told []string
	outer := around(func(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error {
		x.OnAttempt(func(a jsonrpc.Attempt) {
			told = append(told, fmt.Sprintf("%d %s items=%d failed=%v begun=%v", a.Number, a.Endpoint, a.Items, a.Err != nil, !a.Begin.IsZero()))
		})
		return next(ctx, x)
	})
	client := converse(t, `
		--> [{"jsonrpc":"2.0","method":"a","id":1},{"jsonrpc":"2.0","method":"b","id":2}]
		<-- [{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","error":{"code":1,"message":"x"},"id":2}]
		--> [{"jsonrpc":"2.0","method":"b","id":2}]
		<-- {"jsonrpc":"2.0","error":{"code":2,"message":"all"},"id":null}
		--> {"jsonrpc":"2.0","method":"c","id":3}
		<-- {"jsonrpc":"2.0","result":1,"id":3}
	`, outer, around(sendAgain))
	var batch jsonrpc.Batch
	batch.Add(jsonrpc.Request{Method: "a"}, jsonrpc.Request{Method: "b"})
	_, _ = client.Send(t.Context(), &batch)
	_ = client.Call(t.Context(), "c", nil, nil)
	want := []string{"1 test: items=2 failed=false begun=true", "2 test: items=1 failed=true begun=true", "1 test: items=1 failed=false begun=true"}
	if !slices.Equal(told, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
}
