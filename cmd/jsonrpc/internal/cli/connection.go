package cli

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// A connection is what the commands that send something have in common: how to
// reach the server, who to be there, and what to make of its replies.
type connection struct {
	place
	credentials
	trust
	reliability
	framing  framing
	dialect  dialect
	proxy    string
	timeout  span
	maxReply size
	strict   bool
	verbose  verbosity

	many     bool                   // messages are sent: connections are kept between them
	given    func(flag string) bool // reports whether a flag was given
	asked    asked                  // by the server
	last     lastReply
	answered atomic.Bool // a notification was
}

func (c *connection) addFlags(cmd *cobra.Command) {
	c.given = func(flag string) bool { return cmd.Flags().Changed(flag) }
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.VarP(&c.verbose, "verbose", "v", "show the messages on stderr; -vv: and the headers, secrets masked, and\nthe stderr of a child process")
		f.Lookup("verbose").NoOptDefVal = "true"
	})
	c.place.addFlags(cmd)
	c.credentials.addFlags(cmd)
	c.framing.addFlags(cmd)
	c.trust.addFlags(cmd)
	c.reliability.addFlags(cmd)
	c.timeout, c.maxReply = span(30*time.Second), jsonrpc.DefaultMaxReply
	addFlags(cmd, groupConnect, func(f *pflag.FlagSet) {
		c.addProxyFlag(f)
		f.Var(&c.timeout, "timeout", "give up after this time; 0: never")
		f.Var(&c.maxReply, "max-reply", "refuse a larger reply")
		f.BoolVar(&c.strict, "strict", false, "refuse replies that bend the rules of JSON-RPC 2.0, instead of\nunderstanding them and warning")
	})
}

func (c *connection) addProxyFlag(f *pflag.FlagSet) {
	f.Var(&text{value: &c.proxy, kind: "URL"}, "proxy", "go through this proxy: http, https or socks5 (default: HTTP_PROXY,\nHTTPS_PROXY, NO_PROXY)")
}

// replyOptions returns the options about what comes from the server.
func (c *connection) replyOptions(s *session) []jsonrpc.DialOption {
	c.asked.session, c.asked.verbose, c.asked.old = s, c.verbose > 0, c.dialect.old()
	options := []jsonrpc.DialOption{
		jsonrpc.WithTimeout(c.wholeTimeout()),
		jsonrpc.WithMaxReply(int64(c.maxReply)),
		jsonrpc.WithValidation(c.strict),
		jsonrpc.WithDeviations(func(d jsonrpc.Deviation) { c.deviates(s, d) }),
		jsonrpc.WithHandler(&c.asked),
		jsonrpc.WithStreamErrors(func(err error) { s.warn(strings.TrimPrefix(err.Error(), "jsonrpc: ")) }),
	}
	if !c.many {
		options = append(options, jsonrpc.WithInterceptors(c.last.keep))
	}
	return options
}

// wholeTimeout bounds a call with what it waits for.
func (c *connection) wholeTimeout() time.Duration {
	if c.turns != nil {
		return 0
	}
	return time.Duration(c.timeout)
}

// deviates warns of a deviation, or notes the one that the library lets pass
// under --strict.
func (c *connection) deviates(s *session, d jsonrpc.Deviation) {
	switch {
	case c.strict:
		if d == jsonrpc.DeviationAnswered {
			c.answered.Store(true)
		}
	case !c.dialect.usual(d):
		s.warn(fmt.Sprintf("the reply bends the rules, %s (--strict refuses such replies)", d))
	}
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
