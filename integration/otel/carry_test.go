package otel_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/otel"
	"example.com/jsonrpc/jsonrpctest"
	"example.com/jsonrpc/transport"
)

// traced is a context with a remote parent.
func traced(t *testing.T) context.Context {
	t.Helper()
	return propagation.TraceContext{}.Extract(t.Context(), propagation.MapCarrier{
		"traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01", "tracestate": "a=b",
	})
}

// TestCarryOverHTTP looks at what a server gets.
func TestCarryOverHTTP(t *testing.T) {
	const trace = "00-0123456789abcdef0123456789abcdef-SPAN-01"
	const members = `"traceparent":"` + trace + `","tracestate":"a=b"`
	for _, test := range []struct {
		carry  otel.Carry
		header bool
		want   string
	}{
		{otel.CarryAuto, true, `{"jsonrpc":"2.0","method":"cat","params":{"name":"Tom"},"id":1}`},
		{otel.CarryHeaders, true, `{"jsonrpc":"2.0","method":"cat","params":{"name":"Tom"},"id":1}`},
		{otel.CarryNowhere, false, `{"jsonrpc":"2.0","method":"cat","params":{"name":"Tom"},"id":1}`},
		{otel.CarryMeta, false, `{"jsonrpc":"2.0","method":"cat","params":{"name":"Tom","_meta":{` + members + `}},"id":1}`},
		{otel.CarryMembers, false, `{"jsonrpc":"2.0","method":"cat","params":{"name":"Tom"},"id":1,` + members + `}`},
	} {
		var got, header string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			got, header = string(text), r.Header.Get("Traceparent")+" "+r.Header.Get("Tracestate")
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","result":1,"id":1}`)
		}))
		r := newRecorder(t)
		o := r.options()
		o.Carry = test.carry
		if err := client(t, server.URL, o).Call(traced(t), "cat", jsonrpc.Named{"name": "Tom"}, nil); err != nil {
			t.Error(err)
		}
		server.Close()
		span := r.spans.GetSpans()[0]
		id := span.SpanContext.SpanID().String()
		if span.Parent.SpanID().String() != "0123456789abcdef" {
			t.Errorf("the parent is %v", span.Parent.SpanID())
		}
		if want := strings.ReplaceAll(test.want, "SPAN", id); got != want {
			t.Errorf("carry %d: sent\n%s\nwant\n%s", test.carry, got, want)
		}
		want := " "
		if test.header {
			want = strings.ReplaceAll(trace, "SPAN", id) + " a=b"
		}
		if header != want {
			t.Errorf("carry %d: headers %q, want %q", test.carry, header, want)
		}
	}
}

// TestCarryOverStream calls where there are no headers.
func TestCarryOverStream(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	received := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					received <- lines.Text()
					_, _ = fmt.Fprintln(conn, `{"jsonrpc":"2.0","result":1,"id":1}`)
				}
			}()
		}
	}()
	for carry, want := range map[otel.Carry]string{
		otel.CarryAuto:    `"method":"cat","id":1}`,
		otel.CarryMeta:    `"params":{"_meta":{"traceparent":"00-`,
		otel.CarryMembers: `"id":1,"traceparent":"00-`,
	} {
		o := newRecorder(t).options()
		o.Carry = carry
		if err := client(t, "tcp://"+l.Addr().String(), o).Call(traced(t), "cat", nil, nil); err != nil {
			t.Error(err)
		}
		if got := <-received; !strings.Contains(got, want) {
			t.Errorf("carry %d: sent %s, want %s", carry, got, want)
		}
	}
	o := newRecorder(t).options()
	o.Carry = otel.CarryHeaders
	if err := client(t, "tcp://"+l.Addr().String(), o).Call(traced(t), "cat", nil, nil); !errors.Is(err, transport.ErrNoHeaders) {
		t.Errorf("headers on a stream: %v", err)
	}
}

// TestCarryWithoutTrace has nothing to carry.
func TestCarryWithoutTrace(t *testing.T) {
	for carry := otel.CarryAuto; carry <= otel.CarryNowhere; carry++ {
		var sent string
		c, err := jsonrpc.NewClient(tripper(func(m *transport.Message) string {
			sent = string(m.Body)
			if len(m.Header) > 0 {
				t.Errorf("headers %v", m.Header)
			}
			return `{"jsonrpc":"2.0","result":1,"id":1}`
		}), jsonrpc.WithInterceptors(otel.Interceptor(&otel.Options{Carry: carry, Propagator: propagation.TraceContext{}})))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Call(t.Context(), "cat", nil, nil); err != nil || sent != `{"jsonrpc":"2.0","method":"cat","id":1}` {
			t.Errorf("sent %s, %v", sent, err)
		}
	}
}

