package otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"example.com/jsonrpc"
)

// scope names the instrumentation.
const scope = "example.com/jsonrpc/integration/otel"

// Interceptor returns an interceptor that makes a span of each message and
// measures how long it takes. Opts may be nil. It may be used by any number of
// clients.
func Interceptor(opts *Options) jsonrpc.Interceptor {
	t := newTelemetry(opts)
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error { return t.call(ctx, x, next) }
	}
}

// telemetry is one Interceptor.
type telemetry struct {
	options    Options
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator // nil for the global one of the moment
	duration   metric.Float64Histogram
	codeKeys   []attribute.Key
	targets    targets
}

// buckets are those that the conventions advise, in seconds.
var buckets = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

func newTelemetry(opts *Options) *telemetry {
	t := &telemetry{codeKeys: statusCodeKeys(), duration: noop.Float64Histogram{}}
	if opts != nil {
		t.options = *opts
	}
	o := &t.options
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	if o.BatchItems == 0 {
		o.BatchItems = 16
	}
	t.propagator = o.Propagator
	t.tracer = o.TracerProvider.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL))
	if !o.Attempts {
		duration, err := o.MeterProvider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)).Float64Histogram("rpc.client.call.duration",
			metric.WithUnit("s"),
			metric.WithDescription("Measures the duration of an outgoing Remote Procedure Call (RPC)."),
			metric.WithExplicitBucketBoundaries(buckets...))
		if err != nil {
			otel.Handle(err)
		} else {
			t.duration = duration
		}
	}
	return t
}

// call carries out an exchange under a span.
func (t *telemetry) call(ctx context.Context, x *jsonrpc.Exchange, next jsonrpc.Invoker) error {
	begin := time.Now()
	endpoint := x.Endpoint()
	to := t.targets.of(endpoint, t.method(x))
	// What a sampler may look at is there from the beginning.
	ctx, span := t.tracer.Start(ctx, to.name, kind, trace.WithTimestamp(begin), to.start)
	recording := span.IsRecording()
	if recording {
		span.SetAttributes(requestAttributes(x, to.method)...)
		if to.http {
			ctx = withPeer(ctx, span)
		}
		if !t.options.Attempts {
			newAttempts(t, span, endpoint).watch(x)
		}
	}
	t.inject(ctx, x, to.server)

	returned := false
	defer func() {
		if !returned { // a panic of the caller's own, as in a loop over Rows
			span.End()
		}
	}()
	err := next(ctx, x)
	returned = true

	measuring := t.duration.Enabled(ctx)
	if !recording && !measuring {
		span.End()
		return err
	}
	end := time.Now()
	o := t.outcomeOf(x, err)
	went := x.Endpoint() // of a pool, it is known by now
	if went != endpoint {
		to = t.targets.of(went, to.method)
	}
	if recording {
		if went != endpoint {
			span.SetAttributes(to.server.attributes...)
		}
		if span.SetAttributes(o.spanAttributes(t.codeKeys)...); o.failed {
			span.SetStatus(codes.Error, o.description)
		}
		if x.Batch() {
			t.tellItems(span, x, err)
		}
	}
	span.End(trace.WithTimestamp(end))
	if measuring {
		attributes := to.success
		if o.failed {
			attributes = metric.WithAttributes(o.appendTo(to.attributes, t.codeKeys)...)
		}
		t.duration.Record(ctx, end.Sub(begin).Seconds(), attributes)
	}
	return err
}

var kind = trace.WithSpanKind(trace.SpanKindClient)
