package nats_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/nats"
	"example.com/jsonrpc/jsonrpctest/transporttest"
	"example.com/jsonrpc/transport"
)

func TestTransportRules(t *testing.T) {
	transporttest.TestRoundTripper(t, func(t *testing.T, h transporttest.Handler) transport.RoundTripper {
		subject := natsgo.NewInbox()
		nc := connection(t, broker)
		if _, err := nc.Subscribe(subject, func(msg *natsgo.Msg) {
			go func() {
				var reply bytes.Buffer
				if h(msg.Data, &reply) == nil && msg.Reply != "" {
					_ = msg.Respond(reply.Bytes())
				}
			}()
		}); err != nil {
			t.Fatal(err)
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		r, err := nats.Dial(within(t), broker.ClientURL(), subject, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		return r
	})
}

func TestCalls(t *testing.T) {
	subject := natsgo.NewInbox()
	noted := make(chan string, 1)
	mux := methods()
	jsonrpc.Handle(mux, "noted", func(_ context.Context, p []string) (any, error) {
		noted <- p[0]
		return nil, nil
	})
	serve(t, connection(t, broker), subject, "workers", mux, nil)
	client := dial(t, "nats://"+hostOf(t, broker)+"/"+subject, jsonrpc.WithHeader("X-Session", "s"))
	ctx := within(t)
	if want := "nats://" + hostOf(t, broker) + "/" + subject; client.String() != want {
		t.Errorf("the client is %s, want %s", client, want)
	}
	if sum, err := jsonrpc.Call[int](ctx, client, "add", jsonrpc.Args{1, 2}); err != nil || sum != 3 {
		t.Errorf("add: %d, %v", sum, err)
	}
	if _, err := client.Request(ctx, "nope", nil); jsonrpc.CodeOf(err) != jsonrpc.CodeMethodNotFound {
		t.Errorf("an unknown method: %v", err)
	}
	if err := client.Notify(ctx, "noted", jsonrpc.Args{"hello"}); err != nil || <-noted != "hello" {
		t.Errorf("a notification: %v", err)
	}
	var b jsonrpc.Batch
	sum, nope := jsonrpc.Queue[int](&b, "add", jsonrpc.Args{3, 4}), jsonrpc.Queue[int](&b, "nope", nil)
	b.Notify("noted", jsonrpc.Args{"in a batch"})
	if _, err := client.Send(ctx, &b); err != nil || <-noted != "in a batch" {
		t.Errorf("a batch: %v", err)
	}
	if n, err := sum.Get(); err != nil || n != 7 {
		t.Errorf("add in a batch: %d, %v", n, err)
	}
	if _, err := nope.Get(); jsonrpc.CodeOf(err) != jsonrpc.CodeMethodNotFound {
		t.Errorf("an unknown method in a batch: %v", err)
	}
	header, err := jsonrpc.Call[map[string][]string](ctx, client, "header", nil, jsonrpc.WithHeader("X-Call", "c1", "c2"))
	if err != nil || len(header) != 2 || header["X-Session"][0] != "s" || strings.Join(header["X-Call"], " ") != "c1 c2" {
		t.Errorf("headers: %v, %v", header, err)
	}
	if header, err := jsonrpc.Call[map[string][]string](ctx, client, "header", nil, jsonrpc.WithHeader("X-Session")); err != nil || header["X-Session"] != nil {
		t.Errorf("a header that was removed: %v, %v", header, err)
	}
	long := strings.Repeat("ä", 1<<18) // 512 KiB
	if echo, err := jsonrpc.Call[[]string](ctx, client, "echo", jsonrpc.Args{long}); err != nil || len(echo) != 1 || echo[0] != long {
		t.Errorf("a long echo: %v", err)
	}
	if _, err := client.Request(ctx, "echo", jsonrpc.Args{long}, jsonrpc.WithMaxReply(1000)); !errors.Is(err, jsonrpc.ErrReplyTooLarge) {
		t.Errorf("a reply over the limit: %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	client := dial(t, "nats://"+hostOf(t, broker)+"/"+natsgo.NewInbox())
	_, err := client.Request(within(t), "cat", nil)
	if !errors.Is(err, nats.ErrNoResponders) || jsonrpc.MaybeSent(err) || jsonrpc.Classify(err).Class != jsonrpc.ClassUnreachable {
		t.Errorf("got %v, of class %v", err, jsonrpc.Classify(err).Class)
	}
	if err := client.Notify(within(t), "cat", nil); err != nil {
		t.Errorf("a notification that nobody wants: %v", err)
	}
}

func TestPayloadLimit(t *testing.T) {
	const most = 1000
	small := runBroker(t, &server.Options{MaxPayload: most})
	serve(t, connection(t, small), "a", "", methods(), nil)
	client := dial(t, "nats://"+hostOf(t, small)+"/a")
	const around = len(`{"jsonrpc":"2.0","method":"echo","params":[""],"id":1}`)
	if _, err := client.Request(within(t), "echo", jsonrpc.Args{strings.Repeat("x", most-around)}); err != nil {
		t.Errorf("a message at the limit: %v", err)
	}
	_, err := client.Request(within(t), "echo", jsonrpc.Args{strings.Repeat("x", most-around+1)})
	if !errors.Is(err, natsgo.ErrMaxPayload) || jsonrpc.MaybeSent(err) || jsonrpc.Classify(err).Class.Temporary() ||
		!strings.Contains(err.Error(), "the message has 1001 bytes, and the NATS server takes 1000 at most") {
		t.Errorf("a message over the limit: %v", err)
	}
	_, err = client.Request(within(t), "echo", jsonrpc.Args{strings.Repeat("x", most-around)}, jsonrpc.WithHeader("X-A", "1"))
	if !errors.Is(err, natsgo.ErrMaxPayload) || jsonrpc.MaybeSent(err) {
		t.Errorf("a message over the limit with its headers: %v", err)
	}
	// Requests that fit, and responses that do not.
	_, err = client.Request(within(t), "repeat", jsonrpc.Args{most})
	if jsonrpc.CodeOf(err) != jsonrpc.CodeInternalError || !strings.Contains(err.Error(), "the response has 1036 bytes, and the NATS server takes 1000 at most") {
		t.Errorf("a response over the limit: %v", err)
	}
	var b jsonrpc.Batch
	first, second := jsonrpc.Queue[string](&b, "repeat", jsonrpc.Args{most / 2}), jsonrpc.Queue[string](&b, "repeat", jsonrpc.Args{most / 2})
	_, err = client.Send(within(t), &b, jsonrpc.WithValidation(false))
	for _, result := range []*jsonrpc.Result[string]{first, second} {
		if _, itemErr := result.Get(); jsonrpc.CodeOf(itemErr) != jsonrpc.CodeInternalError {
			t.Errorf("a batch whose response is over the limit: %v; an item: %v", err, itemErr)
		}
	}
}

func TestClose(t *testing.T) {
	subject := natsgo.NewInbox()
	nc := connection(t, broker)
	received := make(chan string, 10)
	if _, err := nc.Subscribe(subject, func(msg *natsgo.Msg) { received <- string(msg.Data) }); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	client, err := jsonrpc.Dial(within(t), "nats://"+hostOf(t, broker)+"/"+subject)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	for range 5 {
		go func() {
			_, err := client.Request(t.Context(), "never", nil)
			failed <- err
		}()
		<-received
	}
	if err := client.Notify(within(t), "last", nil); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	for range 5 {
		if err := <-failed; !errors.Is(err, jsonrpc.ErrClosed) || !jsonrpc.MaybeSent(err) {
			t.Errorf("a call under way: %v", err)
		}
	}
	if last := <-received; !strings.Contains(last, `"last"`) {
		t.Errorf("received %s, want what was sent just before Close", last)
	}
	if err := client.Notify(within(t), "later", nil); !errors.Is(err, jsonrpc.ErrClosed) || jsonrpc.MaybeSent(err) {
		t.Errorf("after Close: %v", err)
	}
}

func TestRequesterByHand(t *testing.T) {
	r, err := nats.Dial(within(t), broker.ClientURL(), natsgo.NewInbox(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err = r.RoundTrip(within(t), &transport.Message{Body: []byte("{}"), Reply: true})
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Sent || !errors.Is(err, jsonrpc.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
