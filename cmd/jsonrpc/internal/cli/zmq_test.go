package cli

import (
	"context"
	"io"

	"github.com/go-zeromq/zmq4"
	"github.com/rogpeppe/go-internal/testscript"

	"example.com/jsonrpc/jsonrpctest/demo"
	"example.com/jsonrpc/transport"
)

// serveZMQ starts the demo server on a ZeroMQ REP socket, see serve.
func serveZMQ(ts *testscript.TestScript) {
	ctx, cancel := context.WithCancel(context.Background())
	socket := zmq4.NewRep(ctx)
	ts.Check(socket.Listen("tcp://127.0.0.1:0"))
	ts.Defer(func() {
		cancel()
		_ = socket.Close()
	})
	ts.Setenv("HOST", socket.Addr().String())
	ts.Setenv("URL", "zmq+tcp://"+socket.Addr().String())
	server := demo.New()
	go func() {
		for {
			request, err := socket.Recv()
			if err != nil {
				return
			}
			// Each request of a REP socket must be answered, if with nothing.
			var answer []byte
			if reply, err := server.RoundTrip(ctx, &transport.Message{Body: request.Bytes(), Reply: true}); err == nil {
				answer, _ = io.ReadAll(reply)
			}
			_ = socket.Send(zmq4.NewMsg(answer))
		}
	}()
}
