package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
)

// wire is a Caller that notes what it would send and answers with result.
type wire struct {
	sent   string
	result any
	err    error
}

func (w *wire) Call(_ context.Context, method string, params, result any, _ ...jsonrpc.CallOption) error {
	w.sent = jsonrpc.Request{Method: method, Params: params, ID: jsonrpc.IntID(1)}.String()
	if w.err == nil && result != nil {
		*result.(*int) = w.result.(int)
	}
	return w.err
}

func (w *wire) Notify(_ context.Context, method string, params any, opts ...jsonrpc.CallOption) error {
	w.sent = jsonrpc.Notification{Method: method, Params: params}.String()
	return w.err
}

func (w *wire) Send(context.Context, jsonrpc.Message, ...jsonrpc.CallOption) (*jsonrpc.Reply, error) {
	return nil, errors.New("not used")
}

type pet struct {
	Name string `json:"name"`
}

type shelter struct {
	Cube     func(context.Context, int) (int, error)
	Sum      func(ctx context.Context, a, b int, opts ...jsonrpc.CallOption) (int, error) `jsonrpc:"math.sum"`
	Subtract func(ctx context.Context, a, b int) (int, error)                             `params:"minuend, subtrahend"`
	Adopt    func(context.Context, pet) (int, error)
	Feed     func(context.Context, *pet) error
	Find     func(context.Context, jsonrpc.Args) (int, error)
	ByName   func(context.Context, map[string]int) (int, error)
	Since    func(context.Context, time.Time) (int, error)
	Ping     func(context.Context) (int, error)
	Log      func(context.Context, string) error `jsonrpc:"log.write,notify"`
	Vet      struct {
		Visit func(context.Context, string) (int, error)
		Deep  struct {
			Call func(context.Context) (int, error) `jsonrpc:"call"`
		} `jsonrpc:"deep/"`
	} `jsonrpc:"vet."`
	Ignored any `jsonrpc:"-"`
	private int
}

func TestBindSends(t *testing.T) {
	w := &wire{result: 27}
	var s shelter
	if err := jsonrpc.Bind(w, &s); err != nil {
		t.Fatal(err)
	}
	_ = s.private
	ctx := t.Context()
	only := func(_ int, err error) error { return err }
	for _, c := range []struct {
		call func() error
		want string
	}{
		{func() error { return only(s.Cube(ctx, 3)) }, `{"jsonrpc":"2.0","method":"cube","params":[3],"id":1}`},
		{func() error { return only(s.Sum(ctx, 1, 2, jsonrpc.WithValidation(false))) }, `{"jsonrpc":"2.0","method":"math.sum","params":[1,2],"id":1}`},
		{func() error { return only(s.Sum(ctx, 1, 2)) }, `{"jsonrpc":"2.0","method":"math.sum","params":[1,2],"id":1}`},
		{func() error { return only(s.Subtract(ctx, 42, 23)) }, `{"jsonrpc":"2.0","method":"subtract","params":{"minuend":42,"subtrahend":23},"id":1}`},
		{func() error { return only(s.Adopt(ctx, pet{"Mittens"})) }, `{"jsonrpc":"2.0","method":"adopt","params":{"name":"Mittens"},"id":1}`},
		{func() error { return s.Feed(ctx, &pet{"Mittens"}) }, `{"jsonrpc":"2.0","method":"feed","params":{"name":"Mittens"},"id":1}`},
		{func() error { return s.Feed(ctx, nil) }, `{"jsonrpc":"2.0","method":"feed","id":1}`},
		{func() error { return only(s.Find(ctx, jsonrpc.Args{"a", 1})) }, `{"jsonrpc":"2.0","method":"find","params":["a",1],"id":1}`},
		{func() error { return only(s.ByName(ctx, map[string]int{"a": 1})) }, `{"jsonrpc":"2.0","method":"byName","params":{"a":1},"id":1}`},
		{func() error { return only(s.Since(ctx, time.Unix(0, 0).UTC())) }, `{"jsonrpc":"2.0","method":"since","params":["1970-01-01T00:00:00Z"],"id":1}`},
		{func() error { return only(s.Ping(ctx)) }, `{"jsonrpc":"2.0","method":"ping","id":1}`},
		{func() error { return s.Log(ctx, "hello") }, `{"jsonrpc":"2.0","method":"log.write","params":["hello"]}`},
		{func() error { return only(s.Vet.Visit(ctx, "Mittens")) }, `{"jsonrpc":"2.0","method":"vet.visit","params":["Mittens"],"id":1}`},
		{func() error { return only(s.Vet.Deep.Call(ctx)) }, `{"jsonrpc":"2.0","method":"vet.deep/call","id":1}`},
	} {
		if err := c.call(); err != nil {
			t.Errorf("%s: %v", c.want, err)
		}
		if w.sent != c.want {
			t.Errorf("--> %s\nwant %s", w.sent, c.want)
		}
	}
}

