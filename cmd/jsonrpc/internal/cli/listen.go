package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// listenOptions are those of "jsonrpc listen".
type listenOptions struct {
	connection
	wholeParams
	printing
	unsubscribe string
	data        bool
	only        []string
	count       count
	duration    span
	noReconnect bool
}

const listenUsage = "listen [flags] TARGET [METHOD [PARAM…]]"

func newListenCommand(s *session) *cobra.Command {
	var o listenOptions
	cmd := newTargetCommand(s, &o.connection, listenUsage, "print what a server sends of its own accord", listenHelp, -1,
		func(ctx context.Context, at target, args []string) error { return o.run(ctx, s, at, args) })
	o.wholeParams.addFlags(cmd)
	addFlags(cmd, groupMessage, func(f *pflag.FlagSet) {
		f.Var(&text{value: &o.unsubscribe, kind: "METHOD"}, "unsubscribe", "call this at the end, with the id that METHOD returned or else with\nits PARAMs (default: a_unsubscribe after a_subscribe, aUnsubscribe\nafter aSubscribe, if there is an id; '' for none)")
	})
	o.dialect.addFlags(cmd)
	o.printing.addFlags(cmd)
	addFlags(cmd, groupOutput, func(f *pflag.FlagSet) {
		f.BoolVar(&o.data, "data", false, "print the params alone, and of an event of a subscription its result")
		f.Var(&texts{values: &o.only, kind: "METHOD"}, "only", "print notifications of this method alone; can be repeated")
		f.Var(&o.count, "count", "end after so many lines")
		f.Var(&o.duration, "for", "end after this time")
	})
	o.connection.addFlags(cmd)
	addFlags(cmd, groupConnect, func(f *pflag.FlagSet) {
		f.BoolVar(&o.noReconnect, "no-reconnect", false, "end when the connection ends, instead of making it again")
	})
	return cmd
}

// run listens to its end.
func (o *listenOptions) run(ctx context.Context, s *session, at target, args []string) error {
	for _, address := range at.addresses {
		scheme := schemeOf(address)
		if isStream(scheme) {
			continue
		}
		return &usageError{fmt.Sprintf("nobody can listen by %s, where a server only answers: use a TARGET by ws, wss, tcp, tls, unix, exec or nats-sub", scheme)}
	}
	l := &listener{options: o, session: s, at: at}
	if len(args) > 0 {
		var err error
		if l.request, err = o.request(s, args[0], args[1:]); err != nil {
			return err
		}
	} else if o.given("params") || o.unsubscribe != "" {
		return &usageError{"--params and --unsubscribe go with a METHOD: write jsonrpc " + listenUsage}
	}
	return l.listen(ctx)
}

// request returns the request that asks for notifications.
func (o *listenOptions) request(s *session, method string, words []string) (*jsonrpc.Request, error) {
	if err := checkMethod(method); err != nil {
		return nil, err
	}
	params, err := o.wholeParams.read(s, words, o.given("params"))
	return &jsonrpc.Request{Method: method, Params: params}, err
}

// limit ends listening after --for.
func (o *listenOptions) limit(end context.CancelCauseFunc) (stop func() bool) {
	if o.duration == 0 {
		return func() bool { return true }
	}
	return time.AfterFunc(time.Duration(o.duration), func() { end(errEnough) }).Stop
}

// A count is the value of a flag: how many, 0 for any number.
type count int

func (c *count) String() string { return "0" }
func (c *count) Type() string   { return "N" }

func (c *count) Set(arg string) error {
	n, err := strconv.Atoi(unprotect(arg))
	if err != nil || n <= 0 {
		return &usageError{"write a number, 1 or more"}
	}
	*c = count(n)
	return nil
}

// checkCounts refuses numbers that no machine has room for.
func checkCounts(given map[string]count) error {
	const most = 100_000
	for flag, n := range given {
		if n > most {
			return &usageError{fmt.Sprintf("--%s: %d are the most", flag, most)}
		}
	}
	return nil
}
