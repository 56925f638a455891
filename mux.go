package jsonrpc

import (
	"context"
	"sync"
)

// A Mux is a [Handler] that goes by the method. The zero Mux is ready to use; a
// request for a method that it does not have is answered with the code of a
// method that was not found. It may be used by many goroutines at once.
//
//	var mux jsonrpc.Mux
//	jsonrpc.Handle(&mux, "workspace/configuration", func(ctx context.Context, p ConfigurationParams) ([]any, error) {
//		return make([]any, len(p.Items)), nil
//	})
//	client, err := jsonrpc.Dial(ctx, "exec:gopls serve", jsonrpc.WithHandler(&mux))
type Mux struct {
	mu       sync.RWMutex // for handlers
	handlers map[string]Handler
}

// Set has h handle the method. A nil h takes it back.
func (m *Mux) Set(method string, h Handler) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.handlers == nil {
		m.handlers = map[string]Handler{}
	}
	if h == nil {
		delete(m.handlers, method)
		return
	}
	m.handlers[method] = h
}

// Handle calls the handler of the message's method.
func (m *Mux) Handle(ctx context.Context, msg *ServerMessage) (any, error) {
	m.mu.RLock()
	h := m.handlers[msg.Method]
	m.mu.RUnlock()
	if h == nil {
		return nil, &Error{Code: CodeMethodNotFound, Message: "Method not found"}
	}
	return h.Handle(ctx, msg)
}

// Handle has f handle a method, with the params decoded as a P; params that do
// not fit are answered with the code of invalid params. For a notification what
// f returns is dropped.
func Handle[P, R any](m *Mux, method string, f func(ctx context.Context, params P) (R, error)) {
	m.Set(method, HandlerFunc(func(ctx context.Context, msg *ServerMessage) (any, error) {
		var params P
		if err := msg.Decode(&params); err != nil {
			return nil, &Error{Code: CodeInvalidParams, Message: "Invalid params: " + err.Error()}
		}
		return f(ctx, params)
	}))
}
