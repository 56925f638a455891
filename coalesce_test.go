package jsonrpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// slow is a server that takes a second for each message and notes it.
type slow struct {
	server  *jsonrpctest.Server
	refuses func(body []byte) string // the reply instead; empty: none

	mu    sync.Mutex
	sizes []int // of the messages, in requests; 0 is no batch
}

func (s *slow) RoundTrip(ctx context.Context, m *transport.Message) (io.ReadCloser, error) {
	var batch []json.RawMessage
	_ = json.Unmarshal(m.Body, &batch)
	s.mu.Lock()
	s.sizes = append(s.sizes, len(batch))
	s.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return nil, &transport.Error{Op: "send", Sent: true, Err: context.Cause(ctx)}
	}
	if s.refuses != nil {
		if reply := s.refuses(m.Body); reply != "" {
			return io.NopCloser(strings.NewReader(reply)), nil
		}
	}
	return s.server.RoundTrip(ctx, m)
}

func newSlow() *slow {
	return &slow{server: jsonrpctest.NewServer(jsonrpctest.Handlers{
		"double": jsonrpctest.Func(func(n int) (int, error) {
			if n < 0 {
				return 0, &jsonrpc.Error{Code: 7, Message: "negative"}
			}
			return 2 * n, nil
		}),
	})}
}

// doubles makes n calls at once and returns what is wrong with their outcomes.
func doubles(ctx context.Context, client *jsonrpc.Client, n int) (wrong []string) {
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	for i := range n {
		wg.Go(func() {
			got, err := jsonrpc.Call[int](ctx, client, "double", jsonrpc.Args{i})
			if err != nil || got != 2*i {
				mu.Lock()
				defer mu.Unlock()
				wrong = append(wrong, fmt.Sprint(i, got, err))
			}
		})
	}
	wg.Wait()
	return wrong
}

func TestCoalescing(t *testing.T) {
	for name, test := range map[string]struct {
		set     jsonrpc.Coalescing
		calls   int
		want    []int
		seconds float64
	}{
		"one":           {jsonrpc.Coalescing{}, 1, []int{0}, 1},
		"two":           {jsonrpc.Coalescing{}, 2, []int{0, 0}, 2},
		"ten":           {jsonrpc.Coalescing{}, 10, []int{0, 9}, 2},
		"items":         {jsonrpc.Coalescing{MaxItems: 5}, 12, []int{0, 5, 5, 0}, 4},
		"bytes":         {jsonrpc.Coalescing{MaxBytes: 200}, 8, []int{0, 3, 3, 0}, 4},
		"side by side":  {jsonrpc.Coalescing{InFlight: 2}, 10, []int{0, 0, 8}, 2},
		"window":        {jsonrpc.Coalescing{Window: time.Millisecond}, 10, []int{10}, 1.001},
		"window, items": {jsonrpc.Coalescing{Window: time.Millisecond, MaxItems: 4}, 10, []int{4, 4, 2}, 1.001},
		"window, full":  {jsonrpc.Coalescing{Window: time.Millisecond, MaxItems: 4}, 8, []int{4, 4}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newSlow()
				client := newClient(t, server, jsonrpc.WithCoalescing(test.set))
				begin := time.Now()
				if wrong := doubles(t.Context(), client, test.calls); wrong != nil {
					t.Error(wrong)
				}
				if test.set.Window > 0 { // they go side by side
					slices.SortFunc(server.sizes, func(a, b int) int { return b - a })
				}
				if fmt.Sprint(server.sizes) != fmt.Sprint(test.want) || time.Since(begin).Seconds() != test.seconds {
					t.Errorf("messages of %v requests in %v, want %v in %v s", server.sizes, time.Since(begin), test.want, test.seconds)
				}
			})
		})
	}
}

func TestCoalescedCallFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, newSlow(), jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: 1}))
		var wg sync.WaitGroup
		for _, n := range []int{1, -1, 2} {
			wg.Go(func() {
				got, err := jsonrpc.Call[int](t.Context(), client, "double", jsonrpc.Args{n})
				if n < 0 && jsonrpc.CodeOf(err) != 7 || n > 0 && (err != nil || got != 2*n) {
					t.Error(n, got, err)
				}
			})
		}
		wg.Go(func() {
			if _, err := jsonrpc.Call[int](t.Context(), client, "missing", nil); jsonrpc.CodeOf(err) != jsonrpc.CodeMethodNotFound ||
				err.Error() != "jsonrpc: missing: Method not found (code -32601)" {
				t.Error(err)
			}
		})
		wg.Go(func() {
			var fits *jsonrpc.DecodeError
			if _, err := jsonrpc.Call[string](t.Context(), client, "double", jsonrpc.Args{1}); !errors.As(err, &fits) {
				t.Error(err)
			}
		})
		wg.Wait()
	})
}

// The end of one call's context is that call's alone.
func TestCoalescedCallEndsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, newSlow(), jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Millisecond}))
		enough := errors.New("enough")
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				ctx, begin := t.Context(), time.Now()
				if i == 2 {
					short, cancel := context.WithTimeoutCause(ctx, 10*time.Millisecond, enough)
					defer cancel()
					ctx = short
				}
				_, err := jsonrpc.Call[int](ctx, client, "double", jsonrpc.Args{i})
				if i != 2 && err != nil {
					t.Error(i, err)
				}
				if i == 2 && (!errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, enough) || time.Since(begin) != 10*time.Millisecond || !jsonrpc.MaybeSent(err)) {
					t.Error(err, time.Since(begin))
				}
			})
		}
		wg.Wait()
	})
}

func TestCoalescedCallsThatAllEndEndTheBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, newSlow(), jsonrpc.WithCoalescing(jsonrpc.Coalescing{Window: time.Millisecond}))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if wrong := doubles(ctx, client, 5); len(wrong) != 5 {
			t.Error(wrong)
		}
		synctest.Wait() // and no goroutine is left for synctest to complain of
	})
}

func TestCoalescingWithServersThatRefuse(t *testing.T) {
	refusal := `{"jsonrpc":"2.0","error":{"code":-32600,"message":"no batches here"},"id":null}`
	for name, test := range map[string]struct {
		most int // requests of a batch
		want []int
	}{
		"no batches":    {0, []int{0, 8, 4, 2, 0, 0, 0, 0, 0, 0, 0, 0}},
		"batches of 4":  {4, []int{0, 8, 4, 4}},
		"batches of 20": {20, []int{0, 8}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newSlow()
				server.refuses = func(body []byte) string {
					if n := strings.Count(string(body), `"method"`); body[0] == '[' && n > test.most {
						return refusal
					}
					return ""
				}
				client := newClient(t, server, jsonrpc.WithCoalescing(jsonrpc.Coalescing{}))
				if wrong := doubles(t.Context(), client, 9); wrong != nil {
					t.Error(wrong)
				}
				if fmt.Sprint(server.sizes) != fmt.Sprint(test.want) {
					t.Errorf("messages of %v requests, want %v", server.sizes, test.want)
				}
				if test.most == 0 { // that is remembered
					server.sizes = nil
					if wrong := doubles(t.Context(), client, 3); wrong != nil || fmt.Sprint(server.sizes) != "[0 0 0]" {
						t.Error(wrong, server.sizes)
					}
				}
			})
		})
	}
}

func TestCoalescingOverHTTP(t *testing.T) {
	var mu sync.Mutex
	messages := 0
	handler := newSlow().server
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		messages++
		mu.Unlock()
		handler.ServeHTTP(w, r)
	})
	client := dial(t, server.URL, jsonrpc.WithCoalescing(jsonrpc.Coalescing{}))
	if wrong := doubles(t.Context(), client, 500); wrong != nil {
		t.Error(wrong)
	}
	if messages >= 500 {
		t.Errorf("%d messages for 500 calls", messages)
	}
}

