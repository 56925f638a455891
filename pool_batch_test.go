package jsonrpc_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// itemwise answers each request of a batch by f, with the response but for its version
// and id; empty: not at all.
func itemwise(f func(method string) string) tripper {
	return func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
		var all []string
		for request := range strings.SplitSeq(string(m.Body), "},{") {
			method, _, _ := strings.Cut(request[strings.Index(request, `"method":"`)+10:], `"`)
			id := requestID.FindStringSubmatch(request)
			if text := f(method); id != nil && text != "" {
				all = append(all, fmt.Sprintf(`{"jsonrpc":"2.0",%s,"id":%s}`, text, id[1]))
			}
		}
		return io.NopCloser(strings.NewReader("[" + strings.Join(all, ",") + "]")), nil
	}
}

// refuses answers any batch with one error.
func refuses(code int, message string) tripper {
	return says(fmt.Sprintf(`{"jsonrpc":"2.0","error":{"code":%d,"message":%q},"id":null}`, code, message))
}

func itsName(name string) tripper {
	return itemwise(func(string) string { return `"result":"` + name + `"` })
}

// A batch goes on with those of its items that are safe; the others keep what came of
// them where they were. Endpoint a does it, b answers all.
func TestPoolBatch(t *testing.T) {
	busy := itemwise(func(method string) string {
		switch method {
		case "get1", "put1":
			return `"error":{"code":429,"message":"slow down"}`
		case "bad":
			return `"error":{"code":7,"message":"no such cat"}`
		}
		return `"result":"a"`
	})
	lossy := itemwise(func(method string) string {
		if strings.HasSuffix(method, "2") {
			return `"result":"a"`
		}
		return ""
	})
	const whole, refused = "jsonrpc: batch of 2 at a: send: connection reset", "jsonrpc: batch of 2 at a: no batches (code -32600)"
	const limited, lost = "jsonrpc: put1 at a: slow down (code 429)", "the server sent no response to the request"
	for name, test := range map[string]struct {
		first   tripper
		methods string
		opts    []jsonrpc.CallOption
		want    string
		err     string
		again   string // the methods that went to b
	}{
		"all well":         {itsName("a"), "get1,put1", nil, "a|a", "", ""},
		"single items":     {busy, "get1,put1,bad,get2", nil, "b|" + limited + "|jsonrpc: bad at a: no such cat (code 7)|a", "", "get1"},
		"all by option":    {busy, "get1,put1,bad", []jsonrpc.CallOption{jsonrpc.WithIdempotent()}, "b|b|jsonrpc: bad at a: no such cat (code 7)", "", "get1,put1"},
		"all of them":      {busy, "get1,get1", nil, "b|b", "", "get1,get1"},
		"missing":          {lossy, "get1,put1,get2", nil, "b|jsonrpc: put1 at a: " + lost + "|a", "", "get1"},
		"not sent":         {down, "get1,put1,!note", nil, "b|b", "", "get1,put1,note"},
		"perhaps sent":     {cutOff, "get1,put1", nil, "b|jsonrpc: put1 at a: send: connection reset", whole, "get1"},
		"with a note":      {cutOff, "get1,!note", nil, "b", whole, "get1"},
		"nothing safe":     {cutOff, "put1,put2", nil, whole + "|" + whole, whole, ""},
		"a single error":   {refuses(429, "slow down"), "get1,get2", nil, "b|b", "", "get1,get2"},
		"a single refusal": {refuses(-32600, "no batches"), "get1,get2", nil, refused + "|" + refused, refused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *peer) {
				all, endpoints := backends("ab")
				all[0].does(test.first)
				all[1].does(itsName("b"))
				p := poolOf(t, endpoints, jsonrpc.WithIdempotent("get*"), jsonrpc.WithStrategy(jsonrpc.Ordered()))
				var b jsonrpc.Batch
				var results []*jsonrpc.Result[string]
				for method := range strings.SplitSeq(test.methods, ",") {
					if note, ok := strings.CutPrefix(method, "!"); ok {
						b.Notify(note, nil)
						continue
					}
					results = append(results, jsonrpc.Queue[string](&b, method, nil))
				}
				reply, err := p.Send(t.Context(), &b, test.opts...)
				var got []string
				for _, r := range results {
					name, err := r.Get()
					if err != nil {
						name = err.Error()
					}
					got = append(got, name)
				}
				wantText(t, "results", strings.Join(got, "|"), test.want)
				if err != nil || test.err != "" {
					wantText(t, "error", fmt.Sprint(err), test.err)
				}
				if len(reply.Responses) != len(results) {
					t.Errorf("%d responses", len(reply.Responses))
				}
				again := ""
				all[1].mu.Lock()
				for _, text := range all[1].heard {
					for part := range strings.SplitSeq(text, `"method":"`) {
						if method, _, ok := strings.Cut(part, `"`); ok && !strings.HasPrefix(part, "[") {
							again += "," + method
						}
					}
				}
				all[1].mu.Unlock()
				wantText(t, "sent again", strings.TrimPrefix(again, ","), test.again)
			})
		})
	}
}

