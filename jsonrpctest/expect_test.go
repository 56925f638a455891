package jsonrpctest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

func TestExpect(t *testing.T) {
	for _, scheme := range append(schemes, "memory") {
		t.Run(scheme, func(t *testing.T) {
			srv := jsonrpctest.New(t)
			srv.HandleFunc("add", func(_ context.Context, a, b int) (int, error) { return a + b, nil }, "a", "b")
			srv.Expect("cat").With(jsonrpc.Named{"name": "Mittens", "lives": 9}).Return("meow").Times(2)
			srv.Expect("cat").With(jsonrpc.Args{"Tom"}).Fail(&jsonrpc.Error{Code: 7, Message: "asleep"})
			srv.Expect("cat").Where(func(p json.RawMessage) bool { return strings.Contains(string(p), "Sir") }).Return("purr").AtLeast(1)
			srv.Expect("cat").With(nil).Do(jsonrpctest.Func(func() string { return "silence" }))
			srv.Expect("add").With(jsonrpc.Args{1, 1}).Return(3) // before its handler
			srv.Expect("log").AnyTimes()
			srv.Expect("slow").Return(1).Fault(jsonrpctest.Truncate(3).After(time.Millisecond)).AnyTimes()
			client := memoryOr(t, srv, scheme)
			for _, test := range []struct {
				method string
				params any
				want   string
			}{
				{"cat", json.RawMessage(`{"lives": 9.0, "name": "Mit\u0074ens"}`), `"meow"`},
				{"cat", jsonrpc.Named{"lives": 9, "name": "Mittens"}, `"meow"`},
				{"cat", jsonrpc.Args{"Tom"}, "error 7"},
				{"cat", jsonrpc.Args{"Sir Tom"}, `"purr"`},
				{"cat", jsonrpc.Args{"Sir Tim"}, `"purr"`},
				{"cat", nil, `"silence"`},
				{"add", jsonrpc.Args{1, 1}, `3`},
				{"add", jsonrpc.Args{1, 1}, `2`},
				{"log", nil, `null`},
			} {
				result, err := client.Request(t.Context(), test.method, test.params)
				got := string(result)
				if err != nil {
					got = outcome(err)
				}
				if got != test.want {
					t.Errorf("%s %v: got %s, want %s", test.method, test.params, got, test.want)
				}
			}
			if calls := srv.Calls("cat"); len(calls) != 6 || string(calls[2].Params) != `["Tom"]` {
				t.Errorf("calls of cat: %v", calls)
			}
			if calls := srv.Calls(); len(calls) != 9 {
				t.Errorf("calls: %v", calls)
			}
		})
	}
}

// TestExpectInBatches goes by each item, and keeps headers.
func TestExpectInBatches(t *testing.T) {
	srv := jsonrpctest.New(t)
	srv.Expect("one").Return(1)
	srv.Expect("two").With(jsonrpc.Args{2})
	var b jsonrpc.Batch
	one := jsonrpc.Queue[int](&b, "one", nil)
	b.Notify("two", jsonrpc.Args{2})
	if _, err := dial(t, srv.URL("http")).Send(t.Context(), &b, jsonrpc.WithHeader("X-Trace", "7")); err != nil {
		t.Fatal(err)
	}
	if n, err := one.Get(); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	calls := srv.Calls()
	if len(calls) != 2 || calls[0].Notification() || !calls[1].Notification() || calls[0].Header.Get("X-Trace") != "7" {
		t.Errorf("calls %v", calls)
	}
}

