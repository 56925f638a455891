module example.com/jsonrpc/integration/zmq

go 1.26

require (
	example.com/jsonrpc v0.0.0
	github.com/go-zeromq/zmq4 v0.17.0
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
	github.com/go-zeromq/goczmq/v4 v4.2.2 // indirect
	golang.org/x/sync v0.7.0 // indirect
	golang.org/x/text v0.15.0 // indirect
)

replace example.com/jsonrpc => ../..
