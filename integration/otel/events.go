package otel

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"example.com/jsonrpc"
)

// tellItems adds an event for each item of a batch, up to the limit, those that
// failed first. If it failed as a whole, err, there is nothing to tell of those
// that have no outcome of their own.
func (t *telemetry) tellItems(span trace.Span, x *jsonrpc.Exchange, err error) {
	left := t.options.BatchItems
	for _, failed := range []bool{true, false} {
		for i, item := range x.Items() {
			if left <= 0 {
				return
			}
			if (item.Err != nil) != failed || err != nil && !item.Answered {
				continue
			}
			left--
			known := t.known(item.Method)
			attributes := []attribute.KeyValue{attribute.Int("jsonrpc.batch.index", i)}
			if known != "" {
				attributes = append(attributes, semconv.RPCMethod(known))
			}
			o := outcomeOfError(item.Err)
			span.AddEvent("jsonrpc.batch.item", trace.WithAttributes(o.appendTo(appendItem(attributes, item, known), t.codeKeys)...))
		}
	}
}

// attempts add an event for each attempt of a call that was sent more than once.
type attempts struct {
	telemetry *telemetry
	span      trace.Span
	endpoint  string // of the call; those of attempts may be others

	mu      sync.Mutex       // for what follows
	first   *jsonrpc.Attempt // until there is a second
	several bool             // there is one, which may have ended before the first
}

func newAttempts(t *telemetry, span trace.Span, endpoint string) *attempts {
	return &attempts{telemetry: t, span: span, endpoint: endpoint}
}

// watch has a told of the attempts of x.
func (a *attempts) watch(x *jsonrpc.Exchange) {
	x.OnAttempt(func(attempt jsonrpc.Attempt) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if attempt.Number == 1 && !a.several {
			a.first = &attempt
			return
		}
		a.several = true
		if a.first != nil {
			a.tell(a.first)
			a.first = nil
		}
		a.tell(&attempt)
	})
}

func (a *attempts) tell(attempt *jsonrpc.Attempt) {
	o := outcomeOfError(attempt.Err)
	attributes := o.appendTo([]attribute.KeyValue{
		attribute.Int("jsonrpc.attempt.number", attempt.Number),
		attribute.Float64("jsonrpc.attempt.duration", attempt.Duration.Seconds()),
	}, a.telemetry.codeKeys)
	if attempt.HTTPStatus != 0 {
		attributes = append(attributes, semconv.HTTPResponseStatusCode(attempt.HTTPStatus))
	}
	if attempt.Endpoint != a.endpoint {
		attributes = append(attributes, newServer(attempt.Endpoint).attributes...)
	}
	a.span.AddEvent("jsonrpc.attempt", trace.WithTimestamp(attempt.Begin.Add(attempt.Duration)), trace.WithAttributes(attributes...))
}
