package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"example.com/jsonrpc"
)

// A benchServer is one that is measured.
type benchServer struct {
	name   string
	client *jsonrpc.Client
	method string
	params []any
}

// servers connects to the server and to that of --compare.
func (o *benchOptions) servers(ctx context.Context, s *session, at target, method string, params []any, callers int) (all []*benchServer, err error) {
	targets := []target{at}
	if o.compare != "" {
		other, err := parseTarget(o.compare, nil, s.commands)
		if err != nil {
			return nil, err
		}
		targets = append(targets, target{addresses: []string{other}, name: other, given: o.compare})
	}
	for _, at := range targets {
		client, err := o.dial(ctx, s, at, idleConnections(callers))
		if err != nil {
			for _, server := range all {
				_ = server.client.Close()
			}
			return nil, o.dialFailure(s, at, err)
		}
		name := client.String()
		if name == "" || at.addresses[0] == demoTarget {
			name = at.given
		}
		name = visible(s.secrets.mask(name), "")
		all = append(all, &benchServer{name: name, client: client, method: method, params: params})
	}
	return all, nil
}

// ask makes a call.
func (b *benchServer) ask(ctx context.Context, n int64) error {
	return b.client.Call(ctx, b.method, b.params[n%int64(len(b.params))], nil)
}

// idleConnections keeps a connection for each caller, where the library keeps as
// many as programs need: to connect anew is not what is to be measured.
func idleConnections(callers int) jsonrpc.DialOption {
	return jsonrpc.WithHTTPWrap(func(rt http.RoundTripper) http.RoundTripper {
		if t, ok := rt.(*http.Transport); ok {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = max(t.MaxIdleConns, callers), max(t.MaxIdleConnsPerHost, callers)
		}
		return rt
	})
}

// try makes a first call: a server that cannot be reached is not worth the time.
func (b *benchServer) try(ctx context.Context, s *session) error {
	err := b.ask(ctx, 0)
	if said := (*jsonrpc.Error)(nil); errors.As(err, &said) {
		s.warn(fmt.Sprintf("%s answers with an error, which is measured too: %v", b.name, err))
		return nil
	}
	return err
}

// call makes a call and returns the class of its error.
func (b *benchServer) call(ctx context.Context, n int64) (class string) {
	return errorClass(b.ask(ctx, n))
}

// errorClass is the code of what a server said, HTTP's status, or the class of
// [jsonrpc.Classify]; empty without an error.
func errorClass(err error) string {
	if err == nil {
		return ""
	}
	var (
		said *jsonrpc.Error
		page *jsonrpc.HTTPError
	)
	switch {
	case errors.As(err, &said):
		return fmt.Sprintf("error %d", said.Code)
	case errors.As(err, &page):
		return fmt.Sprintf("HTTP %d", page.StatusCode)
	}
	return jsonrpc.Classify(err).Class.String()
}
