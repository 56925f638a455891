//go:build !race

package jsonrpc_test

func raceEnabled() bool { return false }
