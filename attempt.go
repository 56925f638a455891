package jsonrpc

import (
	"context"
	"sync"
	"time"
)

// An Attempt is one sending of a message, or of a part of it, and what came of
// it. Interceptors that retry or hedge make several of one call.
type Attempt struct {
	// Number counts the attempts of the call, from 1.
	Number int
	// Endpoint is where it went, see [Exchange.Endpoint].
	Endpoint string
	// Items is how many requests and notifications it had.
	Items int
	// Begin is when it began, and Duration how long it took.
	Begin    time.Time
	Duration time.Duration
	// HTTPStatus is that of the response, or 0 if there was none.
	HTTPStatus int
	// Err is the error of the attempt as a whole, or nil.
	Err error
}

// OnAttempt has f called after each attempt to send the message, for traces that
// tell of retries: an interceptor outside of those that retry calls it before
// next. It is called by many goroutines at once, and possibly after the call has
// returned, for an attempt that was given up. Functions given before stay.
func (x *Exchange) OnAttempt(f func(Attempt)) {
	if x.attempts == nil {
		x.attempts = new(attempts)
	}
	a := x.attempts
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told = append(a.told, f)
}

// attempts are who is told of the attempts of a call.
type attempts struct {
	mu     sync.Mutex // for what follows
	told   []func(Attempt)
	number int
}

func (a *attempts) begin() (number int, told []func(Attempt)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.number++
	return a.number, a.told
}

// tellAttempts returns last, but that those who asked are told of each exchange.
func tellAttempts(last Invoker) Invoker {
	return func(ctx context.Context, x *Exchange) error {
		if x.attempts == nil {
			return last(ctx, x)
		}
		number, told := x.attempts.begin()
		begin := time.Now()
		err := last(ctx, x)
		attempt := Attempt{
			Number: number, Endpoint: x.Endpoint(), Items: len(x.items), Begin: begin,
			Duration: time.Since(begin), HTTPStatus: x.HTTPStatus(), Err: err,
		}
		for _, f := range told {
			f(attempt)
		}
		return err
	}
}