// TestExpectFails shows what a test is told whose expectations were not met.
func TestExpectFails(t *testing.T) {
	type call struct {
		method string
		params any
	}
	for _, test := range []struct {
		name   string
		expect func(srv *jsonrpctest.Server)
		calls  []call
		want   string
	}{
		{"did not come", func(srv *jsonrpctest.Server) { srv.Expect("cat").Return("meow") }, nil,
			"cat, expected at LINE, came 0 times of 1 time"},
		{"too few", func(srv *jsonrpctest.Server) { srv.Expect("cat").With(nil).Times(2) }, []call{{"cat", nil}},
			"cat without params, expected at LINE, came 1 time of 2 times"},
		{"too many", func(srv *jsonrpctest.Server) { srv.Expect("cat") }, []call{{"cat", nil}, {"cat", nil}},
			"not expected: cat\n  it was expected at LINE, and came 1 time before"},
		{"too many of one kind", func(srv *jsonrpctest.Server) {
			srv.Expect("cat").With(jsonrpc.Args{1}).Times(2)
			srv.Expect("cat").With(jsonrpc.Args{2})
		}, []call{{"cat", jsonrpc.Args{1}}, {"cat", jsonrpc.Args{2}}, {"cat", jsonrpc.Args{1}}, {"cat", jsonrpc.Args{1}}},
			"not expected: cat [1]\n  it was expected at LINE, and came 2 times before"},
		{"forbidden", func(srv *jsonrpctest.Server) { srv.Expect("cat").Times(0) }, []call{{"cat", jsonrpc.Args{1}}},
			"not expected: cat [1]\n  it was forbidden at LINE"},
		{"forbidden, of a method with a handler", func(srv *jsonrpctest.Server) {
			srv.HandleFunc("cat", func(...int) string { return "meow" })
			srv.Expect("cat").With(jsonrpc.Args{1}).Times(0)
			srv.Expect("cat").With(jsonrpc.Args{2})
			srv.Expect("cat").AnyTimes()
		}, []call{{"cat", jsonrpc.Args{1}}, {"cat", jsonrpc.Args{2}}, {"cat", jsonrpc.Args{2}}, {"cat", nil}},
			"not expected: cat [1]\n  it was forbidden at LINE"},
		{"other params", func(srv *jsonrpctest.Server) {
			srv.Expect("cat").With(jsonrpc.Named{"name": "Mittens", "tags": []int{1, 2}, "age": 1, "box": nil})
		}, []call{{"cat", jsonrpc.Named{"name": "Mitens", "tags": []int{1, 3, 2}, "ago": 1, "age": jsonrpc.Named{}}}},
			`cat {"age":1,"box":null,"name":"Mittens","tags":[1,2]}, expected at LINE, came 0 times of 1 time
  instead came cat {"age":{},"ago":1,"name":"Mitens","tags":[1,3,2]}
    params.age is {}, want 1
    params.ago is 1, want no such member
    params.box is missing, want null
    params.name is "Mitens", want "Mittens"
    params.tags[1] is 3, want 2
    …`},
		{"params of a kind", func(srv *jsonrpctest.Server) {
			srv.Expect("cat").Where(func(json.RawMessage) bool { return false })
		}, []call{{"cat", jsonrpc.Args{1}}},
			"cat with params that its Where accepts, expected at LINE, came 0 times of 1 time\n  instead came cat [1]"},
		{"by position instead of by name", func(srv *jsonrpctest.Server) { srv.Expect("cat").With(jsonrpc.Args{1}) },
			[]call{{"cat", jsonrpc.Named{"a": 1}}},
			"cat [1], expected at LINE, came 0 times of 1 time\n  instead came cat {\"a\":1}\n    params is {\"a\":1}, want [1]"},
		{"another method", func(srv *jsonrpctest.Server) { srv.Expect("cat").AnyTimes() }, []call{{"dog", nil}},
			"not expected: dog"},
		{"met", func(srv *jsonrpctest.Server) { srv.Expect("cat") }, []call{{"cat", nil}}, ""},
		{"none", func(*jsonrpctest.Server) {}, []call{{"cat", nil}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			tb := &fakeTB{}
			srv := jsonrpctest.New(tb)
			test.expect(srv)
			client := memoryOr(t, srv, "memory")
			for _, c := range test.calls {
				_ = client.Call(t.Context(), c.method, c.params, nil) // the reply is not the point
			}
			got := regexp.MustCompile(`expect_test\.go:[0-9]+`).ReplaceAllString(strings.Join(tb.end(), "\n"), "LINE")
			if got = strings.TrimPrefix(got, "jsonrpctest: "); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// A Where may look at what came before, and one that panics ends neither the
// program nor the other calls.
func TestWhereUsesTheServer(t *testing.T) {
	for _, scheme := range append(schemes, "memory") {
		t.Run(scheme, func(t *testing.T) {
			tb := &fakeTB{}
			srv := jsonrpctest.New(tb)
			srv.Expect("cat").Where(func(p json.RawMessage) bool {
				if p == nil {
					panic("no params")
				}
				return len(srv.Calls("cat")) > 1
			}).Return("meow")
			client := memoryOr(t, srv, scheme)
			for _, test := range []struct {
				params any
				want   string
			}{
				{jsonrpc.Args{1}, "error -32601"}, {nil, "error -32603"}, {jsonrpc.Args{2}, "<nil>"}, {jsonrpc.Args{3}, "error -32601"},
			} {
				got := "<nil>"
				if err := client.Call(t.Context(), "cat", test.params, nil); err != nil {
					got = outcome(err)
				}
				if got != test.want {
					t.Errorf("%v: got %s, want %s", test.params, got, test.want)
				}
			}
			if failures := strings.Join(tb.end(), "\n"); strings.Count(failures, "not expected: cat") != 2 {
				t.Errorf("the test was told %q", failures)
			}
		})
	}
}

func TestWaitCalls(t *testing.T) {
	srv := jsonrpctest.New(t)
	srv.HandleFunc("log", func(...any) {})
	client := dial(t, srv.URL("tcp"))
	for i := range 3 {
		if err := client.Notify(t.Context(), "log", jsonrpc.Args{i}); err != nil {
			t.Fatal(err)
		}
	}
	calls, err := srv.WaitCalls(t.Context(), "log", 3)
	if len(calls) != 3 || err != nil {
		t.Errorf("%v, %v", calls, err)
	}
	ended := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ended)
	if calls, err = srv.WaitCalls(ctx, "log", 4); len(calls) != 3 || err != ended {
		t.Errorf("%v, %v", calls, err)
	}
}

// TestSameNumbers compares numbers by what they are worth, and is not fooled into
// making them large.
func TestSameNumbers(t *testing.T) {
	for _, test := range []struct {
		sent, expected string
		same           bool
	}{
		{"1", "1.0", true}, {"1e2", "100", true}, {"-0", "0", true}, {"0.1", "1e-1", true}, {"12345678901234567890", "12345678901234567891", false},
		{"1e999999999", "1e999999999", true}, {"1e999999999", "10e999999998", false}, {"1", `"1"`, false}, {"null", "false", false},
	} {
		tb := &fakeTB{}
		srv := jsonrpctest.New(tb)
		srv.Expect("n").With(json.RawMessage("[" + test.expected + "]"))
		_ = memoryOr(t, srv, "memory").Call(t.Context(), "n", json.RawMessage("["+test.sent+"]"), nil)
		if failures := tb.end(); (len(failures) == 0) != test.same {
			t.Errorf("%s and %s: %v", test.sent, test.expected, failures)
		}
	}
}

func TestServersWithoutATest(t *testing.T) {
	srv := jsonrpctest.NewServer(nil)
	for name, use := range map[string]func(){
		"Expect": func() { srv.Expect("x") }, "Calls": func() { srv.Calls() }, "URL": func() { srv.URL("http") },
		"WaitCalls": func() { _, _ = srv.WaitCalls(t.Context(), "x", 1) },
	} {
		func() {
			defer func() {
				want := "jsonrpctest: Server." + name + " is for servers of a test: make it with jsonrpctest.New(t)"
				if got := fmt.Sprint(recover()); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}()
			use()
		}()
	}
}
