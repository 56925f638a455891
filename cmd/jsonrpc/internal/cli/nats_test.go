package cli

import (
	"context"
	"io"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/rogpeppe/go-internal/testscript"

	"example.com/jsonrpc/jsonrpctest/demo"
	"example.com/jsonrpc/transport"
)

// serveNATS starts a NATS server and the demo server behind its subject
// rpc.demo, and has something happen on the subject events, over and over, see
// serve.
func serveNATS(ts *testscript.TestScript) {
	broker, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	ts.Check(err)
	broker.Start()
	ts.Defer(broker.Shutdown)
	if !broker.ReadyForConnections(20 * time.Second) {
		ts.Fatalf("the NATS server is not ready")
	}
	nc, err := natsgo.Connect(broker.ClientURL())
	ts.Check(err)
	ts.Defer(nc.Close)
	methods := demo.New()
	_, err = nc.QueueSubscribe("rpc.demo", "demo", func(msg *natsgo.Msg) {
		reply, err := methods.RoundTrip(context.Background(), &transport.Message{Body: msg.Data, Reply: true})
		if err == nil && msg.Reply != "" {
			answer, _ := io.ReadAll(reply)
			_ = msg.Respond(answer)
		}
	})
	ts.Check(err)
	ts.Check(nc.Flush())
	ticker := time.NewTicker(5 * time.Millisecond)
	done := make(chan struct{})
	ts.Defer(func() {
		ticker.Stop()
		close(done)
	})
	go func() {
		for {
			select {
			case <-ticker.C:
				_ = nc.Publish("events", []byte(`{"jsonrpc":"2.0","method":"tick","params":[1]}`))
			case <-done:
				return
			}
		}
	}()
	ts.Setenv("HOST", broker.Addr().String())
	ts.Setenv("URL", "nats://"+broker.Addr().String()+"/rpc.demo")
}
