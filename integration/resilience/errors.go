package resilience

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// A RefusedError says that a policy did not let a message go out. It comes inside of a
// *transport.Error that says that nothing was sent, so that [jsonrpc.Classify]
// calls it unreachable: a pool goes elsewhere, and a retry may wait for it.
type RefusedError struct {
	// By is the policy: "breaker", "gate", "rate limit" or "concurrency".
	By string
	// Reason says why.
	Reason string
	// Wait is how long it will take until the policy lets messages through, 0 if
	// that is not known.
	Wait time.Duration
	// Err is that of the context if it ended while the message waited, or nil.
	Err error
}

// Error says which policy refused, and why.
func (r *RefusedError) Error() string {
	if r.Err != nil {
		return fmt.Sprintf("%s: %s: %v", r.By, r.Reason, r.Err)
	}
	return r.By + ": " + r.Reason
}

// Unwrap returns the context's error.
func (r *RefusedError) Unwrap() error { return r.Err }

// RetryAfter returns Wait, for [jsonrpc.Classify].
func (r *RefusedError) RetryAfter() time.Duration { return r.Wait }

// asError returns r as the error of a message that was not sent.
func (r *RefusedError) asError() error { return &transport.Error{Op: "send", Err: r} }

// isRefusal reports whether err is one of this side's, of which the server knows
// nothing.
func isRefusal(err error) bool {
	r := (*RefusedError)(nil)
	return errors.As(err, &r)
}

// A RetryError says why a call that failed was not tried again, where it could
// have been.
type RetryError struct {
	// Attempts is how often the message was sent, or tried to be.
	Attempts int
	// Reason says why there was no other attempt.
	Reason string
	// Err is the error of the last attempt.
	Err error

	ended error // of the context
}

// Error returns the error of the last attempt and why there was no other.
func (e *RetryError) Error() string {
	attempts := fmt.Sprintf("%d attempts", e.Attempts)
	if e.Attempts == 1 {
		attempts = "1 attempt"
	}
	return fmt.Sprintf("%v (gave up after %s: %s)", e.Err, attempts, e.Reason)
}

// Unwrap returns the error of the last attempt and, if that was the reason, the
// context's.
func (e *RetryError) Unwrap() []error {
	if e.ended == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.ended}
}

// A sentError is the error of an attempt that was not sent, after one that may have
// been.
type sentError struct{ error }

func (e *sentError) Unwrap() error { return e.error }

// MaybeSent is for [jsonrpc.MaybeSent].
func (e *sentError) MaybeSent() bool { return true }

// afterSent returns err, the error of an attempt, as one of which [jsonrpc.MaybeSent]
// is true if an earlier attempt may have been sent.
func afterSent(err error, sent bool) error {
	if err == nil || !sent || jsonrpc.MaybeSent(err) {
		return err
	}
	return &sentError{err}
}

// ended returns the error of a context that has ended, so that both its cause and
// context.Canceled or context.DeadlineExceeded are found in it.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
