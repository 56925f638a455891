package jsonrpc

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

// A ProgressDialect says how a server is asked to tell how a request gets on, and
// how it tells: [ProgressMCP], [ProgressLSP], or one of your own.
type ProgressDialect struct {
	// Param is the member of the request's params that gets the token, which is
	// the request's id. A dot leads into a member that is an object.
	Param string
	// Method is that of the notifications that tell.
	Method string
	// Token is the member of their params that has the token.
	Token string
}

var (
	// ProgressMCP is the progress of the Model Context Protocol.
	ProgressMCP = ProgressDialect{Param: "_meta.progressToken", Method: "notifications/progress", Token: "progressToken"}

	// ProgressLSP is the work done progress of the Language Server Protocol.
	ProgressLSP = ProgressDialect{Param: "workDoneToken", Method: "$/progress", Token: "token"}
)

// WithProgress asks the server to tell how a single request gets on, and has f
// called with each notification that does, in order. Those that come before the
// response have been given to f when the call returns, and later ones are not.
//
// Each notification starts the call's timeout (see [WithTimeout]) anew, until
// limit has passed since the call began, which ends it in any case. A limit of 0
// sets no end, and leaves the timeout as it is.
//
// The params must be by name, or nil. On a stream the notifications do not go to
// subscriptions or the handler; over HTTP they are those in the event stream that
// answers the call.
func WithProgress(d ProgressDialect, limit time.Duration, f func(*ServerMessage)) CallOption {
	return callOnly(func(s *settings) { s.progress = &progress{d, limit, f} })
}

// progress is what WithProgress sets.
type progress struct {
	dialect ProgressDialect
	limit   time.Duration
	f       func(*ServerMessage)
}

// track returns the params with the token in them, and has x expect the
// notifications with it.
func (x *Exchange) track(params any, id ID) (any, error) {
	p := x.set.progress
	if id.IsZero() || id.IsNull() {
		return nil, &MessageError{Reason: "progress is told of a request that has an id"}
	}
	text, err := appendParams(nil, params)
	if err != nil {
		return nil, err
	}
	if text, err = withMember(text, p.dialect.Param, id.append(nil)); err != nil {
		return nil, err
	}
	x.tracker = &tracker{progress: p, token: id}
	x.tracker.inbox.wake.L = &x.tracker.inbox.mu
	return json.RawMessage(text), nil
}

// withMember returns a JSON object with a new member; a nil object is empty.
func withMember(object []byte, path string, value []byte) ([]byte, error) {
	name, rest, nested := strings.Cut(path, ".")
	if object == nil {
		object = []byte("{}")
	}
	if object[0] != '{' {
		return nil, &MessageError{Reason: fmt.Sprintf("the token of the progress has no place: %q must go into an object", path)}
	}
	from, to, members := -1, -1, 0
	_, err := scanObject(object, 0, func(member []byte, at int) (int, error) {
		end, err := skipValue(object, at)
		if members++; string(member) == name {
			from, to = at, end
		}
		return end, err
	})
	switch {
	case err != nil:
		return nil, err
	case from < 0 && nested:
		value, err = withMember(nil, rest, value)
	case nested:
		value, err = withMember(object[from:to], rest, value)
	case from >= 0:
		return nil, &MessageError{Reason: fmt.Sprintf("the params have a %q already", name)}
	}
	if err != nil {
		return nil, err
	}
	if from >= 0 {
		return append(append(append([]byte{}, object[:from]...), value...), object[to:]...), nil
	}
	text := append(appendString([]byte{'{'}, name), ':')
	text = append(text, value...)
	if members > 0 {
		text = append(text, ',')
	}
	return append(text, object[1:]...), nil
}

// A tracker is a call whose progress is told.
type tracker struct {
	*progress
	token ID
	inbox inbox // from the reader to f

	mu      sync.Mutex // for what follows
	timer   *time.Timer
	timeout time.Duration
	end     time.Time // from the limit
}

