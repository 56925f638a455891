package nats_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/nats"
	"example.com/jsonrpc/transport"
)

// TestURLs gives URLs and options to Dial that do not fit.
func TestURLs(t *testing.T) {
	const form = "the URL must have the form nats://HOST:PORT/SUBJECT"
	for _, test := range []struct {
		url  string
		opt  jsonrpc.DialOption
		want string
	}{
		{"nats://host", nil, form},
		{"nats:///subject", nil, form},
		{"nats://host/", nil, form},
		{"nats://a,,b/subject", nil, "an empty name among the servers"},
		{"nats://host/a..b", nil, `the subject "a..b": a part of it is empty`},
		{"nats://host/a.*", nil, `the subject "a.*": wildcards are for subscriptions`},
		{"nats-sub://host/a.>.b", nil, `the subject "a.>.b": > can only be its end`},
		{"nats://host/a%20b", nil, `the subject "a b": it has white space in it`},
		{"nats://host/a?queue=q", nil, "the URL's query can have, once each: creds=…, nkey=…"},
		{"nats://host/a?creds=", nil, "the URL's query can have, once each: creds=…, nkey=…"},
		{"nats://host/a?nkey=/no/such/file", nil, "the file with the seed of the NKEY"},
		{"nats://host/a?creds=/no/such/file", nil, "connect: "},
		{"nats://host/a", jsonrpc.WithHeader("Authorization", "Digest x"), "NATS has no authorization but"},
		{"nats-sub://host/a", jsonrpc.WithHeader("X-A", "x"), "a subscription has no place for headers"},
		{"nats://" + closedPort + "/a", nil, "connect: "},
		{"nats-sub://" + closedPort + "/a", nil, "connect: "},
	} {
		_, err := jsonrpc.Dial(within(t), test.url, test.opt)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.url, err, test.want)
		}
	}
}

func TestOptionsOfTheOther(t *testing.T) {
	if _, err := nats.Dial(within(t), broker.ClientURL(), "a", &nats.Options{Queue: "q"}); err == nil {
		t.Error("Dial took the option Queue")
	}
	if _, err := nats.DialSubscription(within(t), broker.ClientURL(), "a", &nats.Options{ReconnectWait: 1}); err == nil {
		t.Error("DialSubscription took the option ReconnectWait")
	}
	bad := func(*natsgo.Options) error { return errors.New("bad option") }
	if _, err := nats.Dial(within(t), broker.ClientURL(), "a", &nats.Options{More: []natsgo.Option{bad}}); err == nil || !strings.Contains(err.Error(), "bad option") {
		t.Errorf("an option of nats.go that fails: %v", err)
	}
}

// TestDialEnds has contexts end while a NATS server does not answer.
func TestDialEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	for _, scheme := range []string{"nats", "nats-sub"} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-accepted
			cancel()
		}()
		_, err := jsonrpc.Dial(ctx, scheme+"://"+l.Addr().String()+"/a")
		if e, ok := errors.AsType[*transport.Error](err); !ok || e.Op != "connect" || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", scheme, err)
		}
		if _, err := jsonrpc.Dial(ctx, scheme+"://"+l.Addr().String()+"/a"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a context that has ended: %v", scheme, err)
		}
	}
}