// When no endpoint is left, each item keeps its own error.
func TestPoolBatchNowhereToGo(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		limit := itemwise(func(string) string { return `"error":{"code":429,"message":"slow down"}` })
		all[0].does(limit)
		all[1].does(limit)
		p := poolOf(t, endpoints, jsonrpc.WithIdempotent())
		var b jsonrpc.Batch
		one := jsonrpc.Queue[string](&b, "one", nil)
		if _, err := p.Send(t.Context(), &b); err != nil {
			t.Error(err)
		}
		_, err := one.Get()
		wantError(t, err, "jsonrpc: one at b: slow down (code 429)")
		wantText(t, "states", states(p), "resting,resting")
	})
}

// Neither is it blurred which item had which.
func TestPoolOfOneBatch(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("a")
		all[0].does(itemwise(func(method string) string {
			return map[string]string{
				"limited": `"error":{"code":429,"message":"slow down"}`, "behind": `"error":{"code":-32000,"message":"header not found"}`,
				"bad": `"error":{"code":7,"message":"no such cat"}`, "good": `"result":"a"`,
			}[method]
		}))
		p := poolOf(t, endpoints, jsonrpc.WithIdempotent())
		var b jsonrpc.Batch
		for _, method := range []string{"limited", "behind", "bad", "good"} {
			b.Add(jsonrpc.Request{Method: method})
		}
		reply, err := p.Send(t.Context(), &b)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{
			"jsonrpc: limited at a: slow down (code 429)", "jsonrpc: behind at a: header not found (code -32000)",
			"jsonrpc: bad at a: no such cat (code 7)", "<nil>",
		} {
			wantText(t, "item", fmt.Sprint(reply.Responses[i].Err), want)
		}
	})
}

// Coalescing and division are around the pool, and errors name the endpoint.
func TestPoolCoalescingAndDivision(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		all[0].does(down)
		all[1].does(itsName("b"))
		p := poolOf(t, endpoints, jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Second}), jsonrpc.WithMaxBatch(2, 0))
		var calls []*pending[string]
		for range 5 {
			calls = append(calls, startCall(t.Context(), t, p.Client, "who"))
		}
		time.Sleep(time.Second)
		for _, c := range calls {
			c.want("b")
		}
		if a, b := all[0].count(), all[1].count(); a != 1 || b != 1 {
			t.Errorf("%d and %d messages", a, b)
		}
		all[1].does(itemwise(func(string) string { return `"error":{"code":7,"message":"no such cat"}` }))
		one, two := startCall(t.Context(), t, p.Client, "one"), startCall(t.Context(), t, p.Client, "two")
		time.Sleep(time.Second)
		_, err := one.get()
		wantError(t, err, "jsonrpc: one at b: no such cat (code 7)")
		if _, err = two.get(); jsonrpc.CodeOf(err) != 7 {
			t.Error(err)
		}

		all[1].count()
		all[1].does(itsName("b"))
		var b jsonrpc.Batch
		for range 5 {
			jsonrpc.Queue[string](&b, "who", nil)
		}
		if reply, err := p.Send(t.Context(), &b); err != nil || len(reply.Responses) != 5 {
			t.Errorf("%+v, %v", reply, err)
		}
		if a, b := all[0].count(), all[1].count(); a+b < 3 {
			t.Errorf("%d and %d messages", a, b)
		}
	})
}
