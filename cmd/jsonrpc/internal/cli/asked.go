package cli

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"

	"example.com/jsonrpc"
)

// asked is the jsonrpc.Handler of the command: it gets what a server sends of its
// own accord. It has no methods, so requests are answered with an error; -v shows
// both.
type asked struct {
	session *session
	verbose bool
	old     bool                         // the version is 1.0
	notify  func(*jsonrpc.ServerMessage) // gets notifications in their order; may be nil

	calls, done atomic.Int64 // of Handle
}

// Handle answers a request, or gives a notification to whom it is for.
func (a *asked) Handle(_ context.Context, m *jsonrpc.ServerMessage) (any, error) {
	a.calls.Add(1)
	defer a.done.Add(1)
	a.show("<-- ", messageText(m, a.old))
	if m.Notification() {
		if a.notify != nil {
			a.notify(m)
		}
		return nil, nil
	}
	if a.old && m.Method == "echo" {
		// RFC 7047, 4.1.11: ovsdb-server ends the connection of a client that
		// does not answer, or answers with an error.
		params := json.RawMessage("[]")
		if m.Params != nil {
			params = m.Params
		}
		a.show("--> ", `{"result":`+string(params)+`,"error":null,"id":`+m.ID.String()+`}`)
		return params, nil
	}
	notFound := &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: "Method not found"}
	text := `"error":{"code":-32601,"message":"Method not found"},"id":` + m.ID.String() + `}`
	if a.old {
		a.show("--> ", `{"result":null,`+text)
	} else {
		a.show("--> ", `{"jsonrpc":"2.0",`+text)
	}
	return nil, notFound
}

// settle waits until nothing more is handled, or until ctx ends. The library does
// not tell when it has handed over all that came before a response or before the
// end of a connection.
func (a *asked) settle(ctx context.Context) {
	const quiet = 50 * time.Millisecond
	for before := int64(-1); before != a.calls.Load() || before != a.done.Load(); {
		before = a.calls.Load()
		select {
		case <-ctx.Done():
			return
		case <-time.After(quiet):
		}
	}
}

func (a *asked) show(arrow, text string) {
	if a.verbose {
		a.session.sayLine(arrow + string(spaced.format([]byte(text))))
	}
}

// messageText is the message as the specification has it.
func messageText(m *jsonrpc.ServerMessage, old bool) string {
	text := "{"
	if !old {
		text = `{"jsonrpc":"2.0",`
	}
	text += `"method":` + quote(m.Method)
	if m.Params != nil {
		text += `,"params":` + string(m.Params)
	}
	switch {
	case !m.Notification():
		text += `,"id":` + m.ID.String()
	case old:
		text += `,"id":null`
	}
	return text + "}"
}
