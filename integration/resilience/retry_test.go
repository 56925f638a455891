package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
	"example.com/jsonrpc/transport"
)

func TestRetrySendsAgainWhatMayBe(t *testing.T) {
	put := func(ctx context.Context, c *jsonrpc.Client) error { return c.Call(ctx, "put", nil, nil) }
	get := func(ctx context.Context, c *jsonrpc.Client) error { return call(ctx, c) }
	byOption := func(ctx context.Context, c *jsonrpc.Client) error {
		return c.Call(ctx, "put", nil, nil, jsonrpc.WithIdempotent())
	}
	notify := func(ctx context.Context, c *jsonrpc.Client) error {
		return c.Notify(ctx, "get", nil, jsonrpc.WithIdempotent())
	}
	rows := func(ctx context.Context, c *jsonrpc.Client) error {
		for _, err := range jsonrpc.Rows[int](ctx, c, "get", nil) {
			return err
		}
		return nil
	}
	tests := map[string]struct {
		steps []step
		do    func(context.Context, *jsonrpc.Client) error
		retry resilience.Retry
		sent  int
		fails bool
	}{
		"idempotent":                       {steps: []step{broken, broken, fine}, do: get, sent: 3},
		"idempotent by the call":           {steps: []step{broken, fine}, do: byOption, sent: 2},
		"not idempotent":                   {steps: []step{broken, fine}, do: put, sent: 1, fails: true},
		"not idempotent, not sent":         {steps: []step{unsent, unsent, fine}, do: put, sent: 3},
		"not idempotent, rate limited":     {steps: []step{limited, fine}, do: put, sent: 1, fails: true},
		"rate limited, if that is allowed": {steps: []step{limited, fine}, do: put, retry: resilience.Retry{RateLimited: true}, sent: 2},
		"a notification":                   {steps: []step{broken, {}}, do: notify, sent: 1, fails: true},
		"a notification, not sent":         {steps: []step{unsent, {}}, do: notify, sent: 2},
		"a notification, rate limited":     {steps: []step{limited, {}}, do: notify, retry: resilience.Retry{RateLimited: true}, sent: 1, fails: true},
		"an answer":                        {steps: []step{said, fine}, do: get, sent: 1, fails: true},
		"rows":                             {steps: []step{broken, fine}, do: rows, sent: 1, fails: true},
		"garbage":                          {steps: []step{{reply: "{"}, fine}, do: get, sent: 2},
		"another's answer":                 {steps: []step{{reply: `{"jsonrpc":"2.0","result":"mine","id":77}`}, fine}, do: get, sent: 2},
		"unavailable":                      {steps: []step{{status: 503}, {status: 500, reply: "oops"}, {status: 502}, fine}, do: get, sent: 4},
		"rejected":                         {steps: []step{{status: 401}, fine}, do: get, sent: 1, fails: true},
		"no more than 4":                   {steps: []step{broken, broken, broken, broken, fine}, do: get, sent: 4, fails: true},
		"no more than 2":                   {steps: []step{broken, broken, fine}, do: get, retry: resilience.Retry{Attempts: 2}, sent: 2, fails: true},
		"a stall":                          {steps: []step{stalled, fine}, do: get, retry: resilience.Retry{AttemptTimeout: time.Second}, sent: 2},
		"slow, and not idempotent":         {steps: []step{{wait: 3 * time.Second, reply: fine.reply}}, do: put, retry: resilience.Retry{AttemptTimeout: time.Second}, sent: 1},
		"slow rows, not had again":         {steps: []step{{wait: 3 * time.Second, reply: `{"jsonrpc":"2.0","result":[],"id":#}`}}, do: rows, retry: resilience.Retry{AttemptTimeout: time.Second}, sent: 1},
		"by a classifier": {steps: []step{said, fine}, do: get, retry: resilience.Retry{Classifier: func(error) jsonrpc.Outcome {
			return jsonrpc.Outcome{Class: jsonrpc.ClassBehind, Sent: true}
		}}, sent: 2},
	}
	for name, test := range tests {
		bubble(t, name, func(t *testing.T) {
			s := &server{steps: test.steps}
			err := test.do(t.Context(), s.client(t, idempotent, resilience.New(test.retry)))
			if (err != nil) != test.fails || s.count() != test.sent {
				t.Errorf("sent %d times, error %v", s.count(), err)
			}
		})
	}
}

