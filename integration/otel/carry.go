package otel

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"

	"example.com/jsonrpc"
)

// Carry says where the context of a trace (traceparent, tracestate, baggage)
// travels.
type Carry uint8

const (
	// CarryAuto uses headers where messages have some: over HTTP and NATS.
	// Elsewhere the context stays here, and so it does around a jsonrpc.Pool, before it is
	// known where a call goes: give its endpoints an interceptor with Options.Attempts.
	CarryAuto Carry = iota
	// CarryHeaders uses the headers of each message. A transport without headers
	// refuses it. Calls with headers of their own are not coalesced (see
	// jsonrpc.WithCoalescing).
	CarryHeaders
	// CarryMeta uses the object _meta in the params of each request, as the Model
	// Context Protocol has it, on every transport. Params by position have no
	// place for it.
	CarryMeta
	// CarryMembers uses members of each request, beside method and params, on
	// every transport. Servers that refuse members they do not know will refuse
	// these.
	CarryMembers
	// CarryNowhere keeps it.
	CarryNowhere
)

// inject puts the context of the trace into a message.
func (t *telemetry) inject(ctx context.Context, x *jsonrpc.Exchange, s *server) {
	carry := t.options.Carry
	if carry == CarryAuto && s.headers {
		carry = CarryHeaders
	}
	if carry == CarryAuto || carry == CarryNowhere {
		return
	}
	propagator := t.propagator
	if propagator == nil {
		propagator = otel.GetTextMapPropagator()
	}
	carrier := propagation.MapCarrier{}
	propagator.Inject(ctx, carrier)
	if len(carrier) == 0 {
		return
	}
	if carry == CarryHeaders {
		for name, value := range carrier {
			x.Header().Set(name, value)
		}
		return
	}
	members := make(jsonrpc.Named, len(carrier))
	for name, value := range carrier {
		members[name] = value
	}
	set := x.SetMembers
	if carry == CarryMeta {
		set = x.SetMeta
	}
	if err := set(members); err != nil { // the call matters more than its trace
		otel.Handle(err)
	}
}