func TestBindReturnsResultOrError(t *testing.T) {
	w := &wire{result: 27}
	var s shelter
	if err := jsonrpc.Bind(w, &s); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Cube(t.Context(), 3); n != 27 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	w.err = &jsonrpc.Error{Code: 1, Message: "no"}
	if n, err := s.Cube(t.Context(), 3); n != 0 || jsonrpc.CodeOf(err) != 1 {
		t.Errorf("got %d, %v", n, err)
	}
}

func TestBindNaming(t *testing.T) {
	w := &wire{result: 1}
	var s struct {
		GetBlock func(context.Context) (int, error)
		Net      struct {
			Peers func(context.Context) (int, error)
		} `jsonrpc:"net_"`
	}
	if err := jsonrpc.Bind(w, &s, jsonrpc.WithNaming(strings.ToUpper)); err != nil {
		t.Fatal(err)
	}
	for want, call := range map[string]func(context.Context) (int, error){"GETBLOCK": s.GetBlock, "net_PEERS": s.Net.Peers} {
		if _, err := call(t.Context()); err != nil || !strings.Contains(w.sent, `"`+want+`"`) {
			t.Errorf("--> %s (%v), want the method %s", w.sent, err, want)
		}
	}
}

func TestBindRefuses(t *testing.T) {
	type outer struct {
		Inner struct {
			Bad func() error
		}
	}
	for _, c := range []struct {
		target any
		want   string
	}{
		{nil, "pointer to a struct"},
		{outer{}, "pointer to a struct"},
		{(*outer)(nil), "pointer to a struct"},
		{new(int), "pointer to a struct"},
		{&outer{}, "field Inner.Bad (func() error): its first parameter must be a context.Context"},
		{&struct{ F func(int) error }{}, "field F (func(int) error): its first parameter"},
		{&struct{ F func(context.Context) }{}, "field F"},
		{&struct{ F func(context.Context) int }{}, "must return a result and an error"},
		{&struct {
			F func(context.Context) (int, int, error)
		}{}, "must return a result and an error"},
		{&struct {
			F func(context.Context, ...int) error
		}{}, "variadic only in ...jsonrpc.CallOption"},
		{&struct{ F int }{}, "it is no function"},
		{&struct {
			F func(context.Context) (int, error) `jsonrpc:"f,notify"`
		}{}, "must return an error alone"},
		{&struct {
			F func(context.Context) error `jsonrpc:"f,once"`
		}{}, `the tag says "once"`},
		{&struct {
			F func(context.Context, int) error `params:"a,b"`
		}{}, `it takes 1 besides the context`},
		{&struct {
			f func(context.Context) error `jsonrpc:"f"`
		}{}, "it is unexported"},
	} {
		err := jsonrpc.Bind(&wire{}, c.target)
		var bindErr *jsonrpc.BindError
		if !errors.As(err, &bindErr) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: %v\nwant %s", c.target, err, c.want)
		}
	}
}

func ExampleBind() {
	var math struct {
		Cube func(ctx context.Context, n int) (int, error)
	}
	if err := jsonrpc.Bind(&wire{result: 27}, &math); err != nil {
		panic(err)
	}
	n, err := math.Cube(context.Background(), 3)
	fmt.Println(n, err)
	// Output: 27 <nil>
}
