package jsonrpc

import (
	"context"
	"encoding/json"
)

// A Handler handles what a server sends of its own accord: notifications, and
// requests that want a response. It may be called by many goroutines at once.
type Handler interface {
	// Handle handles m. For a request, what it returns is sent back: the
	// result, or the error; an [*Error] goes as it is, any other with the code
	// of an internal error and its text. For a notification it is dropped.
	Handle(ctx context.Context, m *ServerMessage) (result any, err error)
}

// A HandlerFunc is a function that is a [Handler].
type HandlerFunc func(ctx context.Context, m *ServerMessage) (result any, err error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, m *ServerMessage) (any, error) { return f(ctx, m) }

// A ServerMessage is a notification or a request that a server sends.
type ServerMessage struct {
	Method string
	Params json.RawMessage // as they came, nil if none
	ID     ID              // of a request; zero for a notification
}

// Notification reports whether no response is wanted.
func (m *ServerMessage) Notification() bool { return m.ID.IsZero() || m.ID.IsNull() }

// Decode decodes the params into the variable v points to.
func (m *ServerMessage) Decode(v any) error {
	params := m.Params
	if params == nil {
		params = json.RawMessage("null")
	}
	return decode(params, v, false)
}
