package resilience_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
	"example.com/jsonrpc/transport"
)

func TestHedge(t *testing.T) {
	hedge := resilience.New(resilience.Hedge{Delay: time.Second})
	bubble(t, "the first answer counts, and the other is cancelled", func(t *testing.T) {
		s := &server{steps: []step{stalled, after(time.Second, fine)}}
		client := s.client(t, idempotent, hedge)
		begin := time.Now()
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
		since(t, begin, 2*time.Second)
		synctest.Wait()
		got := s.arrivals()
		if len(got) != 2 || got[1].at != time.Second || got[0].text == got[1].text {
			t.Errorf("%v", got)
		}
		if running, _, canceled := s.underWay(); canceled != 1 || running != 0 {
			t.Errorf("%d cancelled, %d under way", canceled, running)
		}
	})
	bubble(t, "its place is free again", func(t *testing.T) {
		s := &server{steps: []step{stalled, fine}}
		client := s.client(t, idempotent, resilience.New(resilience.Hedge{Delay: time.Second}, resilience.Concurrency{Max: 2}))
		for range 5 {
			if err := call(t.Context(), client); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
	})
	bubble(t, "quick answers need none", func(t *testing.T) {
		s := &server{steps: []step{after(900*time.Millisecond, fine)}}
		client := s.client(t, idempotent, hedge)
		for range 5 {
			if err := call(t.Context(), client); err != nil {
				t.Error(err)
			}
		}
		if s.count() != 5 {
			t.Errorf("%d messages", s.count())
		}
	})
	for name, opts := range map[string][]jsonrpc.ClientOption{
		"not what is not idempotent": {hedge},
		"not without a budget":       {idempotent, resilience.New(resilience.Hedge{Delay: time.Second, Budget: usedUp()})},
	} {
		bubble(t, name, func(t *testing.T) {
			s := &server{steps: []step{after(time.Minute, fine)}}
			begin := time.Now()
			if err := call(t.Context(), s.client(t, opts...)); err != nil {
				t.Error(err)
			}
			since(t, begin, time.Minute)
			if s.count() != 1 {
				t.Errorf("%d messages", s.count())
			}
		})
	}
}

func TestHedgeThatFails(t *testing.T) {
	hedge := resilience.New(resilience.Hedge{Delay: time.Second})
	bubble(t, "a failure is no answer while another is under way", func(t *testing.T) {
		s := &server{steps: []step{after(2*time.Second, broken), after(3*time.Second, fine)}}
		begin := time.Now()
		if err := call(t.Context(), s.client(t, idempotent, hedge)); err != nil {
			t.Error(err)
		}
		since(t, begin, 4*time.Second)
	})
	bubble(t, "a failure alone is the outcome, at once", func(t *testing.T) {
		s := &server{steps: []step{broken, fine}}
		begin := time.Now()
		err := call(t.Context(), s.client(t, idempotent, hedge))
		since(t, begin, 0)
		wantErr(t, err, "jsonrpc: get at test:: read: unexpected EOF")
	})
	bubble(t, "the last failure is that of both", func(t *testing.T) {
		s := &server{steps: []step{after(2*time.Second, broken), after(3*time.Second, step{status: 503, reply: "oops"})}}
		begin := time.Now()
		err := call(t.Context(), s.client(t, idempotent, hedge))
		since(t, begin, 4*time.Second)
		if page := (*jsonrpc.HTTPError)(nil); !errors.As(err, &page) {
			t.Error(err)
		}
	})
	bubble(t, "what the application says is an answer", func(t *testing.T) {
		s := &server{steps: []step{stalled, said}}
		begin := time.Now()
		err := call(t.Context(), s.client(t, idempotent, hedge))
		since(t, begin, time.Second)
		if jsonrpc.CodeOf(err) != 7 {
			t.Error(err)
		}
	})
	bubble(t, "all end with the call", func(t *testing.T) {
		s := &server{steps: []step{stalled}}
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		time.AfterFunc(3*time.Second, func() { cancel(enough) })
		begin := time.Now()
		err := call(ctx, s.client(t, idempotent, resilience.New(resilience.Hedge{Delay: time.Second, Max: 2})))
		since(t, begin, 3*time.Second)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, enough) || !jsonrpc.MaybeSent(err) {
			t.Error(err)
		}
		synctest.Wait()
		if _, _, canceled := s.underWay(); canceled != 3 {
			t.Errorf("%d of %d cancelled", canceled, s.count())
		}
	})
}

