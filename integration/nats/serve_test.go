package nats_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/nats"
)

// TestServeRaw sends what no client of ours would.
func TestServeRaw(t *testing.T) {
	subject := natsgo.NewInbox()
	var reported []error
	var mu sync.Mutex // for reported
	serve(t, connection(t, broker), subject, "q", methods(), &nats.ServeOptions{OnError: func(err error) {
		mu.Lock()
		defer mu.Unlock()
		reported = append(reported, err)
	}})
	nc := connection(t, broker)
	for _, test := range []struct{ message, want string }{
		{`{"jsonrpc":"2.0","method":"add","params":[1,2],"id":"a"}`, `{"jsonrpc":"2.0","result":3,"id":"a"}`},
		{`{"jsonrpc":"2.0",`, `"code":-32700`},
		{`[]`, `"code":-32600`},
		{`{"jsonrpc":"2.0","method":"panic","id":1}`, `{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"},"id":1}`},
		{`[{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1},{"jsonrpc":"2.0","method":"add","params":[1,2]}]`, `[{"jsonrpc":"2.0","result":3,"id":1}]`},
	} {
		msg, err := nc.RequestWithContext(within(t), subject, []byte(test.message))
		if err != nil || !strings.Contains(string(msg.Data), test.want) {
			t.Errorf("--> %s\n<-- %v\n%v, want %s", test.message, msg, err, test.want)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(reported) != 1 || !strings.Contains(reported[0].Error(), `the handler of "panic" panicked: oh`) {
		t.Errorf("reported %v", reported)
	}
}

// TestServeNothingToReply sends a notification as a request of NATS, and waits for
// the answer to what comes after it.
func TestServeNothingToReply(t *testing.T) {
	subject := natsgo.NewInbox()
	serve(t, connection(t, broker), subject, "q", methods(), &nats.ServeOptions{Concurrency: 1})
	nc := connection(t, broker)
	replies, err := nc.SubscribeSync(natsgo.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []string{`{"jsonrpc":"2.0","method":"add","params":[1,2]}`, `{"jsonrpc":"2.0","method":"add","params":[1,2],"id":7}`} {
		if err := nc.PublishRequest(subject, replies.Subject, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	msg, err := replies.NextMsgWithContext(within(t))
	if err != nil || !strings.Contains(string(msg.Data), `"id":7`) {
		t.Errorf("got %v, %v", msg, err)
	}
}

// A gate is a handler that counts its calls and holds them.
type gate struct {
	entered chan struct{}
	open    chan struct{}
}

func newGate() *gate { return &gate{make(chan struct{}, 1000), make(chan struct{})} }

func (g *gate) Handle(ctx context.Context, _ *jsonrpc.ServerMessage) (any, error) {
	g.entered <- struct{}{}
	select {
	case <-g.open:
		return "through", nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestServeBounds(t *testing.T) {
	subject := natsgo.NewInbox()
	g := newGate()
	dropped := make(chan error, 10)
	serve(t, connection(t, broker), subject, "q", g, &nats.ServeOptions{Concurrency: 2, Waiting: 3, OnError: func(err error) { dropped <- err }})
	client := dial(t, "nats://"+hostOf(t, broker)+"/"+subject)
	answered := make(chan error, 10)
	for range 10 {
		go func() {
			_, err := client.Request(within(t), "a", nil)
			answered <- err
		}()
	}
	for range 5 { // ten, less two at work and three that wait
		if err := <-answered; jsonrpc.CodeOf(err) != -32000 {
			t.Errorf("a request too many: %v", err)
		}
	}
	if err := client.Notify(within(t), "a", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-dropped; !strings.Contains(err.Error(), "a notification was dropped") {
		t.Errorf("reported %v", err)
	}
	<-g.entered
	<-g.entered
	if n := len(g.entered); n != 0 {
		t.Errorf("%d more are at work, want 2 at a time", n)
	}
	close(g.open)
	for range 5 {
		if err := <-answered; err != nil {
			t.Errorf("a request that waited: %v", err)
		}
	}
}

func TestServeDrains(t *testing.T) {
	subject := natsgo.NewInbox()
	g := newGate()
	nc := connection(t, broker)
	stop := serve(t, nc, subject, "q", g, nil)
	client := dial(t, "nats://"+hostOf(t, broker)+"/"+subject)
	answered := make(chan error, 1000)
	for range 3 {
		go func() {
			_, err := client.Request(within(t), "a", nil)
			answered <- err
		}()
		<-g.entered
	}
	ended := make(chan error)
	go func() { ended <- stop() }()
	// Once it takes no more, nobody listens. Until then requests are taken.
	taken := 3
	for refused := false; !refused; {
		go func() {
			_, err := client.Request(within(t), "a", nil)
			answered <- err
		}()
		select {
		case <-g.entered:
			taken++
		case err := <-answered:
			if refused = true; !errors.Is(err, nats.ErrNoResponders) {
				t.Fatalf("got %v, want nobody to listen", err)
			}
		}
	}
	close(g.open)
	for range taken {
		if err := <-answered; err != nil {
			t.Errorf("a request that came before the end: %v", err)
		}
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if !nc.IsConnected() {
		t.Error("the caller's connection was closed")
	}
}

// TestServeGivesUp has a handler that ends with its context only.
func TestServeGivesUp(t *testing.T) {
	subject := natsgo.NewInbox()
	g := newGate()
	stop := serve(t, connection(t, broker), subject, "q", g, &nats.ServeOptions{DrainWait: 1})
	client := dial(t, "nats://"+hostOf(t, broker)+"/"+subject)
	answered := make(chan error, 1)
	go func() {
		_, err := client.Request(within(t), "a", nil)
		answered <- err
	}()
	<-g.entered
	if err := stop(); err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if err := <-answered; jsonrpc.CodeOf(err) != jsonrpc.CodeInternalError {
		t.Errorf("got %v", err)
	}
}

func TestServeEnds(t *testing.T) {
	nc := connection(t, broker)
	ended := make(chan error, 1)
	subject := natsgo.NewInbox()
	go func() { ended <- nats.Serve(t.Context(), nc, subject, "q", methods(), nil) }()
	for nc.NumSubscriptions() == 0 {
	}
	nc.Close()
	if err := <-ended; !errors.Is(err, natsgo.ErrConnectionClosed) {
		t.Errorf("a connection that is closed: %v", err)
	}
	if err := nats.Serve(t.Context(), nc, subject, "q", methods(), nil); !errors.Is(err, natsgo.ErrConnectionClosed) {
		t.Errorf("a connection that was closed before: %v", err)
	}
	if err := nats.Serve(t.Context(), nc, "a..b", "q", methods(), nil); err == nil || !strings.Contains(err.Error(), "a part of it is empty") {
		t.Errorf("a bad subject: %v", err)
	}
}

// TestPermissions has users who may not do all.
func TestPermissions(t *testing.T) {
	b := runBroker(t, &server.Options{Users: []*server.User{
		{Username: "all", Password: "pw"},
		{Username: "mute", Password: "pw", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"a"}}}},
		{Username: "deaf", Password: "pw", Permissions: &server.Permissions{Subscribe: &server.SubjectPermission{Deny: []string{">"}}}},
	}})
	host := hostOf(t, b)
	serve(t, connection(t, b, natsgo.UserInfo("all", "pw")), "a", "q", methods(), nil)
	mute := dial(t, "nats://mute:pw@"+host+"/a")
	for range 2 {
		_, err := mute.Request(within(t), "add", jsonrpc.Args{1, 2})
		if !errors.Is(err, natsgo.ErrPermissionViolation) || jsonrpc.MaybeSent(err) {
			t.Errorf("a subject that one may not publish on: %v", err)
		}
	}
	for _, scheme := range []string{"nats", "nats-sub"} {
		_, err := jsonrpc.Dial(within(t), scheme+"://deaf:pw@"+host+"/a")
		if !errors.Is(err, natsgo.ErrPermissionViolation) {
			t.Errorf("%s without the right to subscribe: %v", scheme, err)
		}
	}
	err := nats.Serve(within(t), connection(t, b, natsgo.UserInfo("deaf", "pw"), natsgo.ErrorHandler(func(*natsgo.Conn, *natsgo.Subscription, error) {})), "a", "q", methods(), nil)
	if !errors.Is(err, natsgo.ErrPermissionViolation) {
		t.Errorf("Serve without the right to subscribe: %v", err)
	}
}

// TestPermissionsChange: the NATS server does not say which call it has refused, and
// one that a server is working on was sent.
func TestPermissionsChange(t *testing.T) {
	allow := func(subject string) *server.Options {
		return &server.Options{Host: "127.0.0.1", NoLog: true, NoSigs: true, Users: []*server.User{
			{Username: "all", Password: "pw"},
			{Username: "some", Password: "pw", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{subject}}}},
		}}
	}
	b := runBroker(t, allow("a"))
	begun, release := make(chan bool, 1), make(chan bool)
	var mux jsonrpc.Mux
	jsonrpc.Handle(&mux, "pay", func(context.Context, any) (bool, error) {
		begun <- true
		<-release
		return true, nil
	})
	serve(t, connection(t, b, natsgo.UserInfo("all", "pw")), "a", "q", &mux, nil)
	defer close(release)
	client := dial(t, "nats://some:pw@"+hostOf(t, b)+"/a")
	first := make(chan error, 1)
	go func() { first <- client.Call(within(t), "pay", nil, nil) }()
	<-begun
	changed := allow("b")
	changed.Port = portOf(t, b)
	if err := b.ReloadOptions(changed); err != nil {
		t.Fatal(err)
	}
	if err := client.Call(within(t), "pay", nil, nil); !errors.Is(err, natsgo.ErrPermissionViolation) {
		t.Errorf("a subject that one may not publish on any more: %v", err)
	}
	if err := <-first; err == nil || !jsonrpc.MaybeSent(err) {
		t.Errorf("a call that a server works on: %v, not sent", err)
	}
}
