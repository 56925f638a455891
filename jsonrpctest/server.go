package jsonrpctest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"example.com/jsonrpc"
)

// A Handler carries out a method. Params are as they came: an array, an object,
// or nil if there were none. The result is encoded by the rules of encoding/json;
// a json.RawMessage goes out as it is. So does an error that is a
// *[jsonrpc.Error]; any other, and a panic, becomes one with the code
// [jsonrpc.CodeInternalError] and its text. Of a notification, both are dropped.
//
// It may be called by many goroutines at once. Its context ends when the client
// goes away. [Func] makes a Handler of an ordinary function.
type Handler func(ctx context.Context, params json.RawMessage) (result any, err error)

// Handlers are the methods of a server by their names.
type Handlers map[string]Handler

// DefaultMaxBody is the limit of a message's size in bytes, after decompression,
// unless [Server.MaxBody] sets another.
const DefaultMaxBody = 16 << 20

// A Server is a JSON-RPC 2.0 server. It is an [http.Handler] and, for clients in
// the same program, a [transport.RoundTripper]: give it to [jsonrpc.NewClient].
// [Server.Listen] serves it over HTTP, WebSockets, TCP and Unix sockets. The zero
// Server has no methods and is ready to use. [New] makes one for a test, with
// expectations and a record of calls.
//
// The requests of a batch run at the same time; their responses are in the order
// of the requests. Notifications are answered once their handlers have returned,
// so that a test can look at what they did.
type Server struct {
	// Name stands for the server in the errors and logs of clients in the same
	// program. The default is "jsonrpctest".
	Name string

	// MaxBody bounds a message in bytes, after decompression. 0 means
	// [DefaultMaxBody].
	MaxBody int64

	mu       sync.RWMutex
	handlers Handlers // under mu

	faults faults
	peers  peers
	tally  atomic.Pointer[tally]
	book   *book // of a server made by New; nil otherwise
}

// faults are what is to go wrong.
type faults struct {
	asking  sync.Mutex // while a plan is asked, which may call SetFaults
	mu      sync.Mutex
	plan    FaultPlan // under mu
	arrived int       // under mu; messages since the plan was made
	refuse  atomic.Int64
}

// NewServer returns a server with these methods.
func NewServer(handlers Handlers) *Server {
	s := &Server{}
	for name, h := range handlers {
		s.Handle(name, h)
	}
	return s
}

// Handle adds a method, or replaces the one of that name. It may be called while
// the server is in use.
func (s *Server) Handle(name string, h Handler) {
	if h == nil {
		panic(fmt.Sprintf("jsonrpctest: the handler of method %q is nil", name))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handlers == nil {
		s.handlers = Handlers{}
	}
	s.handlers[name] = h
}

// handler returns the method's handler, or nil.
func (s *Server) handler(method string) Handler {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.handlers[method]
}

// HandleFunc is Handle with an ordinary function, see [Func]:
//
//	srv.HandleFunc("add", func(a, b int) int { return a + b }, "a", "b")
func (s *Server) HandleFunc(name string, f any, names ...string) { s.Handle(name, Func(f, names...)) }

// String returns the server's name.
func (s *Server) String() string {
	if s.Name == "" {
		return "jsonrpctest"
	}
	return s.Name
}

func (s *Server) maxBody() int64 {
	if s.MaxBody <= 0 {
		return DefaultMaxBody
	}
	return s.MaxBody
}

// tooLarge is the response to a message over the limit.
func (s *Server) tooLarge() []byte {
	return invalid(nil, fmt.Sprintf("the message is larger than %d bytes", s.maxBody()))
}

// ServeHTTP answers a message in the body of a POST, plain or compressed with
// gzip. A response, be it a result or an error, has status 200; where none is
// due, as for a notification, there is 204 and no body. It takes WebSockets too,
// see [Server.ServeStream].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { serveHTTP(s, &s.peers, w, r) }

type headerKey struct{}

// Header returns the headers of the message that a handler works on, to see
// whether the client sent what it should. They must not be changed.
func Header(ctx context.Context) http.Header {
	h, _ := ctx.Value(headerKey{}).(http.Header)
	return h
}

// invalid is the response to what is not a request.
func invalid(id json.RawMessage, why string) []byte {
	return response(id, nil, newError(jsonrpc.CodeInvalidRequest, "Invalid Request", why))
}

// parseError is the response to what is not JSON.
func parseError(why error) []byte {
	return response(nil, nil, newError(jsonrpc.CodeParseError, "Parse error", why.Error()))
}

// newError returns an error with the specification's message for its code, and
// with what was wrong in its data.
func newError(code int64, message, why string) *jsonrpc.Error {
	data, _ := json.Marshal(why) // a string always has a JSON form
	return &jsonrpc.Error{Code: code, Message: message, Data: data}
}
