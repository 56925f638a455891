package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/check"
	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/openrpc"
)

// A checking says whether calls are compared with the server's description.
type checking struct {
	description
	on     bool
	remote bool
}

func (o *checking) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupSchema, func(f *pflag.FlagSet) {
		f.BoolVar(&o.on, "check", false, "compare the params, before they are sent, and then the result with\nthe description of the method")
		f.BoolVar(&o.remote, "remote-refs", false, "fetch the schemas that the description refers to by URL")
	})
	o.description.addFlags(cmd)
}

// A resultError says that a result is not what the description says.
type resultError struct{ reason string }

func (e *resultError) Error() string { return e.reason }

// before checks a call, if checks are wanted, and returns the check of its result,
// nil if there is none.
func (o *checking) before(ctx context.Context, s *session, c *connection, at target, m jsonrpc.Message) (func(result json.RawMessage) error, error) {
	if !o.on {
		return nil, nil
	}
	d, err := o.find(ctx, s, c, at)
	if err != nil {
		return nil, err
	}
	name, params := methodAndParams(m)
	described := d.Find(name, params)
	if described == nil {
		if d.Via == discover.Modules || d.Via == discover.MCP && strings.Contains(name, "/") {
			s.warn(fmt.Sprintf("not checked: the server does not describe %s", name))
			return nil, nil
		}
		_, err := findMethod(d, name)
		return nil, err
	}
	if discover.IsNameOnly(described) {
		s.warn(fmt.Sprintf("not checked: of %s the server tells no more than its name", name))
		return nil, nil
	}
	options := check.Options{}
	if o.remote {
		options.Fetch = func(url string) ([]byte, error) { return c.get(ctx, s, url) }
	}
	found, err := options.Params(described, params)
	switch {
	case err != nil:
		return nil, &localError{"--check: " + err.Error()}
	case len(found) > 0:
		return nil, &usageError{"not sent: " + problemText(found)}
	}
	return func(result json.RawMessage) error { return checkResult(options, described, result) }, nil
}

func checkResult(options check.Options, m *openrpc.Method, result json.RawMessage) error {
	found, err := options.Result(m, result)
	switch {
	case err != nil:
		return &localError{"--check: " + err.Error()}
	case len(found) > 0:
		return &resultError{fmt.Sprintf("the result of %s is not what the description says: %s", m.Name, problemText(found))}
	}
	return nil
}

// methodAndParams returns what a call is made of; params are JSON, nil if there
// are none.
func methodAndParams(m jsonrpc.Message) (string, json.RawMessage) {
	var (
		method string
		params any
	)
	switch m := m.(type) {
	case jsonrpc.Request:
		method, params = m.Method, m.Params
	case jsonrpc.Notification:
		method, params = m.Method, m.Params
	}
	text, _ := params.(json.RawMessage) // as wholeParams.read returns them
	return method, text
}

func problemText(problems []check.Problem) string {
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.String()
	}
	return strings.Join(texts, "; ")
}