func TestMaxBatch(t *testing.T) {
	for name, test := range map[string]struct {
		items, bytes int
		want         string
	}{
		"items":   {4, 0, "[4 4 2]"},
		"bytes":   {0, 200, "[3 3 3 1]"},
		"both":    {2, 200, "[2 2 2 2 2]"},
		"neither": {0, 0, "[10]"},
		"room":    {10, 100_000, "[10]"},
		"tiny":    {0, 1, "[1 1 1 1 1 1 1 1 1 1]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newSlow()
				client := newClient(t, server)
				var b jsonrpc.Batch
				results := make([]*jsonrpc.Result[int], 10)
				for i := range results {
					results[i] = jsonrpc.Queue[int](&b, "double", jsonrpc.Args{i})
				}
				reply, err := client.Send(t.Context(), &b, jsonrpc.WithMaxBatch(test.items, test.bytes))
				if err != nil || len(reply.Responses) != 10 {
					t.Fatal(reply, err)
				}
				for i, r := range results {
					if n, err := r.Get(); err != nil || n != 2*i || string(reply.Responses[i].Result) != fmt.Sprint(2*i) {
						t.Error(i, n, err)
					}
				}
				if fmt.Sprint(server.sizes) != test.want {
					t.Errorf("batches of %v, want %v", server.sizes, test.want)
				}
			})
		})
	}
}

func TestMaxBatchPartFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newSlow()
		server.refuses = func(body []byte) string {
			if strings.Contains(string(body), "[2]") {
				return "garbage"
			}
			return ""
		}
		var b jsonrpc.Batch
		results := make([]*jsonrpc.Result[int], 6)
		for i := range results {
			results[i] = jsonrpc.Queue[int](&b, "double", jsonrpc.Args{i})
		}
		_, err := newClient(t, server).Send(t.Context(), &b, jsonrpc.WithMaxBatch(2, 0))
		var garbage *jsonrpc.ParseResponseError
		if !errors.As(err, &garbage) {
			t.Error(err)
		}
		for i, r := range results {
			n, err := r.Get()
			if failed := i == 2 || i == 3; failed != errors.As(err, &garbage) || !failed && n != 2*i {
				t.Error(i, n, err)
			}
		}
	})
}

// The timeout is that of the Send, not of each of its batches.
func TestMaxBatchTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newSlow()
		var b jsonrpc.Batch
		results := make([]*jsonrpc.Result[int], 10)
		for i := range results {
			results[i] = jsonrpc.Queue[int](&b, "double", jsonrpc.Args{i})
		}
		begin := time.Now()
		_, err := newClient(t, server, jsonrpc.WithTimeout(1500*time.Millisecond)).Send(t.Context(), &b, jsonrpc.WithMaxBatch(2, 0))
		wantError(t, err, "jsonrpc: batch of 10: send: context deadline exceeded\nsend: context deadline exceeded")
		if since := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || since != 1500*time.Millisecond {
			t.Errorf("after %v: %v", since, err)
		}
		for i, r := range results {
			_, err := r.Get()
			if i < 2 && err != nil || i >= 2 && !errors.Is(err, context.DeadlineExceeded) || i >= 4 && jsonrpc.MaybeSent(err) {
				t.Error(i, err)
			}
		}
		if fmt.Sprint(server.sizes) != "[2 2]" {
			t.Errorf("batches of %v", server.sizes)
		}
	})
}