func TestRetryWaits(t *testing.T) {
	bubble(t, "longer and longer", func(t *testing.T) {
		s := &server{steps: []step{broken}}
		client := s.client(t, idempotent, resilience.New(resilience.Retry{Attempts: 6, First: 100 * time.Millisecond, Most: 800 * time.Millisecond}))
		err := call(t.Context(), client)
		wantErr(t, err, "jsonrpc: get at test:: read: unexpected EOF (gave up after 6 attempts: no more are allowed)")
		if !errors.Is(err, io.ErrUnexpectedEOF) || !jsonrpc.MaybeSent(err) {
			t.Error("the last error is not in it")
		}
		got := s.arrivals()
		for i, ms := range []int64{100, 200, 400, 800, 800} {
			most := time.Duration(ms) * time.Millisecond
			if wait := got[i+1].at - got[i].at; wait < most/2 || wait > most {
				t.Errorf("wait %d is %v, not in %v to %v", i, wait, most/2, most)
			}
		}
	})
	under200 := step{
		header: http.Header{"Ratelimit-Reset": {"30"}},
		reply:  `{"jsonrpc":"2.0","error":{"code":-32005,"message":"rate limited"},"id":#}`,
	}
	for name, limited := range map[string]step{"as long as the server asks": limited30, "under HTTP 200": under200} {
		bubble(t, name, func(t *testing.T) {
			s := &server{steps: []step{limited, fine}}
			begin := time.Now()
			if err := call(t.Context(), s.client(t, idempotent, resilience.New(resilience.Retry{}))); err != nil {
				t.Error(err)
			}
			since(t, begin, 30*time.Second)
		})
	}
	bubble(t, "not past the deadline", func(t *testing.T) {
		s := &server{steps: []step{limited30, fine}}
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := call(ctx, s.client(t, idempotent, resilience.New(resilience.Retry{})))
		since(t, begin, 0)
		wantErr(t, err, "jsonrpc: get at test:: the server answered 429 Too Many Requests: slow down (gave up after 1 attempt: the next has to wait 30s, and the deadline is in 5s)")
		if page := (*jsonrpc.HTTPError)(nil); !errors.As(err, &page) || jsonrpc.Classify(err).RetryAfter != 30*time.Second {
			t.Error("the server's answer is not in it")
		}
	})
	bubble(t, "not longer than is allowed", func(t *testing.T) {
		s := &server{steps: []step{limited30, fine}}
		begin := time.Now()
		err := call(t.Context(), s.client(t, idempotent, resilience.New(resilience.Retry{MaxWait: 20 * time.Second})))
		since(t, begin, 0)
		wantErr(t, err, "jsonrpc: get at test:: the server answered 429 Too Many Requests: slow down (gave up after 1 attempt: the next has to wait 30s, more than the 20s that calls may)")
	})
	bubble(t, "not when there is no time", func(t *testing.T) {
		s := &server{steps: []step{after(4*time.Second, broken), fine}}
		begin := time.Now()
		err := call(t.Context(), s.client(t, idempotent, jsonrpc.WithTimeout(5*time.Second), resilience.New(resilience.Retry{First: 4 * time.Second})))
		since(t, begin, 4*time.Second)
		wantErr(t, err, "jsonrpc: get at test:: read: unexpected EOF (gave up after 1 attempt: the deadline, in 1s, leaves no time for another)")
	})
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"until the call is canceled": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(3*time.Second, func() { cancel(errors.New("enough")) })
			return ctx, func() {}
		},
	} {
		bubble(t, name, func(t *testing.T) {
			s := &server{steps: []step{limited30, fine}}
			begin := time.Now()
			ctx, cancel := end(t.Context())
			defer cancel()
			err := call(ctx, s.client(t, idempotent, resilience.New(resilience.Retry{})))
			since(t, begin, 3*time.Second)
			if page := (*jsonrpc.HTTPError)(nil); !errors.As(err, &page) || !errors.Is(err, context.Canceled) || s.count() != 1 {
				t.Error(err, s.count())
			}
			if class := jsonrpc.Classify(err).Class; class != jsonrpc.ClassCanceled {
				t.Error(class)
			}
		})
	}
	bubble(t, "not once the call has ended", func(t *testing.T) {
		s := &server{steps: []step{stalled, fine}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := call(ctx, s.client(t, idempotent, resilience.New(resilience.Retry{})))
		if !errors.Is(err, context.DeadlineExceeded) || s.count() != 1 {
			t.Error(err, s.count())
		}
	})
}

