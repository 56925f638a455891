module example.com/jsonrpc/integration/resilience

go 1.26

require (
	example.com/jsonrpc v0.0.0
	github.com/failsafe-go/failsafe-go v0.9.8
	golang.org/x/sync v0.20.0
)

require (
	github.com/bits-and-blooms/bitset v1.24.4 // indirect
	github.com/coder/websocket v1.8.15 // indirect
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
)

replace example.com/jsonrpc => ../..
