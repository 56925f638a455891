package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/jsonrpc"
)

// A listener is one run of "jsonrpc listen".
type listener struct {
	options *listenOptions
	session *session
	at      target
	request *jsonrpc.Request // asks for notifications; nil if they come unasked

	client *jsonrpc.Client
	id     []byte // of the newest subscription, as JSON: the result of request
}

// errEnough ends listening as it was asked for.
var errEnough = errors.New("enough")

// watched is the method of no notification: names with "rpc." are reserved
// (clause 8). A subscription to it tells when the connection was made again.
const watched = "rpc.jsonrpc.connection"

// listen prints until somebody or something ends it.
func (l *listener) listen(parent context.Context) error {
	ctx, end := context.WithCancelCause(parent)
	defer end(nil)
	o, s := l.options, l.session
	printer := newPrinter(ctx, o, s, end)
	o.asked.notify = printer.print
	var more []jsonrpc.DialOption
	if o.noReconnect {
		more = append(more, jsonrpc.WithoutReconnect())
	}
	var err error
	if l.client, err = o.connection.dial(ctx, s, l.at, more...); err != nil {
		return o.connection.dialFailure(s, l.at, err)
	}
	defer func() { _ = l.client.Close() }()
	watch, err := jsonrpc.Subscribe(ctx, l.client, jsonrpc.Notifications(watched), nil)
	if err != nil {
		err = o.connection.failure(s, l.client, "listening", err)
	} else {
		err = l.ask(parent, ctx)
	}
	if err == nil {
		defer o.limit(end)()
		err = l.follow(parent, ctx, watch)
	}
	if ctx.Err() == nil {
		o.asked.settle(ctx) // what came before the end
	}
	if n := l.client.StreamStats().Dropped; n > 0 {
		s.say(fmt.Sprintf("warning: %d messages are missing: they came faster than they could be printed", n))
	}
	defer l.unsubscribe(parent)
	switch {
	case parent.Err() != nil:
		return errStopped
	case errors.Is(context.Cause(ctx), errEnough):
		return nil
	case ctx.Err() != nil: // stdout
		return context.Cause(ctx)
	}
	return err
}

// follow asks again on each new connection. It returns why there will be none.
func (l *listener) follow(parent, ctx context.Context, watch *jsonrpc.Subscription) error {
	for event, err := range watch.Events(ctx) {
		if err != nil {
			return fmt.Errorf("%s: %w: %w", l.client, errLost, err)
		}
		if event.Gap == nil {
			continue
		}
		l.session.say("warning: " + gapText(event.Gap))
		// If the connection has broken again, the next gap is another chance.
		if err := l.ask(parent, ctx); err != nil && !isConnectionLost(err) {
			return err
		}
	}
	return ctx.Err()
}

// isConnectionLost reports whether a call found no connection, whatever the server
// says to the attempts to make one, or lost it.
func isConnectionLost(err error) bool {
	return exitCode(err) == ExitUnreachable || !jsonrpc.MaybeSent(err)
}

// ask asks for notifications. The first of them may be all that was wanted, and
// end ctx before the answer is read; the answer is needed to take the subscription
// back. So only parent, which an interrupt ends, ends it at once.
func (l *listener) ask(parent, ctx context.Context) error {
	if l.request == nil {
		return nil
	}
	patient, cancel := context.WithCancel(parent)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(goodbye, cancel) })()
	reply, err := l.client.Send(patient, *l.request)
	if err != nil {
		failure := l.options.connection.failure(l.session, l.client, l.request.Method, err)
		failure.suggest(l.request.Method, func() []string { return (&description{}).knownNames(l.session, l.at) })
		return failure
	}
	l.id = reply.Result()
	return nil
}

// goodbye is how long the end may take.
const goodbye = 2 * time.Second

// unsubscribe takes the subscription back, if there is one and there is a method
// for that.
func (l *listener) unsubscribe(ctx context.Context) {
	if l.id == nil {
		return // nothing was asked for
	}
	request := unsubscribeRequest(l.request, l.id, l.options.unsubscribe, l.options.given("unsubscribe"))
	if request == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if _, err := l.client.Send(ctx, *request); err != nil && ctx.Err() == nil {
		l.session.say("warning: " + l.options.connection.failure(l.session, l.client, request.Method, err).Error())
	}
}

// gapText says when notifications may have been missed, and why.
func gapText(gap *jsonrpc.Gap) string {
	const instant = "2006-01-02T15:04:05.000Z07:00"
	why := "it ended"
	if gap.Err != nil {
		why = strings.TrimPrefix(gap.Err.Error(), "jsonrpc: ")
	}
	return fmt.Sprintf("the connection was made again (%s): what was sent from %s to %s may be missing",
		why, gap.From.Format(instant), gap.To.Format(instant))
}
