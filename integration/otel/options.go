package otel

import (
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0" // whose names for RPC are those of 1.44.0
	"go.opentelemetry.io/otel/trace"
)

// Options are the settings of [Interceptor]. Nil, and any zero field, means the
// default.
type Options struct {
	// TracerProvider, MeterProvider and Propagator are used instead of the global
	// ones.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	Propagator     propagation.TextMapPropagator

	// Methods reports whether a method is known. Known ones are in rpc.method, and
	// are the span's name; of others rpc.method is _OTHER. The default is that
	// rpc.method is left out, because a metric for each of any number of names
	// would cost without end. See [Methods].
	Methods func(method string) bool

	// Carry says where the context of the trace travels.
	Carry Carry

	// BatchItems is how many events at most tell of the items of a batch, those
	// that failed first. The default is 16; a negative number means none.
	BatchItems int

	// Attempts makes an interceptor for each attempt, to be put inside of those
	// that retry, besides the one outside. Attempts have spans, and are not
	// counted in the metric.
	Attempts bool
}

// Methods returns a function for [Options].Methods that knows these names. One that
// ends in * stands for all that begin so: "eth_*".
func Methods(names ...string) func(method string) bool {
	exact := make(map[string]bool, len(names))
	var prefixes []string
	for _, name := range names {
		if prefix, found := strings.CutSuffix(name, "*"); found {
			prefixes = append(prefixes, prefix)
		} else {
			exact[name] = true
		}
	}
	return func(method string) bool {
		return exact[method] || slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(method, prefix) })
	}
}

// statusCodeKeys returns the names of the attribute for an error's code. Version
// 1.44.0 of the conventions calls it rpc.response.status_code; the next, on the way
// to stable ones, rpc.status_code. The switch is that of the conventions.
func statusCodeKeys() []attribute.Key {
	const coming = attribute.Key("rpc.status_code")
	var stable, both bool
	for choice := range strings.SplitSeq(os.Getenv("OTEL_SEMCONV_STABILITY_OPT_IN"), ",") {
		switch strings.TrimSpace(choice) {
		case "rpc":
			stable = true
		case "rpc/dup":
			both = true
		}
	}
	switch {
	case both:
		return []attribute.Key{semconv.RPCResponseStatusCodeKey, coming}
	case stable:
		return []attribute.Key{coming}
	}
	return []attribute.Key{semconv.RPCResponseStatusCodeKey}
}
