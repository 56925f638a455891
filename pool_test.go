package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func TestPoolIsAClient(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		_, endpoints := backends("ab")
		p := poolOf(t, endpoints)
		var caller jsonrpc.Caller = p
		wantText(t, "Call", asks(t, caller, 4), "abab")
		if raw, err := p.Request(t.Context(), "who", nil); err != nil || string(raw) != `"a"` {
			t.Errorf("Request: %s, %v", raw, err)
		}
		if err := p.Notify(t.Context(), "note", nil); err != nil {
			t.Error(err)
		}
		reply, err := p.Send(t.Context(), jsonrpc.Raw(`{"jsonrpc":"2.0","method":"who","id":"x"}`))
		if err != nil || string(reply.Result()) != `"a"` {
			t.Errorf("Send: %+v, %v", reply, err)
		}
		var pets struct {
			Who func(context.Context) (string, error) `jsonrpc:"who"`
		}
		if err := jsonrpc.Bind(p, &pets); err != nil {
			t.Fatal(err)
		}
		if name, err := pets.Who(t.Context()); err != nil || name != "b" {
			t.Errorf("Bind: %s, %v", name, err)
		}
		wantText(t, "String", p.String(), "pool")
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		wantIs(t, p.Call(t.Context(), "who", nil, nil), jsonrpc.ErrClosed, false)
		if err := p.Set(endpoints...); !errors.Is(err, jsonrpc.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestPoolRows(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		all[0].does(down)
		all[1].does(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(response(string(m.Body), `[1,2,3]`))), nil
		})
		p := poolOf(t, endpoints)
		sum := 0
		for n, err := range jsonrpc.Rows[int](t.Context(), p, "rows", nil) {
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		if sum != 6 {
			t.Errorf("the sum is %d", sum)
		}
	})
}

// Which outcomes go to another endpoint, and what the caller gets. The first endpoint
// does it, the second answers.
func TestPoolFailover(t *testing.T) {
	idempotent := jsonrpc.WithIdempotent()
	for name, test := range map[string]struct {
		first tripper
		opts  []jsonrpc.CallOption
		want  string
	}{
		"a result":                      {nil, nil, "a"},
		"an error is an answer":         {saysError(7, "no such cat"), []jsonrpc.CallOption{idempotent}, "jsonrpc: who at a: no such cat (code 7)"},
		"not sent":                      {down, nil, "b"},
		"perhaps sent":                  {cutOff, nil, "jsonrpc: who at a: send: connection reset"},
		"perhaps sent, idempotent":      {cutOff, []jsonrpc.CallOption{idempotent}, "b"},
		"idempotent by pattern":         {cutOff, []jsonrpc.CallOption{jsonrpc.WithIdempotent("w*")}, "b"},
		"another pattern":               {cutOff, []jsonrpc.CallOption{jsonrpc.WithIdempotent("get*")}, "jsonrpc: who at a: send: connection reset"},
		"rate limited, with status 200": {saysError(429, "slow down"), []jsonrpc.CallOption{idempotent}, "b"},
		"rate limited, not idempotent":  {saysError(429, "slow down"), nil, "jsonrpc: who at a: slow down (code 429)"},
		"behind":                        {saysError(-32000, "header not found"), []jsonrpc.CallOption{idempotent}, "b"},
		"garbage":                       {says("<html>"), []jsonrpc.CallOption{idempotent}, "b"},
		"no response":                   {says(""), []jsonrpc.CallOption{idempotent}, "b"},
		"a result that does not fit": {func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(response(string(m.Body), "1"))), nil
		}, []jsonrpc.CallOption{idempotent}, "jsonrpc: who at a: the result does not fit: json: cannot unmarshal number into Go value of type string"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *peer) {
				all, endpoints := backends("ab")
				all[0].does(test.first)
				p := poolOf(t, endpoints)
				wantText(t, "outcome", whoAnswers(t, p, test.opts...), test.want)
				if n := all[0].count(); n != 1 {
					t.Errorf("the first was asked %d times", n)
				}
			})
		})
	}
}

