package auth

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"example.com/jsonrpc"
)

// A Token is a bearer token (RFC 6750).
type Token struct {
	Value string
	// Expires is when a new one is needed; one is asked for ten seconds earlier.
	// The zero time means not before the server refuses it.
	Expires time.Time
}

// early is how long before its end a token is not used any more: the message and
// the clocks need time.
const early = 10 * time.Second

// Bearer sends a token that fetch returns, and calls fetch only if there is none
// yet, if it has expired, or if the server has refused it with HTTP 401. Messages
// that need a token at the same time share one call of fetch; its context ends
// when none of them waits any more.
func Bearer(fetch func(context.Context) (Token, error)) jsonrpc.Auth {
	b := &bearer{fetch: fetch}
	return func(ctx context.Context, r jsonrpc.AuthRequest) (http.Header, error) {
		value, err := b.value(ctx, r.Refused.Get("Authorization"))
		if err != nil {
			return nil, err
		}
		return authorization(value), nil
	}
}

type bearer struct {
	fetch func(context.Context) (Token, error)

	mu      sync.Mutex // for what follows
	token   Token
	pending *fetching // nil if none is
}

// fetching is a token on its way.
type fetching struct {
	cancel  context.CancelFunc
	done    chan struct{}
	waiting int
	token   Token
	err     error
}

// value returns the header's value; refused is one that must not be used again.
func (b *bearer) value(ctx context.Context, refused string) (string, error) {
	b.mu.Lock()
	if value := "Bearer " + b.token.Value; b.token.Value != "" && value != refused &&
		(b.token.Expires.IsZero() || time.Until(b.token.Expires) > early) {
		b.mu.Unlock()
		return value, nil
	}
	f := b.pending
	if f == nil {
		f = b.beginLocked(ctx)
	}
	f.waiting++
	b.mu.Unlock()
	select {
	case <-f.done:
	case <-ctx.Done():
		b.mu.Lock()
		defer b.mu.Unlock()
		if f.waiting--; f.waiting == 0 {
			f.cancel()
			if b.pending == f {
				b.pending = nil // who comes now does not get an error of those who went
			}
		}
		return "", context.Cause(ctx)
	}
	if f.err != nil {
		return "", f.err
	}
	return "Bearer " + f.token.Value, nil
}

// beginLocked has a token fetched. The caller must hold b.mu.
func (b *bearer) beginLocked(ctx context.Context) *fetching {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &fetching{cancel: cancel, done: make(chan struct{})}
	b.pending = f
	go func() {
		defer cancel()
		token, err := b.fetch(ctx)
		if err == nil && token.Value == "" {
			err = errors.New("the token is empty")
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if f.token, f.err = token, err; b.pending == f {
			b.pending = nil
			if err == nil {
				b.token = token
			}
		}
		close(f.done)
	}()
	return f
}
