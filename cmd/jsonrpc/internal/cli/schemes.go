package cli

// The schemes of modules of their own, which [jsonrpc.Dial] learns from them.
import (
	_ "example.com/jsonrpc/integration/nats" // nats, nats+tls, nats-sub, nats-sub+tls
	_ "example.com/jsonrpc/integration/zmq"  // zmq+tcp, zmq+ipc, zmq-req+tcp, zmq-req+ipc
)