// TestRetryBudget: retries are a share of all calls, those of other policies too.
func TestRetryBudget(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		s := &server{steps: []step{broken}}
		budget := resilience.NewBudget(0.2, 10)
		policies := resilience.New(resilience.Retry{Budget: budget})
		one, two := s.client(t, idempotent, policies), s.client(t, idempotent, resilience.New(resilience.Retry{Budget: budget}))
		const calls = 100
		var last error
		for i := range calls {
			last = call(t.Context(), []*jsonrpc.Client{one, two}[i%2])
		}
		// 10 spare ones, and one for five calls.
		if retries := s.count() - calls; retries < 28 || retries > 30 {
			t.Errorf("%d retries", retries)
		}
		wantErr(t, last, "jsonrpc: get at test:: read: unexpected EOF (gave up after 1 attempt: the budget for retries is used up)")
	})
}

// TestRetryOfBatches: of a batch only the failed items are sent again that may be.
func TestRetryOfBatches(t *testing.T) {
	const (
		busy    = `{"jsonrpc":"2.0","error":{"code":429,"message":"busy"},"id":%d}`
		no      = `{"jsonrpc":"2.0","error":{"code":7,"message":"no"},"id":%d}`
		ok      = `{"jsonrpc":"2.0","result":%[1]d,"id":%[1]d}`
		get1    = `{"jsonrpc":"2.0","method":"get","id":1}`
		put2    = `{"jsonrpc":"2.0","method":"put","id":2}`
		get3    = `{"jsonrpc":"2.0","method":"get","id":3}`
		note    = `{"jsonrpc":"2.0","method":"note"}`
		whole   = "[" + get1 + "," + put2 + "," + get3 + "," + note + "]"
		getOnly = "[" + get1 + "," + get3 + "]"
	)
	items := func(formats ...string) step {
		text := "["
		for i, f := range formats {
			if f == "" {
				continue
			}
			if len(text) > 1 {
				text += ","
			}
			text += fmt.Sprintf(f, i+1)
		}
		return step{reply: text + "]"}
	}
	closed := &transport.Error{Op: "read", Sent: true, Err: io.ErrUnexpectedEOF}
	tests := map[string]struct {
		steps []step
		sent  []string
		codes [3]int64 // of the results; -1 is an error of another kind
		err   error
	}{
		"all fine":                 {[]step{items(ok, ok, ok)}, []string{whole}, [3]int64{}, nil},
		"answers":                  {[]step{items(no, no, ok)}, []string{whole}, [3]int64{7, 7, 0}, nil},
		"one is busy":              {[]step{items(ok, ok, busy), items("", "", ok)}, []string{whole, "[" + get3 + "]"}, [3]int64{}, nil},
		"one that may not":         {[]step{items(ok, busy, ok)}, []string{whole}, [3]int64{0, 429, 0}, nil},
		"all are busy":             {[]step{items(busy, busy, busy), items(ok, "", ok)}, []string{whole, getOnly}, [3]int64{0, 429, 0}, nil},
		"again and again":          {[]step{items(busy, ok, busy), items(ok, "", busy), items("", "", no)}, []string{whole, getOnly, "[" + get3 + "]"}, [3]int64{0, 0, 7}, nil},
		"one is missing":           {[]step{items(ok, ok, ""), items("", "", ok)}, []string{whole, "[" + get3 + "]"}, [3]int64{}, nil},
		"not sent":                 {[]step{unsent, items(ok, ok, ok)}, []string{whole, whole}, [3]int64{}, nil},
		"broken":                   {[]step{broken, items(ok, "", ok)}, []string{whole, getOnly}, [3]int64{0, -1, 0}, closed},
		"broken, then not sent":    {[]step{broken, unsent, items(ok, "", ok)}, []string{whole, getOnly, getOnly}, [3]int64{0, -1, 0}, closed},
		"broken to the end":        {[]step{broken}, []string{whole, getOnly, getOnly, getOnly}, [3]int64{-1, -1, -1}, closed},
		"one error for all":        {[]step{{reply: `{"jsonrpc":"2.0","error":{"code":429,"message":"busy"},"id":null}`}, items(ok, "", ok)}, []string{whole, getOnly}, [3]int64{0, 429, 0}, nil},
		"a stray beside the fault": {[]step{{reply: `[{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","result":2,"id":2},{"jsonrpc":"2.0","result":3,"id":9}]`}, items("", "", ok)}, []string{whole, "[" + get3 + "]"}, [3]int64{}, nil},
	}
	for name, test := range tests {
		bubble(t, name, func(t *testing.T) {
			s := &server{steps: test.steps}
			client := s.client(t, idempotent, resilience.New(resilience.Retry{}))
			var b jsonrpc.Batch
			results := []*jsonrpc.Result[int]{jsonrpc.Queue[int](&b, "get", nil), jsonrpc.Queue[int](&b, "put", nil), jsonrpc.Queue[int](&b, "get", nil)}
			b.Notify("note", nil)
			_, err := client.Send(t.Context(), &b)
			wantsError := test.err != nil || name == "one error for all" || name == "a stray beside the fault"
			if (err != nil) != wantsError || test.err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Error(err)
			}
			for i, r := range results {
				n, err := r.Get()
				switch want := test.codes[i]; {
				case want == 0 && (n != i+1 || err != nil):
					t.Errorf("result %d: %d, %v", i+1, n, err)
				case want < 0 && (err == nil || jsonrpc.CodeOf(err) != 0), want > 0 && jsonrpc.CodeOf(err) != want:
					t.Errorf("result %d: %v", i+1, err)
				}
			}
			for i, a := range s.arrivals() {
				if i >= len(test.sent) || a.text != test.sent[i] {
					t.Errorf("sent %s", a.text)
				}
			}
			if s.count() != len(test.sent) {
				t.Errorf("sent %d messages, not %d", s.count(), len(test.sent))
			}
		})
	}
}

