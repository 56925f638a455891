package jsonrpc_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
)

// A teller collects what is told of a call's progress.
type teller []string

func (l *teller) hear(m *jsonrpc.ServerMessage) { *l = append(*l, string(m.Params)) }

func (l *teller) want(t *testing.T, params ...string) {
	t.Helper()
	if !slices.Equal(*l, params) {
		t.Errorf("told, then wanted\n%q\n%q", *l, params)
	}
}

// startTracked starts a call that is told of.
func startTracked(t *testing.T, c *jsonrpc.Client, params any, opts ...jsonrpc.CallOption) *pending[string] {
	return start(t, func() (string, error) { return jsonrpc.Call[string](t.Context(), c, "slow", params, opts...) })
}

func TestProgress(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		handled := 0
		c := p.client(jsonrpc.WithHandler(handlerFunc(func() { handled++ })))
		var told, other teller
		one := startTracked(t, c, jsonrpc.Named{"name": "build"}, jsonrpc.WithProgress(jsonrpc.ProgressMCP, 0, told.hear))
		two := startTracked(t, c, nil, jsonrpc.WithProgress(jsonrpc.ProgressLSP, 0, other.hear))
		p.play(`
			--> {"jsonrpc":"2.0","method":"slow","params":{"_meta":{"progressToken":1},"name":"build"},"id":1}
			--> {"jsonrpc":"2.0","method":"slow","params":{"workDoneToken":2},"id":2}
			<-- {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":50}}
			<-- {"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":90,"progressToken":"1"}}
			<-- {"jsonrpc":"2.0","method":"$/progress","params":{"token":2,"value":{"kind":"end"}}}
			# of nobody
			<-- {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":1}}
			<-- {"jsonrpc":"2.0","method":"notifications/progress","params":[1]}
			<-- {"jsonrpc":"2.0","method":"$/progress","params":{"token":"x"}}
			<-- {"jsonrpc":"2.0","result":"b","id":2}
			<-- {"jsonrpc":"2.0","result":"a","id":1}
			# late
			<-- {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":100}}
		`)
		one.want("a")
		two.want("b")
		told.want(t, `{"progressToken":1,"progress":50}`, `{"progress":90,"progressToken":"1"}`)
		other.want(t, `{"token":2,"value":{"kind":"end"}}`)
		if handled != 4 {
			t.Errorf("the handler got %d", handled)
		}
	})
}

// Each notification starts the timeout anew, until the limit.
func TestProgressExtendsTheTimeout(t *testing.T) {
	const tell = "\n<-- " + `{"jsonrpc":"2.0","method":"$/progress","params":{"token":1}}` + "\n"
	const sent = "\n--> " + `{"jsonrpc":"2.0","method":"slow","params":{"workDoneToken":1},"id":1}` + "\n"
	tests := []struct {
		name           string
		timeout, limit time.Duration
		script         string
		lasts          time.Duration
	}{
		{"silence", 10 * time.Second, time.Minute, sent, 10 * time.Second},
		{"told once", 10 * time.Second, time.Minute, sent + "wait 9s" + tell, 19 * time.Second},
		{"told twice", 10 * time.Second, time.Minute, sent + "wait 9s" + tell + "wait 9s" + tell, 28 * time.Second},
		{"over the limit", 10 * time.Second, 15 * time.Second, sent + "wait 9s" + tell, 15 * time.Second},
		{"limit alone", 0, 15 * time.Second, sent + "wait 9s" + tell, 15 * time.Second},
		{"no limit", 10 * time.Second, 0, sent + "wait 9s" + tell, 10 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *peer) {
				var told teller
				c := p.client(jsonrpc.WithTimeout(test.timeout))
				begin := time.Now()
				one := startTracked(t, c, nil, jsonrpc.WithProgress(jsonrpc.ProgressLSP, test.limit, told.hear))
				p.play(test.script)
				<-one.done
				if d := time.Since(begin); d != test.lasts {
					t.Errorf("it lasted %v, want %v", d, test.lasts)
				}
				one.wantErr(context.DeadlineExceeded, true)
				if _, err := one.get(); errors.Is(err, context.Canceled) {
					t.Errorf("nobody cancelled it: %v", err)
				}
			})
		})
	}
}

// The limit is a timeout under a context that an interceptor has made, too.
func TestProgressLimitUnderAnotherContext(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client(jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				return next(ctx, x)
			}
		}))
		one := startTracked(t, c, nil, jsonrpc.WithProgress(jsonrpc.ProgressLSP, 15*time.Second, nil))
		p.play(`
			--> {"jsonrpc":"2.0","method":"slow","params":{"workDoneToken":1},"id":1}
			wait 15s
		`)
		one.wantErr(context.DeadlineExceeded, true)
		_, err := one.get()
		if class := jsonrpc.Classify(err).Class; class != jsonrpc.ClassTimeout || errors.Is(err, context.Canceled) {
			t.Errorf("%v, nobody cancelled it: %v", class, err)
		}
	})
}

