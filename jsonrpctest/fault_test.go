package jsonrpctest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

var schemes = []string{"http", "ws", "tcp"}

// newEcho returns a server with the method echo, which counts its calls.
func newEcho(t *testing.T) *jsonrpctest.Server {
	t.Helper()
	srv := jsonrpctest.New(t)
	srv.HandleFunc("echo", func(text string) string { return text })
	srv.CountBy(func(_ string, params json.RawMessage) string { return string(params) })
	return srv
}

func dial(t *testing.T, url string, opts ...jsonrpc.DialOption) *jsonrpc.Client {
	t.Helper()
	client, err := jsonrpc.Dial(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// outcome names what became of a call.
func outcome(err error) string {
	var (
		said  *jsonrpc.Error
		page  *jsonrpc.HTTPError
		parse *jsonrpc.ParseResponseError
		wrong *jsonrpc.ValidationError
		lost  *transport.Error
	)
	isSaid, isPage := errors.As(err, &said), errors.As(err, &page)
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.DeadlineExceeded):
		return "late"
	case isSaid && isPage:
		return fmt.Sprintf("error %d under HTTP %d", said.Code, page.StatusCode)
	case isSaid:
		return fmt.Sprintf("error %d", said.Code)
	case isPage:
		return fmt.Sprintf("HTTP %d", page.StatusCode)
	case errors.As(err, &parse):
		return "no JSON"
	case errors.As(err, &wrong):
		return "invalid"
	case errors.As(err, &lost):
		return "lost"
	case errors.Is(err, jsonrpc.ErrNoResponse):
		return "no response"
	}
	return err.Error()
}

func TestFaults(t *testing.T) {
	const body = `{"jsonrpc":"2.0","error":{"code":5,"message":"down"},"id":null}`
	for _, test := range []struct {
		fault    jsonrpctest.Fault
		name     string
		http     string
		stream   string
		executed bool
	}{
		{jsonrpctest.Fault{}, "none", "ok", "ok", true},
		{jsonrpctest.Latency(time.Millisecond), "latency 1ms", "ok", "ok", true},
		{jsonrpctest.Status(429, ""), "HTTP 429", "HTTP 429", "error 429", false},
		{jsonrpctest.Status(429, "", "Retry-After: 1"), "HTTP 429 Retry-After: 1", "HTTP 429", "error 429", false},
		{jsonrpctest.Status(503, "down for a while"), "HTTP 503", "HTTP 503", "error 503", false},
		{jsonrpctest.Status(500, body), "HTTP 500", "error 5 under HTTP 500", "error 500", false},
		{jsonrpctest.Refuse(-32005, "limit exceeded"), "error -32005", "error -32005", "error -32005", false},
		{jsonrpctest.RefuseBatches(), "batches refused", "ok", "ok", true},
		{jsonrpctest.Drop(jsonrpctest.FIN), "dropped by FIN", "lost", "lost", false},
		{jsonrpctest.Drop(jsonrpctest.RST), "dropped by RST", "lost", "lost", false},
		{jsonrpctest.Stall(), "stall", "late", "late", true},
		{jsonrpctest.StallAfter(5), "stall after 5 bytes", "late", "late", true},
		{jsonrpctest.StallAfter(40), "stall after 40 bytes", "late", "late", true},
		{jsonrpctest.Trickle(7, time.Millisecond), "7 bytes each 1ms", "ok", "ok", true},
		{jsonrpctest.Text("what?"), `"what?"`, "no JSON", "late", true},
		{jsonrpctest.Text("{}"), `"{}"`, "invalid", "late", true},
		{jsonrpctest.Garbage(1, 50), "50 bytes of garbage", "no JSON", "late", true},
		{jsonrpctest.Truncate(20), "truncated to 20 bytes", "no JSON", "late", true},
		{jsonrpctest.Truncate(0), "truncated to 0 bytes", "no response", "late", true},
		{jsonrpctest.Duplicate(), "duplicate", "no JSON", "ok", true},
		{jsonrpctest.WrongID(), "wrong id", "invalid", "late", true},
		{jsonrpctest.Overtaken(time.Millisecond), "overtaken", "ok", "ok", true},
	} {
		if got := test.fault.String(); got != test.name {
			t.Errorf("the fault's name is %q, want %q", got, test.name)
		}
		if got := test.fault.Executes(); got != (test.executed && test.name != "batches refused" || test.name == "batches refused") {
			t.Errorf("%s executes: %v", test.name, got)
		}
		for _, scheme := range append(schemes, "memory") {
			t.Run(test.name+"/"+scheme, func(t *testing.T) {
				t.Parallel()
				srv := newEcho(t)
				client, want := memoryOr(t, srv, scheme), test.stream
				if scheme == "http" || scheme == "memory" {
					want = test.http
				}
				if want != "late" { // a connection's own first messages must not meet it
					if err := client.Call(t.Context(), "echo", jsonrpc.Args{"first"}, nil); err != nil {
						t.Fatal(err)
					}
				}
				srv.SetFaults(jsonrpctest.InTurn(test.fault))
				t.Cleanup(srv.CloseStreams) // a WebSocket in mid-frame would wait for its close handshake
				ctx := t.Context()
				if want == "late" {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond) // time to connect, on a busy machine
					defer cancel()
				}
				err := client.Call(ctx, "echo", jsonrpc.Args{"second"}, nil, jsonrpc.WithTimeout(10*time.Second))
				if got := outcome(err); got != want {
					t.Errorf("got %q, want %q: %v", got, want, err)
				}
				if got := srv.Executions()[`["second"]`] == 1; got != test.executed {
					t.Errorf("carried out: %v", got)
				}
			})
		}
	}
}

