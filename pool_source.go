package jsonrpc

import (
	"context"
	"iter"
	"time"
)

// A Source tells a [Pool] its endpoints: all of them, each time, at once and then
// whenever they have changed. It ends soon after ctx does. An error leaves the endpoints
// as they are, and is reported to the hook of [WithStreamErrors]; if it comes first,
// [NewPool] returns it.
//
// [URLs], [Endpoints], [DNS], [SRV], [Poll] and [Updates] make one; so does any function
// of your own:
//
//	func watch(ctx context.Context) iter.Seq2[[]jsonrpc.Endpoint, error]
type Source func(ctx context.Context) iter.Seq2[[]Endpoint, error]

// URLs are endpoints at fixed URLs, see [Dial].
func URLs(urls ...string) Source {
	endpoints := make([]Endpoint, len(urls))
	for i, u := range urls {
		endpoints[i].URL = u
	}
	return Endpoints(endpoints...)
}

// Endpoints are fixed, or until [Pool.Set] gives others. There may be none at first.
func Endpoints(endpoints ...Endpoint) Source {
	return func(context.Context) iter.Seq2[[]Endpoint, error] {
		return func(yield func([]Endpoint, error) bool) { yield(endpoints, nil) }
	}
}

// Poll are the endpoints that find returns. It is asked at once and then at the
// interval; after an error sooner, with growing pauses.
func Poll(interval time.Duration, find func(ctx context.Context) ([]Endpoint, error)) Source {
	return func(ctx context.Context) iter.Seq2[[]Endpoint, error] {
		return func(yield func([]Endpoint, error) bool) {
			for failures := 0; ; {
				endpoints, err := find(ctx)
				pause := max(interval, firstBackoff)
				if failures++; err == nil {
					failures = 0
				} else {
					pause = backoff(failures, pause)
				}
				if ctx.Err() != nil || !yield(endpoints, err) || sleep(ctx, pause) != nil {
					return
				}
			}
		}
	}
}

// Updates are the endpoints that come through a channel, all of them each time, until it
// is closed.
func Updates(ch <-chan []Endpoint) Source {
	return func(ctx context.Context) iter.Seq2[[]Endpoint, error] {
		return func(yield func([]Endpoint, error) bool) {
			for {
				select {
				case endpoints, open := <-ch:
					if !open || !yield(endpoints, nil) {
						return
					}
				case <-ctx.Done():
					return
				}
			}
		}
	}
}
