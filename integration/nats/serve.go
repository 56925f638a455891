package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc"
)

// ServeOptions are the settings of [Serve]. Nil, and any zero field, means the
// default.
type ServeOptions struct {
	// Concurrency is how many requests and notifications the handler works on at
	// a time, those in batches counted one by one. The default is 100.
	Concurrency int

	// Waiting is how many messages may wait besides. Requests beyond that are
	// answered with the code -32000, and notifications are dropped. The default
	// is 1,000.
	Waiting int

	// DrainWait is how long, at the end, the handler may take for what has come
	// already. Then its context ends. The default is 30 seconds.
	DrainWait time.Duration

	// OnError is told of what nobody else is: panics of the handler, replies that
	// could not be sent, notifications that were dropped. It may be called by
	// many goroutines at once.
	OnError func(error)
}

// codeBusy is of those that are left to implementations (clause 5.1).
const codeBusy = -32000

// Serve has h answer what is sent to a subject, which may have wildcards, until
// ctx ends. Servers with the same queue share the work: each message goes to one
// of them. With an empty queue, each gets all messages.
//
// Messages are answered as [jsonrpc.Answer] does it; to a notification nothing is
// sent. A response over the limit of the NATS server (max_payload) becomes an
// error. The headers of a message are in the context of the handler, see
// [Header].
//
// Once ctx has ended, no more messages are taken, those that have come are still
// answered, and Serve returns nil. It returns an error if the subscription is
// refused, if nc is closed, or if the handler has not ended some time after its
// context has. nc stays open: it is the caller's.
func Serve(ctx context.Context, nc *natsgo.Conn, subject, queue string, h jsonrpc.Handler, opts *ServeOptions) error {
	w := &worker{nc: nc, handler: h, closed: make(chan struct{})}
	if opts != nil {
		w.options = *opts
	}
	w.options.setDefaults()
	if err := checkSubject(subject, true); err != nil {
		return err
	}
	w.places = make(chan struct{}, w.options.Concurrency+w.options.Waiting)
	w.running = make(chan struct{}, w.options.Concurrency)
	handling, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	w.ctx = handling
	sub, err := nc.QueueSubscribe(subject, queue, w.take)
	if err != nil {
		return fmt.Errorf("the subscription to %q: %w", subject, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	sub.SetClosedHandler(func(string) { close(w.closed) })
	err = errors.Join(sub.SetPendingLimits(-1, -1), nc.FlushTimeout(nc.Opts.Timeout)) // take never waits
	if refused := nc.LastError(); err == nil && errors.Is(refused, natsgo.ErrPermissionViolation) && strings.Contains(refused.Error(), strconv.Quote(subject)) {
		err = refused
	}
	if err != nil {
		return fmt.Errorf("the subscription to %q: %w", subject, err)
	}
	select {
	case <-ctx.Done():
		return w.drain(sub, cancel)
	case <-w.closed:
		cancel()
		return fmt.Errorf("the subscription to %q ended: %w", subject, natsgo.ErrConnectionClosed)
	}
}

func (o *ServeOptions) setDefaults() {
	if o.Concurrency <= 0 {
		o.Concurrency = 100
	}
	if o.Waiting <= 0 {
		o.Waiting = 1000
	}
	if o.DrainWait <= 0 {
		o.DrainWait = 30 * time.Second
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
}

// A worker is one Serve.
type worker struct {
	nc      *natsgo.Conn
	handler jsonrpc.Handler
	options ServeOptions
	ctx     context.Context // of the handler
	places  chan struct{}   // one for each message that has come
	running chan struct{}   // one for each call of the handler
	closed  chan struct{}   // once nothing more comes
	work    sync.WaitGroup
}

// take has a message answered. It does not wait.
func (w *worker) take(msg *natsgo.Msg) {
	select {
	case w.places <- struct{}{}:
	default:
		w.refuse(msg)
		return
	}
	w.work.Go(func() {
		defer func() { <-w.places }()
		ctx := w.ctx
		if msg.Header != nil {
			ctx = context.WithValue(ctx, headerKey{}, http.Header(msg.Header))
		}
		w.reply(msg, jsonrpc.Answer(ctx, jsonrpc.HandlerFunc(w.handle), msg.Data))
	})
}

type headerKey struct{}

// Header returns the headers of the message that a handler of [Serve] works on,
// nil if it has none. They must not be changed.
func Header(ctx context.Context) http.Header {
	header, _ := ctx.Value(headerKey{}).(http.Header)
	return header
}

// handle calls the handler once there is a place for it.
func (w *worker) handle(ctx context.Context, m *jsonrpc.ServerMessage) (result any, err error) {
	select {
	case w.running <- struct{}{}:
	case <-ctx.Done():
		return nil, &jsonrpc.Error{Code: codeBusy, Message: "the server is stopping"}
	}
	defer func() {
		<-w.running
		if p := recover(); p != nil {
			w.options.OnError(fmt.Errorf("nats: the handler of %.100q panicked: %v\n%s", m.Method, p, debug.Stack()))
			result, err = nil, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "Internal error"}
		}
	}()
	return w.handler.Handle(ctx, m)
}

// refuse answers a message for which there is no place.
func (w *worker) refuse(msg *natsgo.Msg) {
	if msg.Reply == "" {
		w.options.OnError(errors.New("nats: too many messages at once: a notification was dropped"))
		return
	}
	busy := jsonrpc.HandlerFunc(func(context.Context, *jsonrpc.ServerMessage) (any, error) {
		return nil, &jsonrpc.Error{Code: codeBusy, Message: "too many requests at once"}
	})
	w.reply(msg, jsonrpc.Answer(w.ctx, busy, msg.Data))
}

// reply sends an answer, if there is one and somebody waits for it.
func (w *worker) reply(msg *natsgo.Msg, answer []byte) {
	if answer == nil || msg.Reply == "" {
		return
	}
	if most := w.nc.MaxPayload(); int64(len(answer)) > most {
		answer = tooLargeAnswer(answer, most)
	}
	if err := msg.Respond(answer); err != nil {
		w.options.OnError(fmt.Errorf("nats: a response was not sent: %w", err))
	}
}

// tooLargeAnswer stands for an answer that the NATS server would not take. To a
// batch it is the one error that answers all of it.
func tooLargeAnswer(answer []byte, most int64) []byte {
	var response struct {
		Version string          `json:"jsonrpc"`
		Error   jsonrpc.Error   `json:"error"`
		ID      json.RawMessage `json:"id"`
	}
	if answer[0] == '{' {
		_ = json.Unmarshal(answer, &response)
	}
	response.Version = "2.0"
	response.Error = jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: fmt.Sprintf(
		"the response has %d bytes, and the NATS server takes %d at most (max_payload)", len(answer), most)}
	text, _ := json.Marshal(response) // of strings and valid JSON
	return text
}

// drain takes no more messages and waits for those that have come.
func (w *worker) drain(sub *natsgo.Subscription, cancel context.CancelFunc) error {
	const grace = 5 * time.Second // for a handler whose context has ended
	patience := time.AfterFunc(w.options.DrainWait, cancel)
	defer patience.Stop()
	connected := w.nc.IsConnected()
	done := make(chan struct{})
	go func() {
		if connected {
			_ = sub.Drain() // if it fails, the connection is closed
			select {
			case <-w.closed:
			case <-w.ctx.Done():
			}
		}
		_ = sub.Unsubscribe()
		<-w.closed
		w.work.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-w.ctx.Done():
		last := time.NewTimer(grace)
		defer last.Stop()
		select {
		case <-done:
		case <-last.C:
			return fmt.Errorf("the handler has not ended %v after its context", grace)
		}
	}
	err := natsgo.ErrDisconnected
	if connected {
		err = w.nc.FlushTimeout(grace)
	}
	if err != nil {
		return fmt.Errorf("the last responses may not have been sent: %w", err)
	}
	return nil
}
