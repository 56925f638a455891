package resilience_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
	"example.com/jsonrpc/jsonrpctest"
)

// executions counts how often each request was carried out.
type executions struct {
	mu  sync.Mutex
	all map[string]int
}

// carryOut notes the request and returns its response and how often one with its
// method and params has come.
func (e *executions) carryOut(text []byte) (response string, times int) {
	var request struct {
		Method string
		Params json.RawMessage
		ID     json.RawMessage
	}
	if json.Unmarshal(text, &request) != nil {
		return "", 0
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	key := request.Method + string(request.Params)
	e.all[key]++
	return fmt.Sprintf(`{"jsonrpc":"2.0","result":%s,"id":%s}`, request.Params, request.ID), e.all[key]
}

// all policies, in a hurry.
func hurried() jsonrpc.ClientOption {
	return resilience.New(
		resilience.Retry{Attempts: 10, First: time.Millisecond, Most: 5 * time.Millisecond, Budget: resilience.NewBudget(5, 1000)},
		resilience.Hedge{Delay: 20 * time.Millisecond}, resilience.Dedupe{}, resilience.Gate{Pause: time.Millisecond},
		resilience.Breaker{Rate: 0.99, Delay: time.Millisecond}, resilience.Concurrency{Max: 16}, resilience.RateLimit{Calls: 1_000_000},
	)
}

// askAll makes calls of both kinds and checks that each ends with its own result
// or an error, and that nothing is carried out twice that must not be.
func askAll(t *testing.T, client *jsonrpc.Client, e *executions) {
	t.Helper()
	const calls = 200
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wait sync.WaitGroup
	var mu sync.Mutex
	failed, last := map[string]int{}, map[string]error{}
	for i := range calls {
		for _, method := range []string{"get", "put"} {
			wait.Go(func() {
				got, err := jsonrpc.Call[[]int](ctx, client, method, jsonrpc.Args{i})
				if err == nil && (len(got) != 1 || got[0] != i) {
					t.Errorf("%s %d has the result %v", method, i, got)
				}
				if err != nil {
					mu.Lock()
					failed[method]++
					last[method] = err
					mu.Unlock()
				}
			})
		}
	}
	wait.Wait()
	if failed["get"] > 0 {
		t.Errorf("%d idempotent calls failed, one with %v", failed["get"], last["get"])
	}
	if failed["put"] == 0 {
		t.Error("no call failed: where are the faults?")
	}
	for i := range calls {
		if n := e.all[fmt.Sprintf("put[%d]", i)]; n > 1 {
			t.Errorf("put %d was carried out %d times", i, n)
		}
	}
}

func TestOverHTTP(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	e := &executions{all: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		response, times := e.carryOut(body)
		switch fault := len(response) + int(response[len(response)-2]); {
		case times > 2:
		case fault%6 == 0:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case fault%6 == 1:
			w.Header().Set("Retry-After", "0.002")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		case fault%6 == 2:
			panic(http.ErrAbortHandler) // a reset
		case fault%6 == 3:
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, response[:10]) // half a reply
			return
		}
		_, _ = io.WriteString(w, response)
	}))
	defer server.Close()
	client, err := jsonrpc.Dial(t.Context(), server.URL, idempotent, hurried())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	askAll(t, client, e)
}

func TestOverTCP(t *testing.T) {
	jsonrpctest.NoLeaks(t)
	e := &executions{all: map[string]int{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serveLines(conn, e)
		}
	}()
	client, err := jsonrpc.Dial(t.Context(), "tcp://"+listener.Addr().String(), idempotent, hurried(), jsonrpc.WithMaxBackoff(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	askAll(t, client, e)
}

// serveLines answers the requests on a connection, and ends it now and then, in
// the middle of an answer.
func serveLines(conn net.Conn, e *executions) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for n := 1; lines.Scan(); n++ {
		response, times := e.carryOut(lines.Bytes())
		if n%40 == 0 && times < 3 {
			_, _ = io.WriteString(conn, response[:len(response)/2])
			return
		}
		if _, err := io.WriteString(conn, response+"\n"); err != nil {
			return
		}
	}
}