// runTracked carries out an exchange whose progress is told, see [Client.run].
func (c *Client) runTracked(ctx context.Context, x *Exchange, invoke Invoker) error {
	t := x.tracker
	if t == nil {
		err := &MessageError{Reason: "progress is told of a single request, made by Call, Request or a Request: this message has none"}
		x.fail(err)
		return err
	}
	if invoke == nil {
		invoke = c.roundTrip
	}
	if conn, ok := c.rt.(*conn); ok {
		if err := conn.trackers.add(t); err != nil {
			x.fail(err)
			return err
		}
		defer conn.trackers.remove(t)
	}
	ctx, stop := t.start(ctx, x.set.timeout)
	defer stop()
	var handling sync.WaitGroup
	handling.Go(func() {
		for m := t.inbox.take(); m != nil; m = t.inbox.take() {
			if t.f == nil || ctx.Err() != nil {
				continue
			}
			_, err := safely(func() (any, error) { t.f(m); return nil, nil })
			reportPanic(c.report, m, err)
		}
	})
	defer handling.Wait()
	defer t.inbox.close() // even if an interceptor panics
	return invoke(ctx, x)
}

// start has the call end in time.
func (t *tracker) start(ctx context.Context, timeout time.Duration) (_ context.Context, stop func()) {
	if t.limit <= 0 {
		if timeout <= 0 {
			return ctx, func() {}
		}
		return context.WithTimeout(ctx, timeout)
	}
	inner, cancel := context.WithCancelCause(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timeout, t.end = timeout, time.Now().Add(t.limit)
	t.timer = time.AfterFunc(t.leftLocked(), func() { cancel(context.DeadlineExceeded) })
	return timedContext{inner}, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.timer.Stop()
		cancel(nil)
	}
}

// leftLocked returns how long the call may last without another notification. The
// caller must hold t.mu.
func (t *tracker) leftLocked() time.Duration {
	left := time.Until(t.end)
	if t.timeout > 0 {
		left = min(left, t.timeout)
	}
	return left
}

// put takes in a notification that tells of the call's progress.
func (t *tracker) put(m *ServerMessage) {
	if !t.inbox.put(m) {
		return // it tells of nothing new that f has no time for
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Reset(t.leftLocked())
	}
}

// tokenOf returns the token in a notification; nil if there is none.
func (d *ProgressDialect) tokenOf(m *ServerMessage) (token []byte) {
	if m.Method != d.Method || len(m.Params) == 0 || m.Params[0] != '{' {
		return nil
	}
	_, _ = scanObject(m.Params, 0, func(name []byte, at int) (int, error) {
		end, err := skipValue(m.Params, at)
		if string(name) == d.Token {
			token = m.Params[at:end]
		}
		return end, err
	})
	return token
}

// A timedContext is one that is cancelled when its time is over, and says so.
type timedContext struct{ context.Context }

func (c timedContext) Err() error {
	err := c.Context.Err()
	if err != nil && context.Cause(c.Context) == context.DeadlineExceeded {
		return context.DeadlineExceeded
	}
	return err
}

// trackers are the calls of a connection whose progress is told.
type trackers struct {
	mu  sync.Mutex // for all
	all map[ProgressDialect]map[ID]*tracker
}

func (ts *trackers) add(t *tracker) error {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	byToken := ts.all[t.dialect]
	if byToken[t.token] != nil {
		return errInFlight(t.token)
	}
	if byToken == nil {
		if ts.all == nil {
			ts.all = map[ProgressDialect]map[ID]*tracker{}
		}
		byToken = map[ID]*tracker{}
		ts.all[t.dialect] = byToken
	}
	byToken[t.token] = t
	return nil
}

func (ts *trackers) remove(t *tracker) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if delete(ts.all[t.dialect], t.token); len(ts.all[t.dialect]) == 0 {
		delete(ts.all, t.dialect)
	}
}

// publish gives a notification to the call whose progress it tells. It reports
// whether there is one.
func (ts *trackers) publish(m *ServerMessage) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for dialect, byToken := range ts.all {
		token, ok := parseID(dialect.tokenOf(m))
		if !ok {
			continue
		}
		for _, form := range token.forms() {
			if t := byToken[form]; t != nil {
				t.put(m)
				return true
			}
		}
	}
	return false
}
