module example.com/jsonrpc/integration/digest

go 1.26

require (
	example.com/jsonrpc v0.0.0
	github.com/coder/websocket v1.8.15
	github.com/icholy/digest v1.2.0
)

require github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect

replace example.com/jsonrpc => ../..
