package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"example.com/jsonrpc"
)

// A printer prints notifications, each on a line of its own. It may be as slow
// as whoever reads stdout: notifications wait for it in the library, which drops
// and counts those that are too many.
type printer struct {
	ctx  context.Context // of listening: it ends filters
	out  *results
	warn func(text string)
	data bool
	only []string
	left int // lines to be printed; negative: no end
	end  context.CancelCauseFunc
}

func newPrinter(ctx context.Context, o *listenOptions, s *session, end context.CancelCauseFunc) *printer {
	out := o.results(s, o.printing)
	out.layout.indent = "" // one line, on a terminal too
	left := -1
	if o.count > 0 {
		left = int(o.count)
	}
	return &printer{ctx: ctx, out: out, warn: s.warn, data: o.data, only: o.only, left: left, end: end}
}

// print prints a notification if it is wanted. It is called for one after the
// other.
func (p *printer) print(m *jsonrpc.ServerMessage) {
	if p.left == 0 || len(p.only) > 0 && !slices.Contains(p.only, m.Method) {
		return
	}
	for value, err := range p.out.values(p.ctx, eventText(m, p.data)) {
		if err != nil {
			if p.ctx.Err() == nil { // other events may fit the filter
				p.warn(fmt.Sprintf("%s: %v", m.Method, err))
			}
			return
		}
		if err := p.out.value(value); err != nil {
			p.left = 0
			p.end(err)
			return
		}
		if p.left > 0 {
			if p.left--; p.left == 0 {
				p.end(errEnough)
				return
			}
		}
	}
}

// eventText is the line for a notification: with data only, what it brings.
func eventText(m *jsonrpc.ServerMessage, data bool) []byte {
	params := m.Params
	if data {
		if result := subscriptionResult(params); result != nil {
			return result
		}
		if params == nil {
			return []byte("null")
		}
		return params
	}
	text := `{"method":` + quote(m.Method)
	if params != nil {
		text += `,"params":` + string(params)
	}
	return []byte(text + "}")
}

// subscriptionResult returns the event that the params of a subscription's
// notification hold beside the subscription's id; nil of other params.
func subscriptionResult(params json.RawMessage) json.RawMessage {
	if len(params) == 0 || params[0] != '{' {
		return nil
	}
	var members map[string]json.RawMessage // a struct would take "Result" too
	if json.Unmarshal(params, &members) != nil || members["subscription"] == nil {
		return nil
	}
	return members["result"]
}
