package jsonrpc_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func TestPoolStrategies(t *testing.T) {
	for name, test := range map[string]struct {
		strategy jsonrpc.Strategy
		change   func(endpoints []jsonrpc.Endpoint)
		want     string
	}{
		"round robin": {jsonrpc.RoundRobin(), nil, "abcabcabc"},
		"zero":        {jsonrpc.Strategy{}, nil, "abcabcabc"},
		"by weight": {jsonrpc.RoundRobin(), func(e []jsonrpc.Endpoint) { e[0].Weight, e[1].Weight = 4, 2 },
			"abacaba" + "ab"},
		"by priority":          {jsonrpc.RoundRobin(), func(e []jsonrpc.Endpoint) { e[0].Priority, e[1].Priority = 1, 1 }, "ccccccccc"},
		"ordered":              {jsonrpc.Ordered(), nil, "aaaaaaaaa"},
		"least":                {jsonrpc.LeastLoaded(), nil, "abcabcabc"}, // none has any load: in turn
		"sticky, without keys": {jsonrpc.Sticky(nil), nil, "abcabcabc"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *peer) {
				_, endpoints := backends("abc")
				if test.change != nil {
					test.change(endpoints)
				}
				p := poolOf(t, endpoints, jsonrpc.WithStrategy(test.strategy))
				wantText(t, "turns", asks(t, p, 9), test.want)
			})
		})
	}
}

// Weights of any size are kept to, nearly, and none gets nothing.
func TestPoolWeights(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		_, endpoints := backends("abc")
		endpoints[0].Weight, endpoints[1].Weight = 60000, 30000
		p := poolOf(t, endpoints)
		turns := asks(t, p, 900)
		for name, want := range map[string]int{"a": 600, "b": 300, "c": 7} {
			if got := strings.Count(turns, name); got < want*9/10 || got > want*11/10 {
				t.Errorf("%s has %d of 900 calls, want about %d", name, got, want)
			}
		}
		for i := range endpoints {
			endpoints[i].Weight = math.MaxInt/2 + 1 - i
		}
		for _, strategy := range []jsonrpc.Strategy{jsonrpc.RoundRobin(), jsonrpc.LeastLoaded()} {
			p := poolOf(t, endpoints, jsonrpc.WithStrategy(strategy))
			wantText(t, "turns by the largest weights", asks(t, p, 6), "abcabc")
		}
	})
}

// Backups get calls while the primary rests.
func TestPoolBackup(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("abc")
		endpoints[1].Priority, endpoints[2].Priority = 1, 1
		p := poolOf(t, endpoints)
		all[0].does(down)
		wantText(t, "without the primary", asks(t, p, 4), "cbcb")
		all[0].does(nil)
		time.Sleep(time.Second)
		wantText(t, "with it", asks(t, p, 4), "aaaa")
	})
}

// Calls go where the fewest are under way, for the weight.
func TestPoolLeastLoaded(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		endpoints[1].Weight = 2
		p := poolOf(t, endpoints, jsonrpc.WithStrategy(jsonrpc.LeastLoaded()))
		done := make(chan struct{})
		for _, b := range all {
			b.does(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
				<-done
				return io.NopCloser(strings.NewReader(response(string(m.Body), `""`))), nil
			})
		}
		for range 9 {
			go func() { _, _ = p.Request(t.Context(), "who", nil) }()
			synctest.Wait()
		}
		if stats := p.Stats(); stats[0].InFlight != 3 || stats[1].InFlight != 6 {
			t.Errorf("%+v", stats)
		}
		close(done)
		synctest.Wait()
	})
}

type sessionKey struct{}

func sessionOf(ctx context.Context) string {
	key, _ := ctx.Value(sessionKey{}).(string)
	return key
}

// homes returns where each of 300 sessions is.
func homes(t *testing.T, p *jsonrpc.Pool) (all [300]string) {
	t.Helper()
	for i := range all {
		all[i] = whoAnswers(t, p, jsonrpc.WithSession(fmt.Sprint("session ", i)))
	}
	return all
}

func moved(before, after [300]string, from string) (n int) {
	for i := range before {
		if before[i] != after[i] && (from == "" || before[i] == from) {
			n++
		}
	}
	return n
}

// A session stays at one endpoint. One that comes or goes moves the sessions that it
// gets or had, and no others.
func TestPoolSticky(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("abcd")
		p := poolOf(t, endpoints, jsonrpc.WithStrategy(jsonrpc.Sticky(sessionOf)))
		four := homes(t, p)
		if n := moved(four, homes(t, p), ""); n != 0 {
			t.Errorf("%d sessions moved for nothing", n)
		}
		count := map[string]int{}
		for i, home := range four {
			count[home]++
			ctx := context.WithValue(t.Context(), sessionKey{}, fmt.Sprint("session ", i))
			if got, err := jsonrpc.Call[string](ctx, p, "who", nil); err != nil || got != home {
				t.Fatalf("by the context %s, by the option %s, %v", got, home, err)
			}
		}
		for name, n := range count {
			if n < 50 || n > 100 {
				t.Errorf("%d of 300 sessions are at %s", n, name)
			}
		}

		if err := p.Set(endpoints[:3]...); err != nil {
			t.Fatal(err)
		}
		three := homes(t, p)
		if n := moved(four, three, ""); n != count["d"] {
			t.Errorf("%d sessions moved, %d had to", n, count["d"])
		}
		if err := p.Set(endpoints...); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := moved(four, homes(t, p), ""); n != 0 {
			t.Errorf("%d sessions are elsewhere now", n)
		}

		// While their endpoint rests, sessions are elsewhere.
		all[0].does(down)
		resting := homes(t, p)
		if n := moved(four, resting, ""); n != count["a"] {
			t.Errorf("%d sessions moved, %d had to", n, count["a"])
		}
		all[0].does(nil)
		time.Sleep(time.Second)
		if n := moved(four, homes(t, p), ""); n != 0 {
			t.Errorf("%d sessions did not come back", n)
		}
	})
}

// Calls of different sessions do not go together.
func TestPoolStickyCoalescing(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *peer) {
		all, endpoints := backends("ab")
		p := poolOf(t, endpoints, jsonrpc.WithStrategy(jsonrpc.Sticky(sessionOf)),
			jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Second}))
		var calls []*pending[string]
		for i := range 20 {
			ctx := context.WithValue(t.Context(), sessionKey{}, fmt.Sprint(i))
			calls = append(calls, startCall(ctx, t, p.Client, "who"))
		}
		for _, c := range calls {
			if _, err := c.get(); err != nil {
				t.Error(err)
			}
		}
		if a, b := all[0].count(), all[1].count(); a+b != 20 || a == 0 || b == 0 {
			t.Errorf("%d and %d messages", a, b)
		}
	})
}
