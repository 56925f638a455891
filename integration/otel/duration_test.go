package otel_test

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/otel"
	"example.com/jsonrpc/transport"
)

// TestDuration: the metric has the duration of the span, in the buckets that the
// conventions advise.
func TestDuration(t *testing.T) {
	r := newRecorder(t)
	o := r.options()
	c, err := jsonrpc.NewClient(tripper(func(*transport.Message) string { return `{"jsonrpc":"2.0","result":1,"id":1}` }),
		jsonrpc.WithInterceptors(otel.Interceptor(&o)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Call(t.Context(), "cat", nil, nil); err != nil {
		t.Fatal(err)
	}
	var collected metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	point := collected.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints[0]
	span := r.spans.GetSpans()[0]
	if want := span.EndTime.Sub(span.StartTime).Seconds(); point.Sum != want {
		t.Errorf("measured %v s, and the span took %v s", point.Sum, want)
	}
	if want := []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}; !slices.Equal(point.Bounds, want) {
		t.Errorf("the buckets are %v", point.Bounds)
	}
}

// TestNotSampled counts calls whose spans are not recorded.
func TestNotSampled(t *testing.T) {
	r := newRecorder(t)
	o := r.options()
	o.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans), sdktrace.WithSampler(sdktrace.NeverSample()))
	c := client(t, serve(t, 200, `{"jsonrpc":"2.0","result":1,"id":1}`), o)
	if err := c.Call(t.Context(), "cat", nil, nil); err != nil {
		t.Fatal(err)
	}
	var collected metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	point := collected.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints[0]
	if point.Count != 1 || len(r.spans.GetSpans()) != 0 {
		t.Errorf("%d calls were counted and %d spans recorded, want 1 and 0", point.Count, len(r.spans.GetSpans()))
	}
}
