package otel_test

import (
	"testing"

	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/otel"
	"example.com/jsonrpc/transport"
)

// BenchmarkCall is a call without a network: what is left is the interceptor's.
func BenchmarkCall(b *testing.B) {
	sdk := func(sampler sdktrace.Sampler) *otel.Options {
		return &otel.Options{
			TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler)),
			MeterProvider:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader())),
			Propagator:     propagation.TraceContext{},
			Methods:        otel.Methods("cat"),
		}
	}
	meta := sdk(sdktrace.AlwaysSample())
	meta.Carry = otel.CarryMeta
	for _, bench := range []struct {
		name        string
		o           *otel.Options
		interceptor jsonrpc.Interceptor
	}{
		{"bare", nil, nil},
		{"an interceptor that does nothing", nil, func(next jsonrpc.Invoker) jsonrpc.Invoker { return next }},
		{"no SDK", &otel.Options{Methods: otel.Methods("cat")}, nil},
		{"SDK, not sampled", sdk(sdktrace.NeverSample()), nil},
		{"SDK, sampled", sdk(sdktrace.AlwaysSample()), nil},
		{"SDK, sampled, in _meta", meta, nil},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var interceptors []jsonrpc.Interceptor
			if bench.interceptor != nil {
				interceptors = append(interceptors, bench.interceptor)
			}
			if bench.o != nil {
				interceptors = append(interceptors, otel.Interceptor(bench.o))
			}
			same := jsonrpc.IntID(1)
			c, err := jsonrpc.NewClient(tripper(func(*transport.Message) string { return `{"jsonrpc":"2.0","result":"meow","id":1}` }),
				jsonrpc.WithInterceptors(interceptors...), jsonrpc.WithIDs(func() jsonrpc.ID { return same }))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Call(b.Context(), "cat", nil, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
