package cli

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/resilience"
)

// A reliability says what to do about servers that fail or want to be asked less.
type reliability struct {
	retry      retries
	rate       rate
	idempotent []string
	strategy   strategy

	turns *turns // in place of what rate does by itself: --timeout counts from a message's turn
}

func (r *reliability) addFlags(cmd *cobra.Command) {
	r.strategy = "ordered"
	addFlags(cmd, groupConnect, func(f *pflag.FlagSet) {
		f.Var(&r.retry, "retry", "send again, so often at most, what failed and may be: what was never\nsent, and the METHODs of --idempotent")
		f.Var(&texts{values: &r.idempotent, kind: "PATTERN"}, "idempotent", "METHODs that may be carried out twice without harm, as 'eth_get*';\ncan be repeated")
		f.Var(&r.rate, "rate", "send no more calls than this: 10/s, 600/m")
		f.Var(&r.strategy, "strategy", "of several targets ask: ordered (the next if one fails), round-robin\nor least-loaded")
	})
	completeWith(cmd, "strategy", func() []string { return strategies })
}

// options returns the options that are around all calls.
func (r *reliability) options() []jsonrpc.ClientOption {
	var (
		options  []jsonrpc.ClientOption
		policies []resilience.Policy
	)
	if len(r.idempotent) > 0 {
		options = append(options, jsonrpc.WithIdempotent(r.idempotent...))
	}
	if r.retry > 0 {
		policies = append(policies, resilience.Retry{Attempts: int(r.retry) + 1}, resilience.Gate{})
	}
	if r.rate.calls > 0 && r.turns == nil {
		policies = append(policies, resilience.RateLimit{Calls: r.rate.calls, Per: r.rate.per, MaxWait: math.MaxInt64})
	}
	if len(policies) > 0 {
		options = append(options, resilience.New(policies...))
	}
	if r.turns != nil {
		options = append(options, jsonrpc.WithInterceptors(r.turns.each))
	}
	return options
}

// retries is the value of --retry.
type retries int

func (r *retries) Type() string   { return "N" }
func (r *retries) String() string { return strconv.Itoa(int(*r)) }

func (r *retries) Set(arg string) error {
	const most = 1000
	n, err := strconv.Atoi(unprotect(arg))
	if err != nil || n < 0 || n > most {
		return fmt.Errorf("write a number of times, from 0 to %d", most)
	}
	*r = retries(n)
	return nil
}

// A rate is the value of --rate: so many calls in a time.
type rate struct {
	calls int
	per   time.Duration
}

func (r *rate) Type() string { return "N/s" }

func (r *rate) String() string {
	if r.calls == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%v", r.calls, r.per)
}

func (r *rate) Set(arg string) error {
	count, unit, _ := strings.Cut(unprotect(arg), "/")
	n, err := strconv.Atoi(count)
	per, known := map[string]time.Duration{"": time.Second, "s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	if err != nil || n <= 0 || !known {
		return fmt.Errorf("write how many calls in a second, minute or hour: 10/s, 600/m or 1000/h")
	}
	*r = rate{n, per}
	return nil
}

// strategies are the values of --strategy.
var strategies = []string{"ordered", "round-robin", "least-loaded"}

type strategy string

func (s *strategy) Type() string   { return "NAME" }
func (s *strategy) String() string { return string(*s) }

func (s *strategy) Set(arg string) error {
	if arg = unprotect(arg); !slices.Contains(strategies, arg) {
		return fmt.Errorf("%s is none of %s", shown(arg), strings.Join(strategies, ", "))
	}
	*s = strategy(arg)
	return nil
}

// option returns the option for a pool.
func (s strategy) option() jsonrpc.PoolOption {
	switch s {
	case "round-robin":
		return jsonrpc.WithStrategy(jsonrpc.RoundRobin())
	case "least-loaded":
		return jsonrpc.WithStrategy(jsonrpc.LeastLoaded())
	}
	return jsonrpc.WithStrategy(jsonrpc.Ordered())
}