// TestRetryOfABatchThatBreaksOff: what an interceptor inside has an answer to is
// kept, though the batch as a whole has an error; that is gone with the rest.
func TestRetryOfABatchThatBreaksOff(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		oneByOne := jsonrpc.WithInterceptors(func(next jsonrpc.Invoker) jsonrpc.Invoker {
			return func(ctx context.Context, x *jsonrpc.Exchange) error {
				for i := range x.Items() {
					part := x.Part(i)
					if err := next(ctx, part); err != nil {
						return err
					}
					_ = x.Adopt(part, nil)
				}
				return nil
			}
		})
		answer := func(n int) step { return step{reply: fmt.Sprintf(`[{"jsonrpc":"2.0","result":%d,"id":%[1]d}]`, n)} }
		s := &server{steps: []step{answer(1), broken, answer(2)}}
		client := s.client(t, idempotent, resilience.New(resilience.Retry{}), oneByOne)
		var b jsonrpc.Batch
		one, two := jsonrpc.Queue[int](&b, "get", nil), jsonrpc.Queue[int](&b, "get", nil)
		if _, err := client.Send(t.Context(), &b); err != nil {
			t.Error(err)
		}
		for i, r := range []*jsonrpc.Result[int]{one, two} {
			if n, err := r.Get(); n != i+1 || err != nil {
				t.Error(n, err)
			}
		}
		if s.count() != 3 {
			t.Errorf("%d messages", s.count())
		}
	})
}

// A message that may have been sent once may have been sent, whatever came after.
func TestMaybeSentOfAllAttempts(t *testing.T) {
	for name, test := range map[string]struct {
		policy resilience.Policy
		steps  []step
		want   bool
	}{
		"the first":          {resilience.Retry{Attempts: 3}, []step{broken, unsent}, true},
		"the second":         {resilience.Retry{Attempts: 3}, []step{unsent, broken, unsent}, true},
		"none":               {resilience.Retry{Attempts: 3}, []step{unsent}, false},
		"one that was raced": {resilience.Hedge{Delay: time.Second}, []step{after(2*time.Second, broken), after(3*time.Second, unsent)}, true},
		"none of two":        {resilience.Hedge{Delay: time.Second}, []step{after(2*time.Second, unsent)}, false},
	} {
		bubble(t, name, func(t *testing.T) {
			client := (&server{steps: test.steps}).client(t, idempotent, resilience.New(test.policy))
			if err := call(t.Context(), client); jsonrpc.MaybeSent(err) != test.want {
				t.Errorf("MaybeSent(%v) is %v", err, !test.want)
			}
		})
		bubble(t, name+", in a batch", func(t *testing.T) {
			client := (&server{steps: test.steps}).client(t, idempotent, resilience.New(test.policy))
			var batch jsonrpc.Batch
			results := []*jsonrpc.Result[string]{jsonrpc.Queue[string](&batch, "get", nil), jsonrpc.Queue[string](&batch, "get", nil)}
			_, err := client.Send(t.Context(), &batch)
			for _, r := range results {
				if _, one := r.Get(); jsonrpc.MaybeSent(one) != test.want || jsonrpc.MaybeSent(err) != test.want {
					t.Errorf("MaybeSent(%v) is %v, of the whole %v", one, jsonrpc.MaybeSent(one), jsonrpc.MaybeSent(err))
				}
			}
		})
	}
}
