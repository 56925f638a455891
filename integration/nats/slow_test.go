package nats

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
)

// TestSlowSubscription does not read, until messages are dropped.
func TestSlowSubscription(t *testing.T) {
	b, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	b.Start()
	t.Cleanup(b.Shutdown)
	if !b.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}
	stream, err := DialSubscription(t.Context(), b.ClientURL(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stream.Close() })
	nc, err := natsgo.Connect(b.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	for range maxWaiting + 1 {
		if err := nc.Publish("a", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	// What was published is with the NATS server, and then with the subscriber.
	if err := errors.Join(nc.Flush(), stream.(*subscription).nc.Flush()); err != nil {
		t.Fatal(err)
	}
	for range maxWaiting + 1 {
		if _, err = stream.Read(t.Context(), nil); err != nil {
			break
		}
	}
	if !errors.Is(err, natsgo.ErrSlowConsumer) {
		t.Errorf("got %v, want it known that messages were dropped", err)
	}
}