// If any of several batches may have been sent, the batch that they are made of may
// not be repeated as a whole.
func TestMaxBatchMayBeSentInPart(t *testing.T) {
	shut := &transport.Error{Op: "connect", Err: errDoor}
	for name, test := range map[string]struct {
		errs []error // of each part; nil: it is answered
		want bool    // MaybeSent
	}{
		"one is answered": {[]error{nil, shut}, true},
		"one is lost":     {[]error{shut, &transport.Error{Op: "read", Sent: true, Err: errDoor}}, true},
		"none is sent":    {[]error{shut, shut}, false},
	} {
		client := newClient(t, tripper(func(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
			err := test.errs[0]
			if test.errs = test.errs[1:]; err != nil {
				return nil, err
			}
			return io.NopCloser(strings.NewReader("[" + response(string(m.Body), "1") + "]")), nil
		}))
		var b jsonrpc.Batch
		b.Add(jsonrpc.Request{Method: "pay"}, jsonrpc.Request{Method: "pay"})
		_, err := client.Send(t.Context(), &b, jsonrpc.WithMaxBatch(1, 0))
		if jsonrpc.MaybeSent(err) != test.want || jsonrpc.Classify(err).Sent != test.want {
			t.Errorf("%s: MaybeSent(%v) = %v", name, err, !test.want)
		}
	}
}

// overStream returns a client of handler, a line at a time over a pipe.
func overStream(t *testing.T, handler transport.RoundTripper, opts ...jsonrpc.ClientOption) *jsonrpc.Client {
	t.Helper()
	ours, theirs := net.Pipe()
	server := transport.NewStream(theirs, nil)
	go func() {
		for {
			text, err := server.Read(t.Context(), nil)
			if err != nil {
				return
			}
			go func() {
				reply, err := handler.RoundTrip(t.Context(), &transport.Message{Body: text, Reply: true})
				if err != nil {
					return
				}
				if answer, _ := io.ReadAll(reply); len(answer) > 0 {
					_ = server.Write(t.Context(), answer)
				}
			}()
		}
	}()
	client, err := jsonrpc.NewStreamClient(t.Context(), "pipe", func(context.Context) (transport.Stream, error) {
		return transport.NewStream(ours, nil), nil
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestCoalescingOverAStream(t *testing.T) {
	var log strings.Builder
	client := overStream(t, newSlow().server, jsonrpc.WithCoalescing(jsonrpc.Coalescing{}),
		jsonrpc.WithLogger(slog.New(jsonrpc.NewLogHandler(&log))))
	if wrong := doubles(t.Context(), client, 200); wrong != nil {
		t.Error(wrong)
	}
	if _, err := jsonrpc.Call[int](t.Context(), client, "double", jsonrpc.Args{-1}); jsonrpc.CodeOf(err) != 7 {
		t.Error(err)
	}
	if arrows := strings.Count(log.String(), "<-- {"); arrows != 201 {
		t.Errorf("%d replies are logged", arrows)
	}
}

func TestMaxBatchOverAStream(t *testing.T) {
	client := overStream(t, newSlow().server)
	var b jsonrpc.Batch
	results := make([]*jsonrpc.Result[int], 100)
	for i := range results {
		results[i] = jsonrpc.Queue[int](&b, "double", jsonrpc.Args{i})
	}
	b.Notify("double", jsonrpc.Args{1})
	if _, err := client.Send(t.Context(), &b, jsonrpc.WithMaxBatch(7, 0)); err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if n, err := r.Get(); err != nil || n != 2*i {
			t.Error(i, n, err)
		}
	}
}

// After an internal error nobody knows what was done: nothing is sent again.
func TestCoalescedBatchThatMayHaveBegun(t *testing.T) {
	for name, reply := range map[string]string{
		"internal error": `{"jsonrpc":"2.0","error":{"code":-32603,"message":"the response is too large"},"id":null}`,
		"a rate limit":   `{"jsonrpc":"2.0","error":{"code":-32007,"message":"15/second request limit reached"},"id":null}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newSlow()
				server.refuses = func(body []byte) string {
					if body[0] == '[' {
						return reply
					}
					return ""
				}
				client := newClient(t, server, jsonrpc.WithCoalescing(jsonrpc.Coalescing{}))
				if wrong := doubles(t.Context(), client, 9); len(wrong) != 8 {
					t.Error(wrong)
				}
				if fmt.Sprint(server.sizes) != "[0 8]" {
					t.Errorf("messages of %v requests", server.sizes)
				}
			})
		})
	}
}
