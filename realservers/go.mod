module example.com/jsonrpc/realservers

go 1.26

require example.com/jsonrpc v0.0.0

replace example.com/jsonrpc => ..