// TestAttempts has an interceptor outside and one inside of retries: each attempt
// is a span and travels under its own name.
func TestAttempts(t *testing.T) {
	r := newRecorder(t)
	outer, inner := r.options(), r.options()
	outer.Carry, inner.Carry, inner.Attempts = otel.CarryMembers, otel.CarryMembers, true
	var sent []string
	c, err := jsonrpc.NewClient(tripper(func(m *transport.Message) string {
		if sent = append(sent, string(m.Body)); len(sent) < 3 {
			return "not yet"
		}
		return `{"jsonrpc":"2.0","result":1,"id":1}`
	}), jsonrpc.WithInterceptors(otel.Interceptor(&outer), retry(5), otel.Interceptor(&inner)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Call(t.Context(), "cat", nil, nil); err != nil {
		t.Fatal(err)
	}
	spans := r.spans.GetSpans()
	if len(spans) != 4 || len(sent) != 3 {
		t.Fatalf("%d spans of %d attempts", len(spans), len(sent))
	}
	whole := spans[3]
	for i, text := range sent {
		span := spans[i]
		if span.Parent.SpanID() != whole.SpanContext.SpanID() || span.SpanKind != trace.SpanKindClient || len(span.Events) > 0 {
			t.Errorf("attempt %d: %+v", i+1, span)
		}
		if !strings.Contains(text, span.SpanContext.SpanID().String()) || strings.Count(text, "traceparent") != 1 {
			t.Errorf("attempt %d was sent as %s", i+1, text)
		}
	}
	if len(whole.Events) != 3 {
		t.Errorf("%d events, want one for each attempt", len(whole.Events))
	}
	var list strings.Builder
	if r.list(t, &list); strings.Count(list.String(), "metric ") != 1 || !strings.Contains(list.String(), "1 measured") {
		t.Errorf("the call is not counted once:\n%s", list.String())
	}
}

// TestPool has an interceptor around a pool, which does not know yet where a call
// goes, and one at each endpoint: the first span says in the end where it went, and
// the context travels as each endpoint can carry it.
func TestPool(t *testing.T) {
	var headers []string
	busy := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		headers = append(headers, r.Header.Get("Traceparent"))
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	server := jsonrpctest.New(t)
	server.HandleFunc("cat", func() string { return "meow" })
	r := newRecorder(t)
	whole, attempt := r.options(), r.options()
	attempt.Attempts = true
	each := []jsonrpc.DialOption{jsonrpc.WithInterceptors(otel.Interceptor(&attempt))}
	pool, err := jsonrpc.NewPool(t.Context(), jsonrpc.Endpoints(
		jsonrpc.Endpoint{URL: busy, Options: each}, jsonrpc.Endpoint{URL: server.URL("tcp"), Options: each},
	), jsonrpc.WithStrategy(jsonrpc.Ordered()), jsonrpc.WithIdempotent("cat"), jsonrpc.WithInterceptors(otel.Interceptor(&whole)))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if sound, err := jsonrpc.Call[string](t.Context(), pool, "cat", nil); sound != "meow" || err != nil {
		t.Error(sound, err)
	}
	spans := r.spans.GetSpans()
	if len(spans) < 2 {
		t.Fatalf("%d spans", len(spans))
	}
	if want := "00-" + spans[0].SpanContext.TraceID().String() + "-" + spans[0].SpanContext.SpanID().String() + "-01"; headers[0] != want {
		t.Errorf("the first endpoint got %q, want %q", headers[0], want)
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(server.URL("tcp"), "tcp://"))
	var list strings.Builder
	r.list(t, &list)
	_, pooled, _ := strings.Cut(list.String(), "event jsonrpc.attempt") // what is after it is of the last span, and of the metric
	if strings.Contains(list.String(), "pool") || strings.Count(pooled, "server.port = "+port+"\n") != 2 {
		t.Errorf("the call went to port %s:\n%s", port, list.String())
	}
}
