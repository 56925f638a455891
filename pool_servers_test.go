package jsonrpc_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
)

// Of three servers on real sockets one stops, one is slow, and one says that it is asked
// too often: every call is answered, and the others are
// hardly asked.
func TestPoolOfThreeServers(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	serve := func(faults jsonrpctest.FaultPlan) (url string, stop func()) {
		s := jsonrpctest.NewServer(nil)
		s.HandleFunc("double", func(n int) int { return 2 * n }, "n")
		s.SetFaults(faults)
		h := httptest.NewServer(s)
		t.Cleanup(h.Close)
		return h.URL, func() { h.CloseClientConnections(); h.Close() }
	}
	stopping, stop := serve(nil)
	slow, _ := serve(jsonrpctest.Always(jsonrpctest.Latency(20 * time.Millisecond)))
	limited, _ := serve(jsonrpctest.Always(jsonrpctest.Status(429, "slow down", "Retry-After: 60")))
	p := newPool(t, jsonrpc.URLs(stopping, slow, limited), jsonrpc.WithIdempotent("double"), jsonrpc.WithStrategy(jsonrpc.LeastLoaded()))
	var callers sync.WaitGroup
	for g := range 8 {
		callers.Go(func() {
			for i := range 40 {
				if g == 0 && i == 10 {
					stop()
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				got, err := jsonrpc.Call[int](ctx, p, "double", jsonrpc.Named{"n": i})
				cancel()
				if err != nil || got != 2*i {
					t.Errorf("%d, %v", got, err)
				}
			}
		})
	}
	callers.Wait()
	stats := p.Stats()
	if s := stats[2]; s.State != jsonrpc.EndpointResting || s.Calls > 8 || time.Until(s.RestUntil) < 30*time.Second {
		t.Errorf("the one that is asked too often: %+v", s)
	}
	if s := stats[0]; s.Failures == 0 || s.State == jsonrpc.EndpointUp {
		t.Errorf("the one that stopped: %+v", s)
	}
	if s := stats[1]; s.State != jsonrpc.EndpointUp || s.Failures != 0 {
		t.Errorf("the slow one: %+v", s)
	}
}

// A large result that is cut off comes from another server whole, without what the first
// one has sent of it.
func TestPoolResultCutOff(t *testing.T) {
	rows := func(name string) string {
		var b strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&b, `,"%s%d":%d`, name, i, i)
		}
		return "{" + b.String()[1:] + "}"
	}
	cut := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text := response(string(body), rows("a"))
		if strings.Contains(string(body), "list") {
			text = response(string(body), "["+strings.Repeat("1,", 100_000)+"1]")
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = io.WriteString(w, text[:len(text)/2])
		panic(http.ErrAbortHandler)
	})
	whole := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, r, rows("b")) })
	p := newPool(t, jsonrpc.URLs(cut.URL, whole.URL), jsonrpc.WithStrategy(jsonrpc.Ordered()))
	got, err := jsonrpc.Call[map[string]int](t.Context(), p, "rows", nil, jsonrpc.WithIdempotent())
	if err != nil || len(got) != 20_000 || got["b7"] != 7 {
		t.Errorf("%d members, %v", len(got), err)
	}
	_, err = jsonrpc.Call[map[string]int](t.Context(), p, "rows", nil)
	if o := jsonrpc.Classify(err); o.Class != jsonrpc.ClassBroken || !o.Sent {
		t.Errorf("%+v: %v", o, err)
	}
	// Items that were given cannot be taken back.
	n := 0
	for _, err = range jsonrpc.Rows[int](t.Context(), p, "list", nil, jsonrpc.WithIdempotent()) {
		n++
	}
	if o := jsonrpc.Classify(err); n < 1000 || o.Class != jsonrpc.ClassBroken {
		t.Errorf("%d items, %+v: %v", n, o, err)
	}
}