// memoryOr returns a client by a scheme, or without a network.
func memoryOr(t *testing.T, srv *jsonrpctest.Server, scheme string) *jsonrpc.Client {
	t.Helper()
	if scheme != "memory" {
		return dial(t, srv.URL(scheme))
	}
	client, err := jsonrpc.NewClient(srv)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestFaultsOnce: a plan may put another in its place.
func TestFaultsOnce(t *testing.T) {
	for _, scheme := range append(schemes, "memory") {
		t.Run(scheme, func(t *testing.T) {
			srv := newEcho(t)
			srv.SetFaults(func(a *jsonrpctest.Arrival) jsonrpctest.Fault {
				if a.Method != "echo" {
					return jsonrpctest.Fault{}
				}
				srv.SetFaults(nil)
				return jsonrpctest.Refuse(7, "once")
			})
			client := memoryOr(t, srv, scheme)
			for _, want := range []int64{7, 0} {
				if err := client.Call(t.Context(), "echo", jsonrpc.Args{"x"}, nil); jsonrpc.CodeOf(err) != want || want == 0 && err != nil {
					t.Errorf("got %v, want code %d", err, want)
				}
			}
		})
	}
}

// TestCuts cuts a reply at each of its bytes: each call but the last, whose reply
// is whole, ends in an error that says it may have been carried out, and it was,
// once.
func TestCuts(t *testing.T) {
	for _, scheme := range schemes {
		for _, how := range []jsonrpctest.Ending{jsonrpctest.FIN, jsonrpctest.RST} {
			t.Run(fmt.Sprintf("%s/%v", scheme, how), func(t *testing.T) {
				jsonrpctest.NoLeaks(t)
				srv := newEcho(t)
				n := 0
				for ; ; n++ {
					client, err := jsonrpc.Dial(t.Context(), srv.URL(scheme), jsonrpc.WithTimeout(10*time.Second))
					if err != nil {
						t.Fatal(err)
					}
					srv.SetFaults(jsonrpctest.InTurn(jsonrpctest.Cut(n, how)))
					text := fmt.Sprintf("call %03d", n)
					got, err := jsonrpc.Call[string](t.Context(), client, "echo", jsonrpc.Args{text})
					_ = client.Close()
					if key := fmt.Sprintf("[%q]", text); srv.Executions()[key] != 1 {
						t.Errorf("cut at %d: carried out %d times", n, srv.Executions()[key])
					}
					if err == nil && got == text {
						break
					}
					if !jsonrpc.MaybeSent(err) || !strings.Contains("lost late", outcome(err)) {
						t.Errorf("cut at %d: got %q, %v", n, got, err)
					}
					if n > 1000 {
						t.Fatal("no reply is that long")
					}
				}
				shortest := len(`{"jsonrpc":"2.0","result":"call 000","id":1}`)
				if n < shortest {
					t.Errorf("a reply cut after %d bytes was taken for whole", n)
				}
				t.Logf("%d positions", n)
			})
		}
	}
}

// TestFaultsAreReproducible has the same seed make the same trouble.
func TestFaultsAreReproducible(t *testing.T) {
	run := func(seed uint64) (outcomes []string) {
		srv := newEcho(t)
		srv.SetFaults(jsonrpctest.AtRandom(seed, 0.5,
			jsonrpctest.Status(503, ""), jsonrpctest.Garbage(seed, 9), jsonrpctest.Refuse(429, "no"), jsonrpctest.Truncate(5)))
		client := memoryOr(t, srv, "memory")
		for range 50 {
			outcomes = append(outcomes, outcome(client.Call(t.Context(), "echo", jsonrpc.Args{"x"}, nil)))
		}
		return outcomes
	}
	one, again, another := run(1), run(1), run(2)
	if fmt.Sprint(one) != fmt.Sprint(again) {
		t.Errorf("seed 1 gave\n%v, then\n%v", one, again)
	}
	if fmt.Sprint(one) == fmt.Sprint(another) {
		t.Errorf("seeds 1 and 2 both gave\n%v", one)
	}
}

func TestBatchesRefused(t *testing.T) {
	srv := newEcho(t)
	srv.SetFaults(jsonrpctest.Always(jsonrpctest.RefuseBatches()))
	for _, scheme := range schemes {
		client := dial(t, srv.URL(scheme), jsonrpc.WithValidation(false))
		var b jsonrpc.Batch
		one := jsonrpc.Queue[string](&b, "echo", jsonrpc.Args{"in a batch"})
		_, _ = client.Send(t.Context(), &b)
		if _, err := one.Get(); jsonrpc.CodeOf(err) != jsonrpc.CodeInvalidRequest {
			t.Errorf("%s: %v", scheme, err)
		}
		if got, err := jsonrpc.Call[string](t.Context(), client, "echo", jsonrpc.Args{"alone"}); got != "alone" || err != nil {
			t.Errorf("%s: %q, %v", scheme, got, err)
		}
	}
	if n := srv.Executions()[`["in a batch"]`]; n != 0 {
		t.Errorf("carried out %d times", n)
	}
}

// TestOvertaken has the first of two replies come last.
func TestOvertaken(t *testing.T) {
	for scheme, open := range openers {
		srv := newEcho(t)
		srv.SetFaults(jsonrpctest.InTurn(jsonrpctest.Overtaken(time.Hour)))
		stream := open(t, srv.URL(scheme))
		converse(t, stream,
			`--> {"jsonrpc":"2.0","method":"echo","params":["a"],"id":1}`,
			`--> {"jsonrpc":"2.0","method":"echo","params":["b"],"id":2}`,
			`<-- {"jsonrpc":"2.0","result":"b","id":2}`,
			`<-- {"jsonrpc":"2.0","result":"a","id":1}`,
		)
	}
}

func TestRefuseConnections(t *testing.T) {
	for _, scheme := range schemes {
		srv := newEcho(t)
		url := srv.URL(scheme)
		srv.RefuseConnections(1)
		client, err := jsonrpc.Dial(t.Context(), url, jsonrpc.WithoutReconnect()) // it would before the call, if it noticed by then
		if err == nil {                                                           // over HTTP, and TCP until something is read, nobody has noticed
			t.Cleanup(func() { _ = client.Close() })
			err = client.Call(t.Context(), "echo", jsonrpc.Args{"x"}, nil, jsonrpc.WithTimeout(10*time.Second))
		}
		if err == nil {
			t.Errorf("%s: no error", scheme)
		}
		if err := dial(t, url).Call(t.Context(), "echo", jsonrpc.Args{"x"}, nil); err != nil {
			t.Errorf("%s: the second connection: %v", scheme, err)
		}
	}
}

// TestFaultsOfHTTP looks at what is sent, header by header.
func TestFaultsOfHTTP(t *testing.T) {
	srv := newEcho(t)
	srv.SetFaults(jsonrpctest.InTurn(jsonrpctest.Status(429, "", "Retry-After: 3", "X-RateLimit-Reset: 9")))
	err := dial(t, srv.URL("http")).Call(t.Context(), "echo", jsonrpc.Args{"x"}, nil)
	page, ok := errors.AsType[*jsonrpc.HTTPError](err)
	if !ok || page.StatusCode != http.StatusTooManyRequests || page.Header.Get("Retry-After") != "3" ||
		page.Header.Get("X-Ratelimit-Reset") != "9" || len(page.Body) != 0 {
		t.Errorf("got %#v", err)
	}
	if o := jsonrpc.Classify(err); o.Class != jsonrpc.ClassRateLimited || o.RetryAfter != 3*time.Second {
		t.Errorf("classified as %+v", o)
	}
}

// TestFaultsOfExpectations: what a fault does not let be carried out is not, whoever
// chose it, and does not count as if it were.
func TestFaultsOfExpectations(t *testing.T) {
	for _, test := range []struct {
		fault jsonrpctest.Fault
		want  string
		ran   int
	}{
		{jsonrpctest.Status(503, ""), "HTTP 503", 0},
		{jsonrpctest.Refuse(-32005, "limit exceeded"), "error -32005", 0},
		{jsonrpctest.Drop(jsonrpctest.FIN), "lost", 0},
		{jsonrpctest.RefuseBatches(), "ok", 1},
		{jsonrpctest.Cut(20, jsonrpctest.FIN), "lost", 1},
		{jsonrpctest.WrongID(), "invalid", 1},
	} {
		for _, scheme := range []string{"http", "memory"} {
			t.Run(test.fault.String()+"/"+scheme, func(t *testing.T) {
				srv, ran := newEcho(t), 0
				srv.Expect("pay").Fault(test.fault).Do(func(context.Context, json.RawMessage) (any, error) { ran++; return true, nil })
				err := memoryOr(t, srv, scheme).Call(t.Context(), "pay", jsonrpc.Args{"order 17"}, nil)
				if got := outcome(err); got != test.want {
					t.Errorf("got %q, want %q: %v", got, test.want, err)
				}
				if counted := srv.Executions()[`["order 17"]`]; ran != test.ran || counted != test.ran {
					t.Errorf("carried out %d times and counted as %d, want %d", ran, counted, test.ran)
				}
			})
		}
	}
}

// TestStatusOfANotification: on a stream, where there is no status, nothing stands for
// it if no answer is due.
func TestStatusOfANotification(t *testing.T) {
	for scheme, open := range openers {
		t.Run(scheme, func(t *testing.T) {
			srv := newEcho(t)
			srv.SetFaults(jsonrpctest.InTurn(jsonrpctest.Status(503, "down for a while"), jsonrpctest.Status(503, "down for a while")))
			converse(t, open(t, srv.URL(scheme)),
				`--> {"jsonrpc":"2.0","method":"echo","params":["a"]}`,
				`--> [{"jsonrpc":"2.0","method":"echo","params":["b"]}]`,
				`--> {"jsonrpc":"2.0","method":"echo","params":["c"],"id":1}`,
				`<-- {"jsonrpc":"2.0","result":"c","id":1}`)
		})
	}
}

// TestFaultsUnderTheFakeClock makes a call wait for a day, at once.
func TestFaultsUnderTheFakeClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newEcho(t)
		srv.SetFaults(jsonrpctest.InTurn(jsonrpctest.Latency(24*time.Hour), jsonrpctest.Trickle(1, time.Hour), jsonrpctest.Stall()))
		client := memoryOr(t, srv, "memory")
		began := time.Now()
		for _, want := range []time.Duration{24 * time.Hour, 24 * time.Hour} {
			if _, err := jsonrpc.Call[string](t.Context(), client, "echo", jsonrpc.Args{"x"}); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took < want {
				t.Errorf("took %v", took)
			}
			began = time.Now()
		}
		err := client.Call(t.Context(), "echo", jsonrpc.Args{"x"}, nil, jsonrpc.WithTimeout(time.Minute))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}