// An error names each endpoint that was tried, once, and says whether any of them may
// have seen the message.
func TestPoolErrors(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("abc")
		all[0].does(cutOff)
		all[1].does(down)
		all[2].does(down)
		p := poolOf(t, endpoints)
		err := p.Call(t.Context(), "who", nil, nil, jsonrpc.WithIdempotent())
		wantError(t, err, "jsonrpc: who: 3 attempts failed: a: send: connection reset; b: send: nobody is there; c: send: nobody is there")
		wantIs(t, err, errDown, true)
		if n := len(as[*jsonrpc.PoolError](t, err).Attempts); n != 3 {
			t.Errorf("%d attempts", n)
		}
		if o := jsonrpc.Classify(err); o.Class != jsonrpc.ClassUnreachable || !o.Sent {
			t.Errorf("%+v", o)
		}
	})
}

// The last of several attempts is named alone if it was an answer.
func TestPoolAnswerAfterFailover(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		all[0].does(down)
		all[1].does(saysError(7, "no such cat"))
		p := poolOf(t, endpoints)
		wantText(t, "outcome", whoAnswers(t, p), "jsonrpc: who at b: no such cat (code 7)")
	})
}

func TestPoolAttempts(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("abc")
		all[0].does(down)
		all[1].does(down)
		p := poolOf(t, endpoints, jsonrpc.WithAttempts(2))
		wantText(t, "outcome", whoAnswers(t, p), "jsonrpc: who: 2 attempts failed: a: send: nobody is there; b: send: nobody is there")
		single := poolOf(t, endpoints, jsonrpc.WithAttempts(1))
		wantText(t, "outcome", whoAnswers(t, single), "jsonrpc: who at a: send: nobody is there")
	})
}

// What goes around a call goes around all of its attempts, and is told of each.
func TestPoolInterceptors(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		all[0].does(down)
		var before, after string
		var attempts []string
		watch := func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				before = x.Endpoint()
				x.OnAttempt(func(a jsonrpc.Attempt) {
					attempts = append(attempts, fmt.Sprintf("%d %s %v", a.Number, a.Endpoint, a.Err))
				})
				err := next(ctx, x)
				after = x.Endpoint()
				return err
			}
		}
		logger, log := arrows()
		p := poolOf(t, endpoints, jsonrpc.WithInterceptors(watch), jsonrpc.WithLogger(logger))
		wantText(t, "outcome", whoAnswers(t, p), "b")
		wantText(t, "endpoints", before+" "+after, "pool b")
		wantText(t, "attempts", strings.Join(attempts, "; "), "1 a send: nobody is there; 2 b <nil>")
		wantText(t, "log", log.String(), `--> {"jsonrpc":"2.0","method":"who","id":1}`+"\n"+`<-- {"jsonrpc":"2.0","result":"b","id":1}`+"\n")
	})
}

// The options of a call count at each endpoint, over the endpoint's own.
func TestPoolEndpointOptions(t *testing.T) {
	var got []string
	server := func(secret string) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			got = append(got, r.Header.Get("Authorization")+","+r.Header.Get("X-Call")+","+r.Header.Get("X-Pool"))
			if secret == "first" {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			answer(w, r, `"`+secret+`"`)
		}).URL
	}
	token := func(text string) jsonrpc.DialOption {
		return jsonrpc.WithBearer(func(context.Context) (string, error) { return text, nil })
	}
	p := newPool(t, jsonrpc.Endpoints(
		jsonrpc.Endpoint{URL: server("first"), Options: []jsonrpc.DialOption{token("one")}},
		jsonrpc.Endpoint{URL: server("second")},
		jsonrpc.Endpoint{URL: server("third"), Options: []jsonrpc.DialOption{token("three")}},
	), jsonrpc.WithHeader("X-Pool", "p"), jsonrpc.WithIdempotent("who"))
	wantText(t, "without options", whoAnswers(t, p), "second")
	wantText(t, "headers", strings.Join(got, " "), "Bearer one,,p ,,p")
	got = nil
	wantText(t, "with options", whoAnswers(t, p, jsonrpc.WithHeader("X-Call", "c")), "third")
	wantText(t, "headers", strings.Join(got, " "), "Bearer three,c,p")
}

