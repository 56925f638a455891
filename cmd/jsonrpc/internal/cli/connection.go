package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/jsonrpctest/demo"
	"example.com/jsonrpc/transport"
)

// A connection is what the commands that send something have in common: how to
// reach the server, who to be there, and what to make of its replies.
type connection struct {
	credentials
	trust
	proxy    string
	timeout  span
	maxReply size
	strict   bool
	verbose  verbosity

	last lastReply
}

func (c *connection) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.VarP(&c.verbose, "verbose", "v", "show the messages on stderr; -vv: and the headers, secrets masked")
		f.Lookup("verbose").NoOptDefVal = "true"
	})
	c.credentials.addFlags(cmd)
	c.trust.addFlags(cmd)
	c.timeout, c.maxReply = span(30*time.Second), jsonrpc.DefaultMaxReply
	addFlags(cmd, groupConnect, func(f *pflag.FlagSet) {
		f.Var(&text{value: &c.proxy, kind: "URL"}, "proxy", "go through this proxy: http, https or socks5 (default: HTTP_PROXY,\nHTTPS_PROXY, NO_PROXY)")
		f.Var(&c.timeout, "timeout", "give up after this time; 0: never")
		f.Var(&c.maxReply, "max-reply", "refuse a larger reply")
		f.BoolVar(&c.strict, "strict", false, "refuse replies that bend the rules of JSON-RPC 2.0, instead of\nunderstanding them and warning")
	})
}

// dial returns a client for the server at address, as parseTarget returned it.
func (c *connection) dial(ctx context.Context, s *session, address string) (*jsonrpc.Client, error) {
	options := []jsonrpc.DialOption{
		jsonrpc.WithTimeout(time.Duration(c.timeout)),
		jsonrpc.WithMaxReply(int64(c.maxReply)),
		jsonrpc.WithValidation(c.strict),
		jsonrpc.WithDeviations(func(d jsonrpc.Deviation) {
			s.warn(fmt.Sprintf("the reply bends the rules, %s (--strict refuses such replies)", d))
		}),
		jsonrpc.WithInterceptors(c.last.keep),
	}
	if c.verbose > 0 {
		options = append(options, jsonrpc.WithLogger(newArrows(s)))
	}
	auth, err := c.credentials.options(s, acceptsEnvironment(s, address))
	if err != nil {
		return nil, err
	}
	carrier, err := c.carrierOptions(s, address)
	if err != nil {
		return nil, err
	}
	if address == demoTarget {
		address = demoURL
	}
	if c.timeout > 0 { // for transports that connect at once
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.timeout))
		defer cancel()
	}
	return jsonrpc.Dial(ctx, address, slices.Concat(options, auth, carrier)...)
}

// acceptsEnvironment marks the secrets in a URL, and reports whether credentials
// from the environment are for it: it must have a place for them, and none of
// its own.
func acceptsEnvironment(s *session, address string) bool {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"http", "https", "ws", "wss"}, strings.ToLower(u.Scheme)) {
		return false
	}
	for _, values := range u.Query() {
		s.secrets.found(values...)
	}
	if u.User == nil {
		return true
	}
	password, _ := u.User.Password()
	s.secrets.basic(u.User.Username(), password)
	return false
}

// carrierOptions returns the options about what carries the messages.
func (c *connection) carrierOptions(s *session, address string) ([]jsonrpc.DialOption, error) {
	config, err := c.trust.config()
	if err != nil {
		return nil, err
	}
	proxy, err := c.parseProxy(s)
	if err != nil {
		return nil, err
	}
	switch {
	case address == demoTarget:
		return c.httpTransport(s, inProcess{demo.New()}), nil
	case c.verbose > 1 && strings.HasPrefix(strings.ToLower(address), "http"):
		var through func(*http.Request) (*url.URL, error)
		if proxy != nil {
			through = http.ProxyURL(proxy)
		}
		return c.httpTransport(s, transport.NewRoundTripper(config, through)), nil
	}
	var options []jsonrpc.DialOption
	if config != nil {
		options = append(options, jsonrpc.WithTLSConfig(config))
	}
	if proxy != nil {
		options = append(options, jsonrpc.WithProxy(c.proxy))
	}
	return options, nil
}

// httpTransport sends through rt, and shows the headers under -vv.
func (c *connection) httpTransport(s *session, rt http.RoundTripper) []jsonrpc.DialOption {
	if c.verbose > 1 {
		rt = headerTrace{s, rt}
	}
	return []jsonrpc.DialOption{jsonrpc.WithHTTPTransport(rt)}
}

// parseProxy returns the proxy, nil for the environment's.
func (c *connection) parseProxy(s *session) (*url.URL, error) {
	if c.proxy == "" {
		return nil, nil
	}
	u, err := url.Parse(c.proxy)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return nil, &usageError{"--proxy wants a URL of the form http://HOST:PORT, https://… or socks5://…"}
	}
	password, _ := u.User.Password()
	s.secrets.basic(u.User.Username(), password)
	return u, nil
}

// A lastReply is the text of the newest reply. The library returns it with a
// result; --envelope wants it with an error too.
type lastReply struct{ text []byte }

func (l *lastReply) keep(next jsonrpc.Invoker) jsonrpc.Invoker {
	return func(ctx context.Context, x *jsonrpc.Exchange) error {
		x.KeepReply()
		err := next(ctx, x)
		l.text = x.Reply()
		return err
	}
}
