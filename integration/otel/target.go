package otel

import (
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// A target is a method of a server, as far as they are known, and what calls of it
// have in common, made once.
type target struct {
	*server
	method     string // the attribute rpc.method, "" if it is left out
	name       string // of spans
	attributes []attribute.KeyValue
	start      trace.SpanStartEventOption // with the attributes
	success    metric.MeasurementOption   // with the attributes
}

func newTarget(endpoint, method string) *target {
	t := &target{server: newServer(endpoint), method: method, name: method}
	if method == "" || method == other {
		t.name = semconv.RPCSystemNameJSONRPC.Value.AsString()
	}
	t.attributes = append([]attribute.KeyValue{semconv.RPCSystemNameJSONRPC}, t.server.attributes...)
	if method != "" {
		t.attributes = append(t.attributes, semconv.RPCMethod(method))
	}
	t.attributes = slices.Clip(t.attributes) // whoever appends copies
	t.start = trace.WithAttributes(t.attributes...)
	t.success = metric.WithAttributeSet(attribute.NewSet(t.attributes...))
	return t
}

// targets are those that were called.
type targets struct {
	mu    sync.RWMutex // for known
	known map[targetKey]*target
}

type targetKey struct{ endpoint, method string }

// maxTargets bounds targets.known.
const maxTargets = 1000

func (s *targets) of(endpoint, method string) *target {
	key := targetKey{endpoint, method}
	s.mu.RLock()
	known := s.known[key]
	s.mu.RUnlock()
	if known != nil {
		return known
	}
	known = newTarget(endpoint, method)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxTargets {
		s.known = map[targetKey]*target{}
	}
	s.known[key] = known
	return known
}
