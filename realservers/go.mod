module example.com/jsonrpc/realservers

go 1.26

require (
	example.com/jsonrpc v0.0.0
	example.com/jsonrpc/integration/digest v0.0.0-00010101000000-000000000000
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
	github.com/icholy/digest v1.2.0 // indirect
)

replace (
	example.com/jsonrpc => ..
	example.com/jsonrpc/integration/digest => ../integration/digest
)
