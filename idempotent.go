package jsonrpc

import (
	"slices"
	"strings"
)

// WithIdempotent says that calls of the methods that match one of the patterns
// may be carried out more than once without harm, so that they may be sent again
// when their outcome is not known: by interceptors that retry or hedge, and by a
// pool of servers. In a pattern, * stands for any characters: "eth_get*". Without
// patterns it means every method: as an option of one call, that call; of a batch,
// all its requests.
//
//	client, err := jsonrpc.Dial(ctx, url, jsonrpc.WithIdempotent("eth_get*", "eth_call"))
//	err = client.Call(ctx, "put", params, nil, jsonrpc.WithIdempotent())
//
// The patterns of a call are added to those of the client. By itself the option
// repeats nothing. Notifications are never idempotent, since nobody learns what
// became of them.
func WithIdempotent(patterns ...string) Option {
	return option(func(s *settings) {
		if len(patterns) == 0 {
			patterns = []string{"*"}
		}
		s.idempotent = append(slices.Clip(s.idempotent), patterns...)
	})
}

// Idempotent reports whether the whole message may be carried out more than once
// without harm, see [WithIdempotent]: all of its items may.
func (x *Exchange) Idempotent() bool {
	for i := range x.items {
		if !x.idempotent(&x.items[i]) {
			return false
		}
	}
	return len(x.items) > 0
}

func (x *Exchange) idempotent(it *item) bool {
	return !it.notification && slices.ContainsFunc(x.set.idempotent, func(pattern string) bool {
		return MatchMethod(pattern, it.method)
	})
}

// MatchMethod reports whether a method fits a pattern as [WithIdempotent] takes
// them, in which * stands for any characters. It is for interceptors that treat
// methods differently.
func MatchMethod(pattern, method string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == method
	}
	method, ok := strings.CutPrefix(method, first)
	for ok {
		if first, rest, star = strings.Cut(rest, "*"); !star {
			return strings.HasSuffix(method, first)
		}
		_, method, ok = strings.Cut(method, first) // the first fit leaves most for the others
	}
	return false
}
