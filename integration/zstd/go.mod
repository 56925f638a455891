module example.com/jsonrpc/integration/zstd

go 1.26

require (
	example.com/jsonrpc v0.0.0
	github.com/klauspost/compress v1.20.3
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
)

replace example.com/jsonrpc => ../..
