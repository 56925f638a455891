package otel_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/otel"
	"example.com/jsonrpc/jsonrpctest/demo"
)

func Example() {
	spans := tracetest.NewInMemoryExporter() // in a program: an exporter of OTLP
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))

	client, err := jsonrpc.NewClient(demo.New(), jsonrpc.WithInterceptors(otel.Interceptor(&otel.Options{
		TracerProvider: provider, // the global one, if it is left out
		Propagator:     propagation.TraceContext{},
		Methods:        otel.Methods("cat", "subtract"),
	})))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	_ = client.Call(ctx, "cat", jsonrpc.Named{"name": "Mittens"}, nil)
	_ = client.Call(ctx, "fail", jsonrpc.Named{"message": "no such cat"}, nil)

	for _, span := range spans.GetSpans() {
		fmt.Printf("%s: %v %q\n", span.Name, span.Status.Code, span.Status.Description)
	}

	// Output:
	// cat: Unset ""
	// jsonrpc: Error "no such cat"
}
