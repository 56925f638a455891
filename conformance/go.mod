module example.com/jsonrpc/conformance

go 1.26

require (
	example.com/jsonrpc v0.0.0
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
	golang.org/x/text v0.14.0 // indirect
)

replace example.com/jsonrpc => ..
