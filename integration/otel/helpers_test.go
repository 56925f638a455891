package otel_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/otel"
	"example.com/jsonrpc/transport"
)

var update = flag.Bool("update", false, "write the listing in testdata instead of comparing it")

// A recorder is an SDK whose spans and metrics can be listed.
type recorder struct {
	spans  *tracetest.InMemoryExporter
	tracer *sdktrace.TracerProvider
	reader *sdkmetric.ManualReader
	meter  *sdkmetric.MeterProvider
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	r := &recorder{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	r.tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
	r.meter = sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	t.Cleanup(func() {
		_ = r.tracer.Shutdown(context.Background())
		_ = r.meter.Shutdown(context.Background())
	})
	return r
}

// options are those of an interceptor that is recorded.
func (r *recorder) options() otel.Options {
	return otel.Options{TracerProvider: r.tracer, MeterProvider: r.meter, Propagator: propagation.TraceContext{}}
}

func listAttributes(w io.Writer, indent string, attributes []attribute.KeyValue) {
	attributes = slices.Clone(attributes)
	slices.SortFunc(attributes, func(a, b attribute.KeyValue) int { return strings.Compare(string(a.Key), string(b.Key)) })
	for _, a := range attributes {
		value := a.Value.String()
		if strings.HasSuffix(string(a.Key), ".duration") {
			value = "SECONDS"
		}
		fmt.Fprintf(w, "%s%s = %s\n", indent, a.Key, value)
	}
}

// list prints what was recorded.
func (r *recorder) list(t *testing.T, w io.Writer) {
	t.Helper()
	for _, span := range r.spans.GetSpans() {
		fmt.Fprintf(w, "span %s, %v, %v", span.Name, span.SpanKind, span.Status.Code)
		if span.Status.Description != "" {
			fmt.Fprintf(w, ": %s", span.Status.Description)
		}
		fmt.Fprintln(w)
		listAttributes(w, "  ", span.Attributes)
		for _, event := range span.Events {
			fmt.Fprintf(w, "  event %s\n", event.Name)
			listAttributes(w, "    ", event.Attributes)
		}
	}
	var collected metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			for _, point := range m.Data.(metricdata.Histogram[float64]).DataPoints {
				fmt.Fprintf(w, "metric %s in %s, %d measured\n", m.Name, m.Unit, point.Count)
				listAttributes(w, "  ", point.Attributes.ToSlice())
			}
		}
	}
}

// serve answers each message with a text, by HTTP.
func serve(t *testing.T, status int, text string) (url string) {
	t.Helper()
	return serveFunc(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	})
}

func serveFunc(t *testing.T, f http.HandlerFunc) (url string) {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

// A deadline is a context whose deadline passes when it is told to.
type deadline struct {
	context.Context
	passed chan struct{}
}

func (d *deadline) Done() <-chan struct{} { return d.passed }

func (d *deadline) Err() error {
	select {
	case <-d.passed:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// serveTooLate is a server whose clients give up once it has got their message.
func serveTooLate(t *testing.T, d *deadline) (url string) {
	t.Helper()
	return serveFunc(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or net/http does not notice that the client goes
		close(d.passed)
		<-r.Context().Done()
	})
}

// client dials with an interceptor.
func client(t *testing.T, url string, o otel.Options, more ...jsonrpc.DialOption) *jsonrpc.Client {
	t.Helper()
	c, err := jsonrpc.Dial(t.Context(), url, append([]jsonrpc.DialOption{jsonrpc.WithInterceptors(otel.Interceptor(&o))}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A tripper is a transport made of a function.
type tripper func(m *transport.Message) string

func (f tripper) RoundTrip(_ context.Context, m *transport.Message) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(f(m))), nil
}

// retry sends a message again, as often as that.
func retry(times int) jsonrpc.Interceptor {
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			err := next(ctx, x)
			for range times {
				if err != nil {
					err = next(ctx, x)
				}
			}
			return err
		}
	}
}