func TestHedgeOf(t *testing.T) {
	hedge := resilience.New(resilience.Hedge{Delay: time.Second})
	bubble(t, "batches", func(t *testing.T) {
		s := &server{steps: []step{stalled, {reply: `[{"jsonrpc":"2.0","result":4,"id":4},{"jsonrpc":"2.0","error":{"code":7,"message":"no"},"id":3}]`}}}
		client := s.client(t, idempotent, hedge)
		var b jsonrpc.Batch
		one, two := jsonrpc.Queue[int](&b, "get", nil), jsonrpc.Queue[int](&b, "getMore", nil)
		if _, err := client.Send(t.Context(), &b); err != nil {
			t.Error(err)
		}
		if _, err := one.Get(); jsonrpc.CodeOf(err) != 7 {
			t.Error(err)
		}
		if n, err := two.Get(); n != 4 || err != nil {
			t.Error(n, err)
		}
	})
	bubble(t, "after what most calls take", func(t *testing.T) {
		usual := after(100*time.Millisecond, fine)
		s := &server{steps: []step{usual}}
		client := s.client(t, idempotent, resilience.New(resilience.Hedge{}))
		for range 40 {
			_ = call(t.Context(), client)
		}
		s.steps = append(slices.Repeat([]step{usual}, s.count()), stalled, fine)
		begin := time.Now()
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took < 90*time.Millisecond || took > 200*time.Millisecond {
			t.Errorf("the hedge was sent after %v", took)
		}
	})
	bubble(t, "retries are hedged too", func(t *testing.T) {
		s := &server{steps: []step{broken, stalled, fine}}
		client := s.client(t, idempotent, resilience.New(resilience.Retry{}, resilience.Hedge{Delay: time.Second}))
		if err := call(t.Context(), client); err != nil || s.count() != 3 {
			t.Error(err, s.count())
		}
	})
}

// usedUp returns a budget that is.
func usedUp() *resilience.Budget {
	b := resilience.NewBudget(1e-9, 1)
	fails := &server{steps: []step{unsent}}
	client, err := jsonrpc.NewClient(fails, resilience.New(resilience.Retry{Budget: b, Attempts: 2, First: 1}))
	if err != nil {
		panic(err)
	}
	_ = client.Call(context.Background(), "x", nil, nil)
	return b
}

// TestHedgeOnAStream: the hedge has an id of its own, so that one connection can
// have both under way.
func TestHedgeOnAStream(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		answers := make(chan string, 1)
		stream := &stream{write: func(m string) {
			if idOf(m) != "1" {
				answers <- `{"jsonrpc":"2.0","result":"fine","id":` + idOf(m) + `}`
			}
		}, read: answers, closed: make(chan struct{})}
		client, err := jsonrpc.NewStreamClient(t.Context(), "test:", func(context.Context) (transport.Stream, error) { return stream, nil },
			idempotent, resilience.New(resilience.Hedge{Delay: time.Second}))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		begin := time.Now()
		if err := call(t.Context(), client); err != nil {
			t.Error(err)
		}
		since(t, begin, time.Second)
	})
}

// A stream answers as a test says.
type stream struct {
	write  func(string)
	read   chan string
	closed chan struct{}
	once   sync.Once
}

func (s *stream) Read(ctx context.Context, buf []byte) ([]byte, error) {
	select {
	case m := <-s.read:
		return append(buf, m...), nil
	case <-s.closed:
		return buf, io.EOF
	case <-ctx.Done():
		return buf, ctx.Err()
	}
}

func (s *stream) Write(_ context.Context, m []byte) error {
	s.write(string(m))
	return nil
}

func (s *stream) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