// What interceptors of an endpoint add to a message is for that endpoint alone.
func TestPoolEndpointInterceptors(t *testing.T) {
	var heard []string
	ok := jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) { return "ok", nil })
	server := func(status int) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			heard = append(heard, r.Header.Get("X-Token")+r.Header.Get("X-Call")+" "+string(text))
			w.WriteHeader(status)
			if status == http.StatusOK {
				_, _ = w.Write(jsonrpc.Answer(r.Context(), ok, text))
			}
		}).URL
	}
	sign := func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			x.Header().Set("X-Token", "secret")
			if err := x.SetMembers(jsonrpc.Named{"token": "secret"}); err != nil {
				return err
			}
			return next(ctx, x)
		}
	}
	p := newPool(t, jsonrpc.Endpoints(
		jsonrpc.Endpoint{URL: server(http.StatusServiceUnavailable), Options: []jsonrpc.DialOption{jsonrpc.WithInterceptors(sign)}},
		jsonrpc.Endpoint{URL: server(http.StatusOK)},
	), jsonrpc.WithIdempotent("*"), jsonrpc.WithStrategy(jsonrpc.Ordered()))
	wantText(t, "outcome", whoAnswers(t, p, jsonrpc.WithHeader("X-Call", "!")), "ok")
	wantText(t, "heard", strings.Join(heard, "\n"), `secret! {"jsonrpc":"2.0","method":"who","id":1,"token":"secret"}`+"\n"+
		`! {"jsonrpc":"2.0","method":"who","id":1}`)

	heard = nil
	var b jsonrpc.Batch
	one, two := jsonrpc.Queue[string](&b, "who", nil), jsonrpc.Queue[string](&b, "who", jsonrpc.Args{2})
	if _, err := p.Send(t.Context(), &b); err != nil {
		t.Error(err)
	}
	first, _ := one.Get()
	second, _ := two.Get()
	wantText(t, "outcomes", first+second, "okok")
	wantText(t, "heard", strings.Join(heard, "\n"),
		`secret [{"jsonrpc":"2.0","method":"who","id":2,"token":"secret"},{"jsonrpc":"2.0","method":"who","params":[2],"id":3,"token":"secret"}]`+"\n"+
			` [{"jsonrpc":"2.0","method":"who","id":2},{"jsonrpc":"2.0","method":"who","params":[2],"id":3}]`)
}

// Secrets of an endpoint are in no error, nor in the statistics.
func TestPoolSecrets(t *testing.T) {
	const password, key = "p4ssword", "k3y1234"
	p := newPool(t, jsonrpc.URLs("http://user:"+password+"@127.0.0.1:1/?key="+key, "tcp://127.0.0.1:1"))
	err := p.Call(t.Context(), "who", nil, nil)
	text := fmt.Sprintf("%v %+v", err, p.Stats())
	for _, want := range []string{"http://127.0.0.1:1/", "tcp://127.0.0.1:1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	for _, secret := range []string{password, key} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in %s", secret, text)
		}
	}
}

func TestNewPoolRefuses(t *testing.T) {
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errDown)
	for name, test := range map[string]struct {
		ctx    context.Context
		source jsonrpc.Source
		opts   []jsonrpc.PoolOption
		want   string
	}{
		"no source":        {source: nil, want: "jsonrpc: not sent: the source of the pool's endpoints is nil: URLs makes one of fixed addresses"},
		"a bad URL":        {source: jsonrpc.URLs("pets.example"), want: "jsonrpc: the endpoints of the pool: number 1: not sent: the URL has no scheme: write http://HOST:PORT/PATH"},
		"no name":          {source: jsonrpc.Endpoints(jsonrpc.Endpoint{Dial: (&backend{}).endpoint().Dial}), want: "jsonrpc: the endpoints of the pool: number 1: not sent: an endpoint with a function that dials needs a Name"},
		"no reconnecting":  {source: jsonrpc.URLs(), opts: []jsonrpc.PoolOption{jsonrpc.WithoutReconnect()}, want: "jsonrpc: not sent: WithoutReconnect has no place in a pool: an endpoint that was lost once would be lost for ever"},
		"one address":      {source: jsonrpc.URLs(), opts: []jsonrpc.PoolOption{jsonrpc.WithAddress("10.0.0.1:80")}, want: "jsonrpc: not sent: WithAddress has no place in a pool: use the field Address of an Endpoint"},
		"no classifier":    {source: jsonrpc.URLs(), opts: []jsonrpc.PoolOption{jsonrpc.WithClassifier(nil)}, want: "jsonrpc: not sent: the classifier is nil"},
		"no probe":         {source: jsonrpc.URLs(), opts: []jsonrpc.PoolOption{jsonrpc.WithProbe(jsonrpc.Probe{})}, want: "jsonrpc: not sent: a probe needs a Method to call, or a Check"},
		"a context's end":  {ctx: ended, source: jsonrpc.Updates(nil), want: "jsonrpc: the endpoints of the pool: nobody is there"},
		"a bad address":    {source: jsonrpc.Endpoints(jsonrpc.Endpoint{URL: "http://a", Address: "b"}), want: `jsonrpc: the endpoints of the pool: number 1: not sent: the address "b" to connect to must have the form HOST:PORT`},
		"address and exec": {source: jsonrpc.Endpoints(jsonrpc.Endpoint{URL: "exec:cat", Address: "b:1"}), want: "jsonrpc: the endpoints of the pool: number 1: not sent: an address to connect to has no effect on exec"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.ctx == nil {
				test.ctx = t.Context()
			}
			p, err := jsonrpc.NewPool(test.ctx, test.source, test.opts...)
			if p != nil {
				t.Error("there is a pool")
			}
			wantError(t, err, test.want)
		})
	}
}

