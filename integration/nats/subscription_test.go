package nats_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/nats"
	"example.com/jsonrpc/transport"
)

// publish publishes notifications of born, numbered.
func publish(t *testing.T, nc *natsgo.Conn, subject string, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		if err := nc.Publish(subject, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"born","params":[%d]}`, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

func TestEvents(t *testing.T) {
	subject := natsgo.NewInbox()
	client := dial(t, "nats-sub://"+hostOf(t, broker)+"/"+subject+".>")
	births, err := jsonrpc.Subscribe(within(t), client, jsonrpc.Notifications("born"), nil)
	if err != nil {
		t.Fatal(err)
	}
	nc := connection(t, broker)
	if err := nc.Publish(subject+".noise", []byte(`{"jsonrpc":"2.0","method":"died","params":[1]}`)); err != nil {
		t.Fatal(err)
	}
	publish(t, nc, subject+".cats", 1, 2)
	publish(t, nc, subject+".dogs.large", 3)
	want := 1
	for event, err := range births.Events(within(t)) {
		if err != nil || string(event.Data) != fmt.Sprintf("[%d]", want) {
			t.Fatalf("event %s, %v; want %d", event.Data, err, want)
		}
		if want++; want > 3 {
			break
		}
	}
	_, err = client.Request(within(t), "cat", nil)
	if jsonrpc.MaybeSent(err) || err == nil || !strings.Contains(err.Error(), "a subscription only receives") {
		t.Errorf("a call: %v", err)
	}
}

// TestEventsQueue has two subscribers share events.
func TestEventsQueue(t *testing.T) {
	subject := natsgo.NewInbox()
	got := make(chan int, 100)
	for i := range 2 {
		var mux jsonrpc.Mux
		jsonrpc.Handle(&mux, "born", func(context.Context, any) (any, error) {
			got <- i
			return nil, nil
		})
		dial(t, "nats-sub://"+hostOf(t, broker)+"/"+subject+"?queue=q", jsonrpc.WithHandler(&mux))
	}
	nc := connection(t, broker)
	for i := range 50 {
		publish(t, nc, subject, i)
	}
	var each [2]int
	for range 50 {
		each[<-got]++
	}
	publish(t, nc, subject, 50)
	each[<-got]++
	if each[0]+each[1] != 51 || each[0] == 0 || each[1] == 0 || len(got) > 0 {
		t.Errorf("the subscribers got %v events, and %d more", each, len(got))
	}
}

// TestEventsGap restarts the NATS server under a subscription.
func TestEventsGap(t *testing.T) {
	b := runBroker(t, &server.Options{})
	client := dial(t, "nats-sub://"+hostOf(t, b)+"/a", jsonrpc.WithMaxBackoff(1))
	births, err := jsonrpc.Subscribe(within(t), client, jsonrpc.Notifications("born"), nil)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, connection(t, b), "a", 1)
	step := 0
	for event, err := range births.Events(within(t)) {
		switch step++; {
		case err != nil:
			t.Fatal(err)
		case step == 1 && string(event.Data) == "[1]":
			port := portOf(t, b)
			b.Shutdown()
			b.WaitForShutdown()
			b = runBroker(t, &server.Options{Port: port})
		case step == 2 && event.Gap != nil && event.Gap.Err != nil:
			publish(t, connection(t, b), "a", 2)
		case step == 3 && string(event.Data) == "[2]":
			return
		default:
			t.Fatalf("event %d is %+v", step, event)
		}
	}
}

func TestDialSubscription(t *testing.T) {
	b := runBroker(t, &server.Options{})
	s, err := nats.DialSubscription(within(t), b.ClientURL(), "a", &nats.Options{Queue: "q"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if buf, err := s.Read(ctx, []byte("x")); !errors.Is(err, context.Canceled) || string(buf) != "x" {
		t.Errorf("read %s, %v with a context that has ended", buf, err)
	}
	publish(t, connection(t, b), "a", 1)
	if buf, err := s.Read(within(t), []byte("before ")); err != nil || string(buf) != `before {"jsonrpc":"2.0","method":"born","params":[1]}` {
		t.Errorf("read %s, %v", buf, err)
	}
	if e, ok := errors.AsType[*transport.Error](s.Write(within(t), []byte("{}"))); !ok || e.Sent {
		t.Errorf("Write returned %v", e)
	}
	read := make(chan error)
	go func() {
		_, err := s.Read(t.Context(), nil)
		read <- err
	}()
	b.Shutdown()
	if err := <-read; !errors.Is(err, io.EOF) {
		t.Errorf("the NATS server was shut down: %v, want io.EOF", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Read(within(t), nil); err == nil {
		t.Error("read after Close")
	}
}
