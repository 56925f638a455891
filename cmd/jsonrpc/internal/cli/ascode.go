package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/ascode"
)

// writeAs prints the call for another tool. Secrets are left to environment
// variables, which are named on stderr.
func (c *connection) writeAs(ctx context.Context, s *session, at target, tool string, m jsonrpc.Message) error {
	switch {
	case len(at.addresses) > 1:
		return &usageError{"--as: the tools know one server: give one TARGET"}
	case at.addresses[0] == demoTarget:
		return &usageError{"--as: demo: is in this command alone; jsonrpc demo serves the same at http://127.0.0.1:5000"}
	}
	sent, err := c.record(ctx, m)
	if err != nil {
		return err
	}
	call := &ascode.Call{
		URL: at.addresses[0], Message: string(sent.text), Strict: c.strict, Timeout: time.Duration(c.timeout),
		Insecure: c.insecure, CACert: c.caFile, Cert: c.certFile, CertKey: c.keyFile, ServerName: c.serverName,
		Proxy: c.proxy, Framing: c.framing.inUse(at.addresses[0]),
	}
	if !sent.batch {
		call.Method, call.Notify = sent.request.Method, sent.request.ID.IsZero()
		call.Params, _ = sent.request.Params.(json.RawMessage)
	}
	variables, err := c.codeCredentials(s, call)
	if err != nil {
		return err
	}
	text, err := ascode.Write(tool, call)
	if err != nil {
		return &usageError{"--as: " + err.Error()}
	}
	for _, v := range variables {
		s.say(fmt.Sprintf("set the environment variable %s to %s before it runs", v.name, v.meaning))
	}
	return newOutput(s.process, false).text(strings.TrimSuffix(text, "\n"))
}

// A variable of the environment holds a secret.
type variable struct{ name, meaning string }

// codeCredentials puts headers and credentials into a call: what is secret as
// variables.
func (c *connection) codeCredentials(s *session, call *ascode.Call) (variables []variable, err error) {
	need := func(value, standard, meaning string) string {
		if name, ok := strings.CutPrefix(value, "env:"); ok {
			return name
		}
		variables = append(variables, variable{standard, meaning})
		return standard
	}
	u, parseErr := url.Parse(call.URL)
	own := parseErr == nil && u.User != nil
	if own {
		u.User = nil
		call.URL = u.String()
		call.User = need("", envUser, "NAME:PASSWORD")
	}
	if parseErr == nil && u.RawQuery != "" {
		s.warn("the query of the URL is in what is printed")
	}
	call.Digest, call.CookieFile, call.JWTFile = c.digest, c.cookieFile, c.jwtFile
	if c.hmac != "" {
		sign, key, err := parseHMAC(s, c.hmac)
		if err != nil {
			return nil, err
		}
		call.HMAC = ascode.HMAC{Header: sign.Header, Prefix: sign.Prefix, Key: need(key, "JSONRPC_HMAC_KEY", "the key of the signatures")}
	}
	switch {
	case c.cookieFile != "" || c.jwtFile != "":
	case c.user != "":
		call.User = need(c.user, envUser, "NAME:PASSWORD")
	case c.bearer != "":
		call.Bearer = need(c.bearer, envBearer, "the token")
	case !own && s.process.Getenv(envUser) != "":
		call.User = envUser
	case !own && s.process.Getenv(envBearer) != "":
		call.Bearer = envBearer
	}
	headers, err := c.readHeaders(s)
	if err != nil {
		return nil, err
	}
	for name, values := range headers {
		h := ascode.Header{Name: name}
		switch {
		case len(values) == 0:
		case jsonrpc.IsSecretHeader(name):
			h.Variable = "JSONRPC_HEADER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
			variables = append(variables, variable{h.Variable, "the value of the header " + name})
		default:
			h.Value = strings.Join(values, ", ")
		}
		call.Headers = append(call.Headers, h)
	}
	slices.SortFunc(call.Headers, func(a, b ascode.Header) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(variables, func(a, b variable) int { return strings.Compare(a.name, b.name) })
	return variables, nil
}
