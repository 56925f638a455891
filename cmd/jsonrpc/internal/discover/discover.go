// Package discover finds out what methods a server has, in whatever way it tells:
// an OpenRPC document, a list of names, the modules of an Ethereum node, the tools
// of an MCP server, the capabilities of a language server. Whatever it is, it
// becomes an OpenRPC document, so that all that shows one shows any of them.
package discover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/openrpc"
)

// A Via is a way in which a server describes itself.
type Via string

// The ways that are known, and File for a document that came from elsewhere.
const (
	OpenRPC Via = "rpc.discover"
	Names   Via = "system.listMethods"
	Modules Via = "rpc_modules"
	MCP     Via = "mcp"
	LSP     Via = "lsp"
	File    Via = "file"
)

// Ways are all in which a server can be asked, in the order in which Ask tries
// them.
var Ways = []Via{OpenRPC, Names, Modules, MCP, LSP}

// A Description is what is known of a server's methods.
type Description struct {
	Via      Via
	At       time.Time // when the server was asked
	Document *openrpc.Document
}

// Extensions of methods in documents that were made here.
const (
	// extMethod is the method that is called, where the name is another: that of
	// an MCP tool.
	extMethod = "x-method"

	// extNameOnly says that nothing is known of the params and the result.
	extNameOnly = "x-name-only"

	// extModule says that the name stands for all methods that begin with it.
	extModule = "x-module"
)

// Method returns the method that carries out a call of m: its name, but of a tool
// of an MCP server tools/call.
func Method(m *openrpc.Method) string {
	var name string
	if text := m.Extensions[extMethod]; text != nil && json.Unmarshal(text, &name) == nil {
		return name
	}
	return m.Name
}

// IsModule reports whether m stands for all methods of a module, eth_* say.
func IsModule(m *openrpc.Method) bool { return m.Extensions[extModule] != nil }

// IsNameOnly reports whether nothing is known of the params and the result of m.
func IsNameOnly(m *openrpc.Method) bool {
	return m.Extensions[extNameOnly] != nil || IsModule(m)
}

// Find returns the description of a call: of the method, or of the tool that the
// params of tools/call name. It returns nil if there is none.
func (d *Description) Find(method string, params json.RawMessage) *openrpc.Method {
	if d.Via == MCP && method == toolsCall {
		var call struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(params, &call) // params of another form name no tool
		method = call.Name
	}
	return d.Document.Method(method)
}

// MethodNames returns the names of all methods in the order of the document.
func (d *Description) MethodNames() []string {
	names := make([]string, len(d.Document.Methods))
	for i, m := range d.Document.Methods {
		names[i] = m.Name
	}
	return names
}

// A Server is asked to describe itself.
type Server struct {
	Caller jsonrpc.Caller
	HTTP   bool // headers reach it
	LSP    bool // it is likely to be a language server
	Via    Via  // the only way to ask; "" for all
}

// ErrNone is the error of a server that does not describe itself in any way.
var ErrNone = errors.New("the server does not say what methods it has")

// Ask asks a server in one way after the other, until one has an answer. An error
// that is no answer, as of a connection, ends it.
func Ask(ctx context.Context, server Server) (*Description, error) {
	ways := Ways
	switch {
	case server.Via != "":
		ways = []Via{server.Via}
	case server.LSP: // it may end if it gets another request before initialize
		ways = []Via{LSP, OpenRPC}
	}
	var refusals []string
	for _, via := range ways {
		text, err := server.ask(ctx, via)
		if err == nil {
			var document *openrpc.Document
			if document, err = openrpc.Parse(text); err == nil {
				return &Description{Via: via, At: time.Now(), Document: document}, nil
			}
			err = &unexpected{err.Error()}
		}
		if !isAnswer(err) {
			return nil, err
		}
		refusals = append(refusals, fmt.Sprintf("%s: %s", via, refusal(err)))
	}
	return nil, fmt.Errorf("%w (%s)", ErrNone, strings.Join(refusals, "; "))
}

func (s *Server) ask(ctx context.Context, via Via) ([]byte, error) {
	switch via {
	case OpenRPC:
		return s.call(ctx, openrpc.DiscoverMethod, nil)
	case Names:
		return s.names(ctx)
	case Modules:
		return s.modules(ctx)
	case MCP:
		return s.mcp(ctx)
	case LSP:
		return s.lsp(ctx)
	}
	return nil, fmt.Errorf("%q is no way to describe a server", via)
}

func (s *Server) call(ctx context.Context, method string, params any, opts ...jsonrpc.CallOption) (json.RawMessage, error) {
	var result json.RawMessage
	err := s.Caller.Call(ctx, method, params, &result, opts...)
	return result, err
}

// isAnswer reports whether the server has said no, so that it is worth asking in
// another way.
func isAnswer(err error) bool {
	var (
		status    *jsonrpc.HTTPError
		refusal   *jsonrpc.Error
		invalid   *jsonrpc.ValidationError
		unread    *jsonrpc.ParseResponseError
		undecoded *jsonrpc.DecodeError
		different *unexpected
	)
	switch {
	case errors.As(err, &status):
		switch status.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired, http.StatusTooManyRequests:
			return false
		}
		return status.StatusCode < http.StatusInternalServerError || errors.As(err, &refusal)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	return errors.As(err, &refusal) || errors.As(err, &invalid) || errors.As(err, &unread) ||
		errors.As(err, &different) || errors.As(err, &undecoded) || errors.Is(err, jsonrpc.ErrNoResponse)
}

// An unexpected is an answer that is none to the question.
type unexpected struct{ reason string }

func (e *unexpected) Error() string { return e.reason }

// refusal says in a few words how a server said no.
func refusal(err error) string {
	var (
		status *jsonrpc.HTTPError
		said   *jsonrpc.Error
	)
	switch {
	case errors.As(err, &said):
		err = said
	case errors.As(err, &status):
		return status.Status
	}
	const longest = 80
	line, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "jsonrpc: "), "\n")
	if _, rest, ok := strings.Cut(line, " at "); ok { // the method and the address are said already
		if _, why, ok := strings.Cut(rest, ": "); ok {
			line = why
		}
	}
	if runes := []rune(line); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return line
}