// What panics in a call leaves nothing behind that waits for its progress.
func TestProgressOfACallThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, newSlow(), jsonrpc.WithInterceptors(func(jsonrpc.Invoker) jsonrpc.Invoker {
			return func(context.Context, *jsonrpc.Exchange) error { panic("enough") }
		}))
		defer func() {
			if p := recover(); p != "enough" {
				t.Errorf("panic: %v", p)
			}
			synctest.Wait() // and no goroutine is left for synctest to complain of
		}()
		_ = client.Call(t.Context(), "slow", nil, nil, jsonrpc.WithProgress(jsonrpc.ProgressMCP, 0, nil))
	})
}

// The caller's own context still ends the call, whatever is told.
func TestProgressCancelled(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client(jsonrpc.WithCancelNotice(jsonrpc.CancelMCP))
		ctx, cancel := context.WithCancel(t.Context())
		one := startCall(ctx, t, c, "slow", jsonrpc.WithProgress(jsonrpc.ProgressMCP, time.Minute, nil))
		p.play(`
			--> {"jsonrpc":"2.0","method":"slow","params":{"_meta":{"progressToken":1}},"id":1}
			<-- {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1}}
		`)
		cancel()
		one.wantErr(context.Canceled, true)
		p.play(`--> {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	})
}

func TestProgressToken(t *testing.T) {
	own := jsonrpc.ProgressDialect{Param: "a.b.c", Method: "n", Token: "t"}
	tests := []struct {
		dialect jsonrpc.ProgressDialect
		params  any
		sent    string // empty: refused
	}{
		{jsonrpc.ProgressMCP, nil, `{"_meta":{"progressToken":1}}`},
		{jsonrpc.ProgressMCP, jsonrpc.Named{}, `{"_meta":{"progressToken":1}}`},
		{jsonrpc.ProgressMCP, jsonrpc.Named{"_meta": jsonrpc.Named{"x": 2}}, `{"_meta":{"progressToken":1,"x":2}}`},
		{jsonrpc.ProgressMCP, struct {
			A int `json:"a"`
		}{3}, `{"_meta":{"progressToken":1},"a":3}`},
		{own, nil, `{"a":{"b":{"c":1}}}`},
		{own, jsonrpc.Named{"a": jsonrpc.Named{"b": jsonrpc.Named{}}}, `{"a":{"b":{"c":1}}}`},
		{own, jsonrpc.Named{"a": 1}, ``},
		{jsonrpc.ProgressMCP, jsonrpc.Args{1}, ``},
		{jsonrpc.ProgressMCP, jsonrpc.Named{"_meta": jsonrpc.Named{"progressToken": "mine"}}, ``},
		{jsonrpc.ProgressMCP, jsonrpc.Named{"_meta": nil}, ``},
		{jsonrpc.ProgressLSP, 1, ``},
	}
	for _, test := range tests {
		inBubble(t, func(t *testing.T, p *peer) {
			c := p.client()
			one := startTracked(t, c, test.params, jsonrpc.WithProgress(test.dialect, 0, nil))
			if test.sent == "" {
				_, err := one.get()
				as[*jsonrpc.MessageError](t, err)
				return
			}
			p.play(`--> {"jsonrpc":"2.0","method":"slow","params":` + test.sent + `,"id":1}
				<-- {"jsonrpc":"2.0","result":"a","id":1}`)
			one.want("a")
		})
	}
}

func TestProgressOfWhatHasNone(t *testing.T) {
	inBubble(t, func(t *testing.T, p *peer) {
		c := p.client()
		opt := jsonrpc.WithProgress(jsonrpc.ProgressMCP, 0, nil)
		as[*jsonrpc.MessageError](t, c.Notify(t.Context(), "n", nil, opt))
		var b jsonrpc.Batch
		r := jsonrpc.Queue[int](&b, "m", nil)
		_, err := c.Send(t.Context(), &b, opt)
		as[*jsonrpc.MessageError](t, err)
		_, err = r.Get()
		as[*jsonrpc.MessageError](t, err)
		_, err = c.Send(t.Context(), jsonrpc.Raw(`{"jsonrpc":"2.0","method":"m","id":1}`), opt)
		as[*jsonrpc.MessageError](t, err)
		p.play(``)
	})
}

// Over HTTP it is in the event stream that answers the call.
func TestProgressOverHTTP(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if want := `{"jsonrpc":"2.0","method":"slow","params":{"_meta":{"progressToken":1}},"id":1}`; string(body) != want {
			t.Errorf("sent %s", body)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: "+`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}`+"\n\n")
		_, _ = io.WriteString(w, "data: "+`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2}}`+"\n\n")
		_, _ = io.WriteString(w, "data: "+`{"jsonrpc":"2.0","result":"a","id":1}`+"\n\n")
	})
	var told teller
	got, err := jsonrpc.Call[string](t.Context(), dial(t, s.URL), "slow", nil, jsonrpc.WithProgress(jsonrpc.ProgressMCP, 0, told.hear))
	if got != "a" || err != nil {
		t.Error(got, err)
	}
	told.want(t, `{"progressToken":1,"progress":1}`)
}