// A pool without endpoints refuses calls until there are some.
func TestPoolEmpty(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		p := newPool(t, jsonrpc.Endpoints())
		err := p.Call(t.Context(), "who", nil, nil)
		wantError(t, err, "jsonrpc: who at pool: connect: the pool has no endpoint for the call")
		wantIs(t, err, jsonrpc.ErrNoEndpoint, false)
		_, endpoints := backends("a")
		if err := p.Set(endpoints...); err != nil {
			t.Fatal(err)
		}
		wantText(t, "outcome", whoAnswers(t, p), "a")
	})
}

// An endpoint that takes too long is given up for another, if the call may be repeated.
func TestPoolAttemptTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		all[0].does(func(ctx context.Context, _ *transport.Message) (io.ReadCloser, error) {
			<-ctx.Done()
			return nil, &transport.Error{Op: "read", Sent: true, Err: context.Cause(ctx)}
		})
		p := poolOf(t, endpoints, jsonrpc.WithAttemptTimeout(time.Second), jsonrpc.WithStrategy(jsonrpc.Ordered()))
		begin := time.Now()
		wantText(t, "outcome", whoAnswers(t, p, jsonrpc.WithIdempotent()), "b")
		if took := time.Since(begin); took != time.Second {
			t.Errorf("it took %v", took)
		}
		// The time of one that may not is the call's alone.
		begin = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := p.Call(ctx, "who", nil, nil)
		wantIs(t, err, context.DeadlineExceeded, true)
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// A trickle is a reply that takes a second for each of its parts.
type trickle struct {
	ctx   context.Context
	parts []string
}

func (r *trickle) Read(p []byte) (int, error) {
	if len(r.parts) == 0 {
		return 0, io.EOF
	}
	if sleepUntil(r.ctx, time.Second); r.ctx.Err() != nil {
		return 0, &transport.Error{Op: "read", Sent: true, Err: context.Cause(r.ctx)}
	}
	n := copy(p, r.parts[0])
	r.parts = r.parts[1:]
	return n, nil
}

// A result that is used while it arrives is not cut off: it would not be had again.
func TestPoolAttemptTimeoutSparesRows(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		all[0].does(func(ctx context.Context, _ *transport.Message) (io.ReadCloser, error) {
			return io.NopCloser(&trickle{ctx, []string{`{"jsonrpc":"2.0","id":1,"result":[1`, ",2", ",3", "]}"}}), nil
		})
		opts := []jsonrpc.CallOption{jsonrpc.WithIdempotent(), jsonrpc.WithID(jsonrpc.IntID(1))}
		p := poolOf(t, endpoints, jsonrpc.WithAttemptTimeout(2*time.Second), jsonrpc.WithStrategy(jsonrpc.Ordered()))
		n := 0
		for item, err := range jsonrpc.Rows[int](t.Context(), p, "list", nil, opts...) {
			if n++; item != n || err != nil {
				t.Error(item, err)
			}
		}
		r, err := jsonrpc.Open(t.Context(), p, "list", nil, opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if text, err := io.ReadAll(r); n != 3 || string(text) != "[1,2,3]" || err != nil {
			t.Errorf("%d items; %s, %v", n, text, err)
		}
	})
}
