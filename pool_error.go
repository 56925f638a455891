package jsonrpc

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/jsonrpc/transport"
)

// A PoolError says that a call went to several endpoints of a [Pool], and what came of
// each attempt. [MaybeSent] is true of it if it is of any of them. In all else the last
// one counts: errors.As, errors.Is and [Classify] see its error.
type PoolError struct {
	Attempts []Attempt // in their order; none of them was an answer
}

// Error names the endpoints, each with what was wrong.
func (e *PoolError) Error() string {
	const most = 5
	var b strings.Builder
	fmt.Fprintf(&b, "%d attempts failed: ", len(e.Attempts))
	for i, a := range e.Attempts {
		if i == most && len(e.Attempts) > most+1 {
			fmt.Fprintf(&b, "; and %d more", len(e.Attempts)-most)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		if a.Endpoint != "" {
			b.WriteString(a.Endpoint + ": ")
		}
		b.WriteString(a.Err.Error())
	}
	return b.String()
}

// Unwrap returns the error of the last attempt.
func (e *PoolError) Unwrap() error {
	if len(e.Attempts) == 0 {
		return nil
	}
	return e.Attempts[len(e.Attempts)-1].Err
}

// MaybeSent reports whether any of the endpoints may have seen the request. It is for
// [MaybeSent].
func (e *PoolError) MaybeSent() bool {
	return slices.ContainsFunc(e.Attempts, func(a Attempt) bool { return MaybeSent(a.Err) })
}

// An endpointError says at which endpoint of a pool the error came up, where it is not
// the exchange's last.
type endpointError struct {
	endpoint string
	err      error
}

func (e *endpointError) Error() string { return e.endpoint + ": " + e.err.Error() }
func (e *endpointError) Unwrap() error { return e.err }

// culprit returns the endpoint that err is to be blamed on, and err without its name.
func (p *Pool) culprit(x *Exchange, err error) (endpoint string, _ error) {
	if several := (*PoolError)(nil); errors.As(err, &several) {
		return "", err // it names them
	}
	if e, ok := err.(*endpointError); ok {
		return e.endpoint, e.err
	}
	if x == nil {
		return p.endpoint, err
	}
	return x.Endpoint(), err
}

// ErrNoEndpoint says that a call was not sent because a [Pool] has no endpoint for it:
// each has asked to be left alone for a time, or there are none. The error tells how long
// (see [Classify]).
var ErrNoEndpoint = errors.New("the pool has no endpoint for the call")

// A restError says how long none of the endpoints is to be asked.
type restError struct {
	text string
	wait time.Duration
}

func (e *restError) Error() string             { return e.text }
func (e *restError) Unwrap() error             { return ErrNoEndpoint }
func (e *restError) RetryAfter() time.Duration { return e.wait }

// noEndpoint returns the error of a call that was sent to no endpoint at all.
func (p *Pool) noEndpoint() error {
	e := &restError{text: ErrNoEndpoint.Error()}
	separator := ": "
	for _, s := range p.Stats() {
		wait := time.Until(s.RestUntil)
		if wait <= 0 {
			continue
		}
		if e.wait == 0 || wait < e.wait {
			e.wait = wait
		}
		e.text += fmt.Sprintf("%s%s rests for %v, after: %v", separator, s.Name, wait.Round(time.Millisecond), s.Err)
		separator = "; "
	}
	return &transport.Error{Op: "connect", Err: e}
}
